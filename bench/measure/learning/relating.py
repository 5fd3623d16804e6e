"""How surely it is told what a question asks about relations; `--write` learns it anew from the examples.

python -m vidscout.bench.measure.learning.relating [--write]
"""

import argparse
from collections import Counter

from ....graphs.answer.question.kinds import EXAMPLES as QUESTIONS
from ....graphs.answer.records.by_finding.relating import EXAMPLES, LEARNT, NONE, RIDGE
from ....tools.perception.embeddings.by_example import examples, learn, save
from ....tools.perception.embeddings.purposes import Query
from .left_out import embedded, parts

BESIDE = ("yes_no", "when", "moments", "order", "ends", "around")
"""Kinds of `question/examples.toml` that overlap with what is asked here."""


def all_examples() -> list[tuple[str, str]]:
    """What is asked for, and wording: those of `relating.toml`, and questions in English that ask for none of it."""
    own = [(name, text) for name, _, text in examples(EXAMPLES, "asked")]
    others = [(NONE, text) for kind, tongue, text in examples(QUESTIONS) if tongue == "en" and kind not in BESIDE]
    return [*own, *others]


def main() -> None:
    """Print how many examples of a part that was left out are told rightly; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    rows = all_examples()
    names = [name for name, _ in rows]
    vectors, source = embedded([Query(text) for _, text in rows])
    right: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for others, these in parts(len(rows)):
        known = learn(vectors[others], [names[at] for at in others], source, RIDGE)
        for at in these:
            got, _ = known.told(vectors[at])
            right[names[at]] += got == names[at]
            taken[names[at], got] += got != names[at]
    for name, number in Counter(names).items():
        wrong = ", ".join(f"{got} {times}" for (was, got), times in taken.items() if was == name and times)
        print(f"{name}: {right[name]} of {number}" + (f"; taken for {wrong}" if wrong else ""))
    if options.write:
        save({"asked": learn(vectors, names, source, RIDGE)}, LEARNT)


if __name__ == "__main__":
    main()
