"""Reciprocal rank fusion: one ranking from several whose scores do not compare."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

RRF_K = 60
"""A hit at rank r of a ranking adds 1 / (60 + r) to its score (Cormack, Clarke and Büttcher, 2009)."""


def ranks(scores: Mapping[str, float]) -> dict[str, int]:
    """Places from 1 of what is sorted by score, best first; equals share one, else their order would decide.

    >>> ranks({"a": 9.0, "b": 7.0, "c": 7.0, "d": 1.0})
    {'a': 1, 'b': 2, 'c': 2, 'd': 4}
    """
    places: dict[str, int] = {}
    for _, equals in groupby(scores, key=lambda key: scores[key]):
        places |= dict.fromkeys(equals, len(places) + 1)
    return places


def fuse(rankings: Sequence[Mapping[str, int]]) -> dict[str, float]:
    """The fused score of everything that any ranking holds, from its places in them."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for key, rank in ranking.items():
            scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + rank)
    return scores


def fused(scores: "np.ndarray") -> "np.ndarray":
    """One curve, (items,), from one a ranking, (rankings, items): a single one as it is, several fused by rank.

    Fused scores are scaled to the span of the mean scores, of which they keep the best and the worst value, because
    what reads a curve expects cosines.
    """
    import numpy as np

    if len(scores) == 1 or not scores.size:
        return scores.reshape(-1)[: scores.shape[-1]]
    # the rank from 1 of each score in its row, equals sharing one
    places = np.stack([np.searchsorted(np.sort(-row), -row) + 1 for row in scores])
    total = (1 / (RRF_K + places)).sum(axis=0)
    mean, spread = scores.mean(axis=0), np.ptp(total)
    if spread == 0:
        return mean
    return (mean.min() + (total - total.min()) / spread * np.ptp(mean)).astype(scores.dtype)
