"""Whether a piece is what is sought: logistic regression on how near it is.

The weights stand in `decision.toml`. They were fitted on the development family of the made moments, seeds 0 to 4
(`python -m vidscout.bench.moments.fit`), never on the report family.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ...tools.words import STOP_WORDS, folded, stem, words
from .pieces import Near
from .state import Piece, Sought

FITTED = Path(__file__).with_name("decision.toml")
ALONE = ("whole", "topic")
"""Of a piece in words by itself: cosine with the query, and with its topic. Left out of five in turn, the development
videos were decided no better with how far these stand out in the video, with the share of the topic's words that a
piece holds, or with the highest cosine in the video beside them."""
FEATURES = (*ALONE, "beside")
"""Of a piece in words beside the others: also how much nearer it is to a sure other piece than two pieces of the video
mostly are to each other (pseudo-relevance feedback; Rocchio, 1971); 0 where no other is sure. Fitted on each of the two
development families and tried on the other, it decides more queries exactly both ways."""
SURE = 0.8
"""Probability by itself from which a piece is a sure one."""
ENOUGH = 8
"""Pieces from which what they are mostly to each other can be told."""
APART = (-3.0, 10.0)
"""Bounds of what stands out."""
NARROW = 0.02
"""The least spread of cosines: of a handful of frames it can be next to none by chance."""
QUOTED = 88
"""rapidfuzz partial ratio from which a piece holds a quoted phrase."""


def decided(group: Near, sought: Sought) -> list[Piece]:
    """The pieces of a group with their probabilities."""
    if sought.quoted:
        return [replace(piece, probability=quotes(piece, sought)) for piece in group.pieces]
    likely = probabilities(features(group), FEATURES, _fitted()["words"])
    return [replace(piece, probability=float(one)) for piece, one in zip(group.pieces, likely, strict=True)]


def probabilities(rows: np.ndarray, names: Sequence[str], fitted: Mapping[str, float]) -> np.ndarray:
    """Of each piece, (pieces,), from its features, (pieces, features), and their weights by name."""
    level = rows @ np.array([fitted[name] for name in names]) + fitted["offset"]
    return 1 / (1 + np.exp(-level))


def features(group: Near, alone: Mapping[str, float] | None = None) -> np.ndarray:
    """The features of a group's pieces, (pieces, features).

    Args:
        group: the pieces.
        alone: the weights that say which of them are sure by themselves; by default the fitted ones.
    """
    by_itself = np.stack([group.whole, group.topic], axis=1)
    likely = probabilities(by_itself, ALONE, _fitted()["alone"] if alone is None else alone)
    return np.concatenate([by_itself, beside(group.vectors, likely >= SURE)[:, None]], axis=1)


def beside(vectors: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """How much nearer each piece is to the nearest other sure one than any two pieces mostly are, (pieces,).

    Args:
        vectors: unit vectors, (pieces, dimensions).
        sure: which pieces are sure, (pieces,).
    """
    if len(vectors) < ENOUGH or not sure.any():
        return np.zeros(len(vectors))
    mostly = float(np.median((vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)]))
    near = vectors @ vectors[sure].T
    near[np.flatnonzero(sure), np.arange(int(sure.sum()))] = -1.0
    nearest = near.max(axis=1)
    return np.where(nearest > 0, nearest - mostly, 0.0)


def apart(cosines: np.ndarray) -> np.ndarray:
    """How far cosines stand out: their distance from the median in spreads of those below it, which what is sought
    does not widen."""
    middle = float(np.median(cosines))
    below = cosines[cosines <= middle]
    spread = max(float(np.sqrt(np.mean((below - middle) ** 2))), NARROW)
    return np.clip((cosines - middle) / spread, *APART)


def quotes(piece: Piece, sought: Sought) -> float:
    """1 where a piece holds a quoted phrase, misheard or misread letters apart, else 0."""
    from rapidfuzz.fuzz import partial_ratio

    text = " ".join(words(piece.text))
    phrases = [" ".join(words(phrase)) for phrase in sought.quoted]
    return float(any(len(text) >= len(phrase) * 0.8 and partial_ratio(phrase, text) >= QUOTED for phrase in phrases))


def topic_stems(sought: Sought) -> list[str]:
    """The stems of the words that say what is sought, each once."""
    return list(dict.fromkeys(stem(word) for word in words(sought.topic) if word not in STOP_WORDS))


def holds_from(of: str = "words") -> float:
    """The probability from which something is what is sought."""
    return _fitted()[of]["from"]


def frame_weights() -> dict[str, float]:
    """The weights of what frames show: `offset`, `apart`, `cosine`, `named`, `from`."""
    return _fitted()["frames"]


def names_it(topic: Sequence[str], names: Sequence[str]) -> bool:
    """Whether one of several names of a thing is a word of a topic, or ends with one: a tabby cat is a cat."""
    heads = {stem(words(folded(name))[-1]) for name in names if words(name)}
    return not heads.isdisjoint(topic)


@cache
def _fitted() -> dict[str, dict[str, float]]:
    return tomllib.loads(FITTED.read_text(encoding="utf-8"))
