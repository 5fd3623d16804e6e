"""What a passage does in a meeting or a lecture: it decides, sets a task, asks, opens a topic, says something else.

`examples.toml` has sentences of six roles in ten languages. `roles.npz` holds what was learnt from their embeddings by
ridge regression, one direction a role, for the text embedding that it names. The examples are embedded as documents, as
the index's records are, so that the vectors which the index has tell roles at no further cost.
`python -m vidscout.bench.measure.roles --write` makes it anew and prints how many examples of a part that was left out
it tells rightly.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).with_name("examples.toml")
LEARNT = Path(__file__).with_name("roles.npz")


class Role(StrEnum):
    """What a passage does."""

    DECISION = "decision"
    ACTION = "action"
    """Somebody is to do something, or says that they will."""
    QUESTION = "question"
    OPENING = "opening"
    """It begins another topic."""
    ASIDE = "aside"
    """A greeting, thanks, a joke, a word about the call itself."""
    STATEMENT = "statement"
    """It tells something."""


ROLES = tuple(Role)


@dataclass(frozen=True)
class Learnt:
    """Directions of the embedding space, (dimensions, roles) in the order of `ROLES`, for one text embedding."""

    source: str
    weights: np.ndarray
    offsets: np.ndarray

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """How much each passage is of each role, (passages, roles): 1 for a clear one, −1 for clearly none."""
        return vectors @ self.weights + self.offsets

    def save(self, path: Path = LEARNT) -> None:
        """Write it, weights as float16."""
        arrays: dict[str, Any] = {
            "source": np.array(self.source),
            "weights": self.weights.astype(np.float16),
            "offsets": self.offsets.astype(np.float32),
        }
        np.savez_compressed(path, **arrays)


@cache
def learnt(path: Path = LEARNT) -> Learnt:
    """What was learnt from the examples."""
    with np.load(path) as file:
        return Learnt(str(file["source"]), file["weights"].astype(np.float32), file["offsets"])


def scores(vectors: np.ndarray, source: str) -> np.ndarray | None:
    """Each passage's scores, (passages, roles); `None` where another embedding made the vectors than was learnt from.

    Args:
        vectors: unit vectors of passages, as documents.
        source: of the text embedding.
    """
    known = learnt()
    if source != known.source or not len(vectors) or vectors.shape[1] != len(known.weights):
        return None
    return known.scores(vectors)


def learn(vectors: np.ndarray, roles: list[str], source: str, ridge: float = 1.0) -> Learnt:
    """Ridge regression of roles on embeddings: 1 for an example's own, −1 for every other.

    Args:
        vectors: unit vectors (examples, dimensions).
    """
    wanted = 2.0 * (np.array(roles)[:, None] == np.array(ROLES)) - 1
    mean, level = vectors.mean(axis=0), wanted.mean(axis=0)
    centred = vectors - mean
    square = centred.T @ centred + ridge * np.eye(vectors.shape[1])
    weights = np.linalg.solve(square, centred.T @ (wanted - level))
    return Learnt(source, weights.astype(np.float32), (level - mean @ weights).astype(np.float32))


def of(role: Role, scored: np.ndarray | None, passages: int) -> np.ndarray:
    """One role's column of the scores, (passages,); 0 where no roles are told."""
    return np.zeros(passages) if scored is None else scored[:, ROLES.index(role)]
