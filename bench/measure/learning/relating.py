"""How surely it is told what a question asks about relations; `--write` learns it anew from the examples.

python -m vidscout.bench.measure.learning.relating [--write]
"""

from ....graphs.answer.records.by_finding.relating import EXAMPLES, LEARNT, NONE, RIDGE
from ....tools.perception.embeddings.by_example import examples
from .left_out import learn_anew, with_others

BESIDE = ("yes_no", "when", "moments", "order", "ends", "around")
"""Kinds of `question/examples.toml` that overlap with what is asked here."""


def all_examples() -> list[tuple[str, str]]:
    """What is asked for, and wording: those of `relating.toml`, and questions in English that ask for none of it."""
    return with_others([(name, text) for name, _, text in examples(EXAMPLES, "asked")], BESIDE, NONE)


if __name__ == "__main__":
    learn_anew(__doc__, all_examples(), LEARNT, RIDGE)
