"""How surely a passage's role is told from its embedding; `--write` learns the roles anew from the examples.

python -m vidscout.bench.measure.roles [--write]
"""

import argparse
import tomllib

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.describe.roles import EXAMPLES, ROLES, learn

PARTS = 10
"""Of the examples, each of which is told by what was learnt from the others."""


def examples() -> list[tuple[str, str, str]]:
    """Role, language and wording of every example."""
    roles = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return [(role, tongue, text) for role, by in roles.items() for tongue, texts in by.items() for text in texts]


def main() -> None:
    """Print the shares that are told rightly, by role and language; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    rows = examples()
    roles = [role for role, _, _ in rows]
    with VideoScout(profile="embedded") as scout:
        embedding = scout.role("text_embedding")
        vectors = np.stack(embedding.run([text for _, _, text in rows]))
        source = embedding.source
    part = np.random.default_rng(0).integers(0, PARTS, len(rows))
    right = np.zeros(len(rows), bool)
    for number in range(PARTS):
        others, these = np.flatnonzero(part != number), np.flatnonzero(part == number)
        known = learn(vectors[others], [roles[at] for at in others], source)
        told = known.scores(vectors[these]).argmax(axis=1)
        right[these] = [ROLES[best] == roles[at] for at, best in zip(these, told, strict=True)]
    print(f"{len(rows)} examples; role right {right.mean():.1%}")
    for name, column in (("role", 0), ("language", 1)):
        for value in dict.fromkeys(row[column] for row in rows):
            print(
                f"  {name} {value}: {np.mean([right[at] for at, row in enumerate(rows) if row[column] == value]):.1%}"
            )
    if options.write:
        learn(vectors, roles, source).save()


if __name__ == "__main__":
    main()
