"""What a text is, by how near its embedding lies to those of labelled examples: ridge regression, one direction a name.

A data file (TOML) has the examples by name and language. What was learnt from their embeddings is kept beside it, for
the text embedding that it names; the programs in `bench/measure` make it anew and print how many examples of a part
that was left out are told rightly.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ByExample:
    """Directions of the embedding space, one a name, for the embedding that `source` names."""

    source: str
    names: tuple[str, ...]
    weights: np.ndarray
    """(dimensions, names)"""
    offsets: np.ndarray
    """(names,)"""

    def fits(self, vectors: np.ndarray, source: str) -> bool:
        """Whether vectors, (…, dimensions), are of the embedding that was learnt from."""
        return source == self.source and vectors.shape[-1] == len(self.weights)

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """How much a text is of each name, (…, names), from (…, dimensions): 1 for a clear one, −1 for clearly none."""
        return vectors @ self.weights + self.offsets

    def told(self, vectors: np.ndarray) -> tuple[str, float]:
        """The likeliest name of a text, and how far it is ahead of the second.

        Args:
            vectors: of the text, (dimensions,), or of several wordings of it, (wordings, dimensions).
        """
        scores = np.atleast_2d(self.scores(vectors)).mean(axis=0)
        best, second = np.argsort(-scores)[:2]
        return self.names[best], float(scores[best] - scores[second])


def learn(vectors: np.ndarray, names: Sequence[str], source: str, ridge: float = 1.0) -> ByExample:
    """Ridge regression of names on embeddings: 1 for an example's own, −1 for every other.

    Args:
        vectors: unit vectors, (examples, dimensions).
        names: of each example.
        source: of the text embedding.
        ridge: what is added to the diagonal of the vectors' product with themselves.
    """
    known = sorted(set(names))
    wanted = 2.0 * (np.array(names)[:, None] == np.array(known)) - 1
    mean, level = vectors.mean(axis=0), wanted.mean(axis=0)
    centred = vectors - mean
    square = centred.T @ centred + ridge * np.eye(vectors.shape[1])
    weights = np.linalg.solve(square, centred.T @ (wanted - level))
    return ByExample(source, tuple(known), weights, level - mean @ weights)


def save(tables: Mapping[str, ByExample], path: Path) -> None:
    """Write what was learnt, by what it tells, weights as float16."""
    arrays: dict[str, Any] = {}
    for name, table in tables.items():
        arrays |= {
            f"{name}_source": np.array(table.source),
            f"{name}_names": np.array(table.names),
            f"{name}_weights": table.weights.astype(np.float16),
            f"{name}_offsets": table.offsets.astype(np.float32),
        }
    np.savez_compressed(path, **arrays)


@cache
def learnt(path: Path, table: str) -> ByExample:
    """What `save` wrote, of one of its tables."""
    with np.load(path) as file:
        return ByExample(
            str(file[f"{table}_source"]),
            tuple(file[f"{table}_names"].tolist()),
            file[f"{table}_weights"].astype(np.float32),
            file[f"{table}_offsets"],
        )


def examples(path: Path, table: str | None = None) -> list[tuple[str, str, str]]:
    """Name, language and wording of every example of a file, or of one of its tables."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    by_name = tables if table is None else tables[table]
    return [(name, tongue, text) for name, by in by_name.items() for tongue, texts in by.items() for text in texts]
