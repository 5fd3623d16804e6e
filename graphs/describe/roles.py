"""What a passage does in a meeting or a lecture: it decides, sets a task, asks, opens a topic, says something else.

`examples.toml` has sentences of six roles in ten languages. `roles.npz` holds what was learnt from their embeddings
(`embeddings/by_example.py`). The examples are embedded as documents, as the index's records are, so that the vectors
which the index has tell roles at no further cost. `python -m vidscout.bench.measure.learning.roles --write` makes it
anew and prints how many examples of a part that was left out it tells rightly.
"""

from enum import StrEnum
from pathlib import Path

import numpy as np

from ...tools.perception.embeddings.by_example import ByExample, learnt

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


def scores(vectors: np.ndarray, source: str) -> np.ndarray | None:
    """Each passage's scores, (passages, roles); `None` where another embedding made the vectors than was learnt from.

    Args:
        vectors: unit vectors of passages, as documents.
        source: of the text embedding.
    """
    known = learnt(LEARNT, "role")
    return scored(known, vectors) if len(vectors) and known.fits(vectors, source) else None


def scored(known: ByExample, vectors: np.ndarray) -> np.ndarray:
    """Each passage's scores by what was learnt, (passages, roles) in the order of `ROLES`."""
    return known.scores(vectors)[:, [known.names.index(role) for role in ROLES]]


def of(role: Role, scored: np.ndarray | None, passages: int) -> np.ndarray:
    """One role's column of the scores, (passages,); 0 where no roles are told."""
    return np.zeros(passages) if scored is None else scored[:, ROLES.index(role)]
