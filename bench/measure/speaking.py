"""How surely it is told what a question asks about speakers; `--write` learns it anew from the examples.

python -m vidscout.bench.measure.speaking [--write]
"""

import argparse
from collections import Counter

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.answer.question.kinds import learn
from ...graphs.answer.records.speaking import LEARNT, PLACEHOLDERS, Asked, examples, nearest
from ...tools.perception.embeddings.purposes import Query
from . import kinds as all_kinds

PARTS = 10
"""Of the examples, each of which is told by what was learnt from the others."""
OTHERS = {"who_said": Asked.WHO}
"""Kinds of `question/examples.toml` that are examples of something here; others are of none, but for those beside."""
BESIDE = ("person", "quote", "ends", "count_seen", "list")
"""Kinds that overlap with what is asked here."""


def all_examples() -> list[tuple[str, str, str]]:
    """Those of `speaking.toml`, and those of every kind of question that is about nobody's speech."""
    others = [
        (str(OTHERS.get(kind, Asked.NONE)), language, text)
        for kind, language, text in all_kinds.examples()
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
    kinds, tongues = [kind for kind, _, _ in rows], [tongue for _, tongue, _ in rows]
    with VideoScout(profile="embedded") as scout:
        embedding = scout.role("text_embedding")
        vectors = np.stack(embedding.run([Query(text) for _, _, text in rows]))
        source = embedding.source
    part = np.random.default_rng(0).integers(0, PARTS, len(rows))
    right: Counter[str] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for number in range(PARTS):
        others = [at for at in range(len(rows)) if part[at] != number]
        known = learn(
            vectors[others], [kinds[at] for at in others], [tongues[at] for at in others], source, options.ridge
        )
        for at in (at for at in range(len(rows)) if part[at] == number):
            names = any(name in rows[at][2] for name in PLACEHOLDERS.values())
            if (got := str(nearest(known, vectors[at], names))) == kinds[at]:
                right[kinds[at]] += 1
            else:
                wrong[kinds[at], got] += 1
    for kind, number in Counter(kinds).items():
        taken = ", ".join(f"{got} {times}" for (was, got), times in wrong.most_common() if was == kind)
        print(f"{kind}: {right[kind]} of {number}" + (f"; taken for {taken}" if taken else ""))
    if options.write:
        learn(vectors, kinds, tongues, source, options.ridge).save(LEARNT)


if __name__ == "__main__":
    main()
