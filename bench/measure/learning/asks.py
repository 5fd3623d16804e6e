"""How surely it is told which stretches a query asks for, and by which sense; `--write` learns it anew.

python -m vidscout.bench.measure.learning.asks [--write]
"""

import argparse
from collections.abc import Sequence

import numpy as np

from ....graphs.ground.asks import LEARNT, TABLES, examples, wordings
from ....tools.perception.embeddings.by_example import ByExample, learn, save
from ....tools.perception.embeddings.purposes import Query
from .left_out import embedded, parts


def main() -> None:
    """Print the shares that are told rightly; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    tables: dict[str, ByExample] = {}
    for table in TABLES:
        rows = examples(table)
        told = [wordings(table, text) for _, _, text in rows]
        made, source = embedded([Query(text) for texts in told for text in texts])
        vectors = np.split(made, np.cumsum([len(texts) for texts in told])[:-1])
        names = [name for name, _, _ in rows]
        report(table, vectors, names, source)
        tables[table] = of_all(vectors, names, source)
    if options.write:
        save(tables, LEARNT)


def of_all(vectors: Sequence[np.ndarray], names: Sequence[str], source: str) -> ByExample:
    """What is learnt from all wordings of the examples."""
    each = [name for name, rows in zip(names, vectors, strict=True) for _ in rows]
    return learn(np.concatenate(vectors), each, source)


def report(table: str, vectors: list[np.ndarray], names: list[str], source: str) -> None:
    """Print how many examples of a part that was left out are told rightly, by how sure that was."""
    told: list[tuple[bool, float]] = []
    for others, these in parts(len(names)):
        known = of_all([vectors[at] for at in others], [names[at] for at in others], source)
        for at in these:
            name, margin = known.told(vectors[at])
            told.append((name == names[at], margin))
    print(f"{table}: {len(names)} examples, {np.mean([right for right, _ in told]):.1%} right")
    for low, high in ((0.0, 0.15), (0.15, 0.3), (0.3, 3.0)):
        within = [right for right, margin in told if low <= margin < high]
        print(f"  margin {low}–{high}: {len(within)} examples, {np.mean(within):.1%} right")


if __name__ == "__main__":
    main()
