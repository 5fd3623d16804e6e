"""Whether a piece is what is sought: logistic regression on how near it is, also among the others of its video.

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
FEATURES = ("whole", "topic", "whole_apart", "topic_apart", "literal", "best")
"""Of a piece in words: cosine with the query and with its topic; how far both stand out among the other pieces of the
group, in spreads; share of the topic's words that it holds; the highest cosine with the topic in the group."""
APART = (-3.0, 10.0)
"""Bounds of what stands out."""
NARROW = 0.02
"""The least spread of cosines: of a handful of pieces it can be next to none by chance."""
ALIKE = 85
"""rapidfuzz ratio from which two words of `LONG` letters are one, misheard or misread."""
LONG = 5
QUOTED = 88
"""rapidfuzz partial ratio from which a piece holds a quoted phrase."""


def decided(group: Near, sought: Sought) -> list[Piece]:
    """The pieces of a group with their probabilities."""
    if sought.quoted:
        return [replace(piece, probability=quotes(piece, sought)) for piece in group.pieces]
    fitted = _fitted()["words"]
    weights = np.array([fitted[name] for name in FEATURES])
    level = features(group, sought) @ weights + fitted["offset"]
    return [
        replace(piece, probability=float(one))
        for piece, one in zip(group.pieces, 1 / (1 + np.exp(-level)), strict=True)
    ]


def features(group: Near, sought: Sought) -> np.ndarray:
    """The features of a group's pieces, (pieces, features)."""
    topic = topic_stems(sought)
    literal = np.array([held(topic, piece.text) for piece in group.pieces])
    best = np.full(len(group.pieces), group.topic.max(initial=0.0))
    return np.stack([group.whole, group.topic, apart(group.whole), apart(group.topic), literal, best], axis=1)


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


def held(topic: Sequence[str], text: str) -> float:
    """Share of the topic's stems that a text holds, 0..1, misheard or misread letters apart."""
    from rapidfuzz.fuzz import ratio

    if not topic:
        return 0.0
    there = {stem(word) for word in words(text)}
    return sum(
        one in there or (len(one) >= LONG and any(ratio(one, other) >= ALIKE for other in there)) for one in topic
    ) / len(topic)


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
