"""How surely a passage's role is told from its embedding; `--write` learns the roles anew from the examples.

python -m vidscout.bench.measure.learning.roles [--write]
"""

import argparse

import numpy as np

from ....graphs.describe.roles import EXAMPLES, LEARNT, ROLES, scored
from ....tools.perception.embeddings.by_example import examples, learn, save
from .left_out import embedded, parts


def main() -> None:
    """Print the shares that are told rightly, by role and language; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    rows = examples(EXAMPLES)
    roles = [role for role, _, _ in rows]
    vectors, source = embedded([text for _, _, text in rows])
    right = np.zeros(len(rows), bool)
    for others, these in parts(len(rows)):
        known = learn(vectors[others], [roles[at] for at in others], source)
        told = scored(known, vectors[these]).argmax(axis=1)
        right[these] = [ROLES[best] == roles[at] for at, best in zip(these, told, strict=True)]
    print(f"{len(rows)} examples; role right {right.mean():.1%}")
    for name, column in (("role", 0), ("language", 1)):
        for value in dict.fromkeys(row[column] for row in rows):
            print(
                f"  {name} {value}: {np.mean([right[at] for at, row in enumerate(rows) if row[column] == value]):.1%}"
            )
    if options.write:
        save({"role": learn(vectors, roles, source)}, LEARNT)


if __name__ == "__main__":
    main()
