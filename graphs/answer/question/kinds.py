"""Which kind of answer a question wants, and its language, by how near its embedding lies to those of examples.

`examples.toml` has questions of 23 kinds in ten languages. `kinds.npz` holds what was learnt from their embeddings by
ridge regression (one direction a kind, one a language), for the text embedding that it names;
`python -m vidscout.bench.measure.kinds` makes it anew and prints how many examples of a part that was left out it tells
rightly. A question that lies between two kinds is unsure: then nothing is left out and no special way is taken.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..state import Kind

EXAMPLES = Path(__file__).with_name("examples.toml")
LEARNT = Path(__file__).with_name("kinds.npz")
SURE = 0.15
"""How far the likeliest kind must be ahead of the second, on a scale on which a clear example scores 1 and any other
kind −1. Where the gap is smaller, 45 % of examples of a part that was left out are told wrongly."""


@dataclass(frozen=True)
class Understood:
    """A question's kind and language; `kind` is `None` where it is unsure."""

    kind: Kind | None
    language: str
    """ISO 639-1 code of the nearest of the examples' languages."""
    nearest: Kind
    margin: float


@dataclass(frozen=True)
class Learnt:
    """Directions of the embedding space, (dimensions, names), with offsets, for the embedding that `source` names."""

    source: str
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    weights: np.ndarray
    offsets: np.ndarray

    def understand(self, vector: np.ndarray) -> Understood:
        """The kind and the language of a question from its embedding as a query, (dimensions,)."""
        scores = vector @ self.weights + self.offsets
        of_kinds, of_languages = scores[: len(self.kinds)], scores[len(self.kinds) :]
        best, second = np.argsort(-of_kinds)[:2]
        margin = float(of_kinds[best] - of_kinds[second])
        nearest = Kind(self.kinds[best])
        return Understood(
            nearest if margin >= SURE else None, self.languages[int(of_languages.argmax())], nearest, margin
        )

    def save(self, path: Path = LEARNT) -> None:
        """Write it, weights as float16."""
        arrays: dict[str, Any] = {
            "source": np.array(self.source),
            "kinds": np.array(self.kinds),
            "languages": np.array(self.languages),
            "weights": self.weights.astype(np.float16),
            "offsets": self.offsets.astype(np.float32),
        }
        np.savez_compressed(path, **arrays)


@cache
def learnt(path: Path = LEARNT) -> Learnt:
    """What was learnt from the examples."""
    with np.load(path) as file:
        return Learnt(
            str(file["source"]),
            tuple(file["kinds"].tolist()),
            tuple(file["languages"].tolist()),
            file["weights"].astype(np.float32),
            file["offsets"],
        )


def understand(vector: np.ndarray, source: str) -> Understood | None:
    """The kind and language of a question; `None` where its embedding is another than the one that was learnt from.

    Args:
        vector: the question as a query.
        source: of the text embedding.
    """
    known = learnt()
    return known.understand(vector) if source == known.source and len(vector) == len(known.weights) else None


def learn(vectors: np.ndarray, kinds: list[str], languages: list[str], source: str, ridge: float = 1.0) -> Learnt:
    """Ridge regression of kind and language on embeddings: 1 for an example's own, −1 for every other.

    Args:
        vectors: unit vectors (examples, dimensions).
    """
    names, tongues = sorted(set(kinds)), sorted(set(languages))
    wanted = np.concatenate(
        [
            2.0 * (np.array(kinds)[:, None] == np.array(names)) - 1,
            2.0 * (np.array(languages)[:, None] == np.array(tongues)) - 1,
        ],
        axis=1,
    )
    mean, level = vectors.mean(axis=0), wanted.mean(axis=0)
    centred = vectors - mean
    square = centred.T @ centred + ridge * np.eye(vectors.shape[1])
    weights = np.linalg.solve(square, centred.T @ (wanted - level))
    return Learnt(source, tuple(names), tuple(tongues), weights, level - mean @ weights)
