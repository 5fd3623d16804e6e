"""Reciprocal rank fusion: one ranking from several whose scores do not compare."""

from collections.abc import Mapping, Sequence
from itertools import groupby

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
