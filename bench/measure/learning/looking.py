"""How surely it is told what a question asks about looks; `--write` learns it anew from the examples.

python -m vidscout.bench.measure.learning.looking [--write]
"""

from ....graphs.answer.records.by_finding.looking import EXAMPLES, LEARNT, RIDGE, Asked
from ....tools.perception.embeddings.by_example import examples
from .left_out import learn_anew, with_others

BESIDE = ("look", "count_seen", "yes_no", "place", "when", "moments")
"""Kinds of `question/examples.toml` that overlap with what is asked here."""


def all_examples() -> list[tuple[str, str]]:
    """What is asked for, and wording: those of `looking.toml`, and questions in English that ask for none of it."""
    own = [(name, text) for name, _, text in examples(EXAMPLES, "asked")]
    return with_others(own, BESIDE, str(Asked.NONE))


if __name__ == "__main__":
    learn_anew(__doc__, all_examples(), LEARNT, RIDGE)
