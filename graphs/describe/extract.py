"""The passages that carry a stretch, in their own words.

Each is chosen for how near it lies to everything that is said there (centrality: the centroid of the stretch's
embeddings, as in Rossiello, Basile and Semeraro, 2017), for what it does (`roles.py`: a decision counts more than a
joke), and for how much it adds to what is chosen already (maximal marginal relevance: Carbonell and Goldstein, 1998).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...tools.words import is_number, stem, words
from .material import Passage, unit
from .roles import ROLES, Role

NOVELTY = 0.5
"""What likeness to a passage that is chosen already takes away, beside 1 for centrality."""
COUNTS = {
    Role.DECISION: 0.25,
    Role.ACTION: 0.1,
    Role.QUESTION: -0.25,
    Role.OPENING: 0.05,
    Role.ASIDE: -0.35,
    Role.STATEMENT: 0.15,
}
"""What a passage's role adds to its centrality, by how clearly it has the role."""
NUMBER = 0.08
"""What a number adds: sentences with numbers hold facts."""
SHORT = 6
"""Words of a passage below which it loses, since it leans on those around it."""
TOO_SHORT = 0.25
"""What a passage of no words would lose."""
BROKEN = 0.25
"""What a passage loses that begins within a sentence; as much as one of no words."""


@dataclass(frozen=True)
class Spoken:
    """Passages with what is known of them, row by row."""

    passages: tuple[Passage, ...]
    vectors: np.ndarray
    """Unit vectors, (passages, dimensions)."""
    scores: np.ndarray | None
    """How much each is of each role, (passages, roles); `None` where that is not told."""

    def part(self, rows: Sequence[int]) -> "Spoken":
        """Some of them."""
        scores = None if self.scores is None else self.scores[list(rows)]
        return Spoken(tuple(self.passages[at] for at in rows), self.vectors[list(rows)], scores)


def weights(spoken: Spoken) -> np.ndarray:
    """How well each passage stands for all of them, (passages,)."""
    if not spoken.passages:
        return np.zeros(0)
    long = np.array([max(passage.words, 1) for passage in spoken.passages], np.float32)
    centre = unit((spoken.vectors * long[:, None]).sum(axis=0, keepdims=True))[0]
    found = spoken.vectors @ centre
    if spoken.scores is not None:
        clear = np.clip((spoken.scores + 1) / 2, 0, 1)
        found = found + clear @ np.array([COUNTS[role] for role in ROLES], np.float32)
    found = found + NUMBER * np.array([has_number(passage.text) for passage in spoken.passages])
    lacking = np.clip(1 - long / SHORT, 0, 1)
    broken = np.array([passage.text[:1].islower() for passage in spoken.passages])
    return found - TOO_SHORT * lacking - BROKEN * broken


def has_number(text: str) -> bool:
    """Whether a text has a number, in figures or in English words."""
    return any(is_number(stem(word)) for word in words(text))


def chosen(spoken: Spoken, count: int, words_left: float = math.inf) -> list[int]:
    """The rows of the passages that carry the stretch, in order of time.

    Args:
        spoken: everything that is said there.
        count: passages at most.
        words_left: words that they may have together; one that is chosen first may have more.
    """
    worth = weights(spoken)
    alike = spoken.vectors @ spoken.vectors.T if len(worth) <= 2000 else None
    nearest = np.zeros(len(worth))
    rows: list[int] = []
    left = np.ones(len(worth), bool)
    while len(rows) < count and left.any():
        value = np.where(left, worth - NOVELTY * np.clip(nearest, 0, 1), -np.inf)
        best = int(value.argmax())
        left[best] = False
        long = spoken.passages[best].words
        if rows and long > words_left:
            continue
        rows.append(best)
        words_left -= long
        likeness = alike[best] if alike is not None else spoken.vectors @ spoken.vectors[best]
        nearest = np.maximum(nearest, likeness)
    return sorted(rows)


def shares(lengths: Sequence[float], total: int) -> list[int]:
    """How many sentences each of several stretches gets: one each where there are enough, the rest by length.

    >>> shares([60, 60, 240], 6), shares([10, 90], 1)
    ([2, 1, 3], [0, 1])
    """
    if not lengths:
        return []
    if total < len(lengths):
        longest = sorted(range(len(lengths)), key=lambda at: -lengths[at])[:total]
        return [int(at in longest) for at in range(len(lengths))]
    whole = sum(lengths) or 1.0
    exact = [1 + (total - len(lengths)) * length / whole for length in lengths]
    found = [int(one) for one in exact]
    for at in sorted(range(len(exact)), key=lambda at: found[at] - exact[at])[: total - sum(found)]:
        found[at] += 1
    return found
