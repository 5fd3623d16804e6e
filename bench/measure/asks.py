"""How surely it is told which stretches a query asks for, and by which sense; `--write` learns it anew.

python -m vidscout.bench.measure.asks [--write]
"""

import argparse
from collections.abc import Sequence

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.ground.asks import TABLES, Learnt, examples, learn, save, wordings
from ...tools.perception.embeddings.purposes import Query

PARTS = 10
"""Of the examples, each of which is told by what was learnt from the others."""


def main() -> None:
    """Print the shares that are told rightly; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    tables: dict[str, Learnt] = {}
    with VideoScout(profile="embedded") as scout:
        embedding = scout.role("text_embedding")
        for table in TABLES:
            rows = examples(table)
            told = [wordings(table, text) for _, _, text in rows]
            made = iter(embedding.run([Query(text) for texts in told for text in texts]))
            vectors = [np.stack([next(made) for _ in texts]) for texts in told]
            names = [name for name, _, _ in rows]
            report(table, vectors, names, embedding.source)
            tables[table] = of_all(vectors, names, embedding.source)
    if options.write:
        save(tables)


def of_all(vectors: Sequence[np.ndarray], names: Sequence[str], source: str) -> Learnt:
    """What is learnt from all wordings of the examples."""
    each = [name for name, rows in zip(names, vectors, strict=True) for _ in rows]
    return learn(np.concatenate(vectors), each, source)


def report(table: str, vectors: list[np.ndarray], names: list[str], source: str) -> None:
    """Print how many examples of a part that was left out are told rightly, by how sure that was."""
    part = np.random.default_rng(0).integers(0, PARTS, len(names))
    told: list[tuple[bool, float]] = []
    for number in range(PARTS):
        others = np.flatnonzero(part != number)
        known = of_all([vectors[at] for at in others], [names[at] for at in others], source)
        for at in np.flatnonzero(part == number):
            name, margin = known.told(vectors[at])
            told.append((name == names[at], margin))
    print(f"{table}: {len(names)} examples, {np.mean([right for right, _ in told]):.1%} right")
    for low, high in ((0.0, 0.15), (0.15, 0.3), (0.3, 3.0)):
        within = [right for right, margin in told if low <= margin < high]
        print(f"  margin {low}–{high}: {len(within)} examples, {np.mean(within):.1%} right")


if __name__ == "__main__":
    main()
