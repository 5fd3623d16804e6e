"""Whether a piece is what is sought: logistic regression on how near it is.

The weights stand in `decision.toml`. They were fitted on the development family of the made moments, seeds 0 to 4
(`python -m vidscout.bench.moments.fit`), never on the report family.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ...tools.words import folded, stem, words
from .pieces import Near
from .state import Piece, Sought

FITTED = Path(__file__).with_name("decision.toml")
FEATURES = ("whole", "topic")
"""Of a piece in words: cosine with the query, and with its topic. Left out of five in turn, the development videos were
decided no better with how far these stand out in the video, with the share of the topic's words that a piece holds, or
with the highest cosine in the video beside them."""
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
    fitted = _fitted()["words"]
    weights = np.array([fitted[name] for name in FEATURES])
    level = features(group) @ weights + fitted["offset"]
    return [
        replace(piece, probability=float(one))
        for piece, one in zip(group.pieces, 1 / (1 + np.exp(-level)), strict=True)
    ]


def features(group: Near) -> np.ndarray:
    """The features of a group's pieces, (pieces, features)."""
    return np.stack([group.whole, group.topic], axis=1)


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
    return list(dict.fromkeys(stem(word) for word in words(sought.topic)))


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
