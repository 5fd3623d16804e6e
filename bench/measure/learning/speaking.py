"""How surely it is told what a question asks about speakers; `--write` learns it anew from the examples.

python -m vidscout.bench.measure.learning.speaking [--write]
"""

import argparse

from ....graphs.answer.question.kinds import EXAMPLES as QUESTIONS
from ....graphs.answer.records.by_finding.speaking import LEARNT, PLACEHOLDERS, Asked, examples, nearest
from ....tools.perception.embeddings import by_example
from ....tools.perception.embeddings.purposes import Query
from .left_out import confusions, embedded, parts

OTHERS = {"who_said": Asked.WHO}
"""Kinds of `question/examples.toml` that are examples of something here; others are of none, but for those beside."""
BESIDE = ("person", "quote", "ends", "count_seen", "list")
"""Kinds that overlap with what is asked here."""


def all_examples() -> list[tuple[str, str, str]]:
    """Those of `speaking.toml`, and those of every kind of question that is about nobody's speech."""
    others = [
        (str(OTHERS.get(kind, Asked.NONE)), language, text)
        for kind, language, text in by_example.examples(QUESTIONS)
        if kind not in BESIDE
    ]
    return [*examples(), *others]


def main() -> None:
    """Print the shares that are told rightly; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    asked.add_argument("--ridge", type=float, default=0.3)
    options = asked.parse_args()
    rows = all_examples()
    kinds = [kind for kind, _, _ in rows]
    vectors, source = embedded([Query(text) for _, _, text in rows])
    told = [""] * len(rows)
    for others, these in parts(len(rows)):
        known = by_example.learn(vectors[others], [kinds[at] for at in others], source, options.ridge)
        for at in these:
            names = any(name in rows[at][2] for name in PLACEHOLDERS.values())
            told[at] = str(nearest(known, vectors[at], names))
    confusions(kinds, told)
    if options.write:
        by_example.save({"asked": by_example.learn(vectors, kinds, source, options.ridge)}, LEARNT)


if __name__ == "__main__":
    main()
