"""Who speaks when: stretches of voice cut into windows, their vectors grouped by person, and what follows joined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from ...records import Span
from .grouping import grouped, linked

RATE = 16_000
"""Samples a second, to which times are rounded."""
WINDOW, STEP = 1.6, 0.4
"""Seconds of a window, the length on which the encoder learnt, and from one to the next."""
SLOT = 0.2
"""Seconds of which each is given to one speaker."""
RELIABLE = 0.8
"""Seconds of voice from which a window's vector takes part in the grouping; of less it says little."""
LEAST, ALONE = 4.0, 3.0
"""Seconds of voice in all, and at least once without a pause or another voice, from which a group is somebody. What is
less is given to whom it is likest: mostly windows in which two speak, or one after the other, which are like nobody.
Such windows lie between those of the two, so of the seconds without another voice half a window is taken off on each
side on which another one's windows come without a pause."""
ONE_PERSON = 0.88
"""Cosine of the means of two groups from which they are one person's, as when he speaks in two moods. On made meetings
with the voices for development parts of one person come to 0.92 and more, two persons to 0.84 at most."""
STRICTER, STRICTEST = 0.02, 0.9
"""By how much more alike groups must be, and up to where, until there are as many people as there are known to be."""
CHANGE = 1.0
"""Sum of cosines that a change of the speaker must gain, so that single windows that differ do not count."""
PAUSE = 1.0
"""Seconds without voice over which one person's turn goes on."""

Who = TypeVar("Who", int, str)
"""What stands for a speaker."""


@dataclass(frozen=True)
class Voiced:
    """A stretch in which somebody speaks without a pause, and what the voice is like in each of its windows."""

    span: Span
    vectors: np.ndarray
    """(windows, dimensions), of unit length; the windows are those of `windows`."""


@dataclass(frozen=True, slots=True)
class VoiceTurn:
    """A stretch in which one person speaks."""

    span: Span
    speaker: int
    """From 0, in the order in which they begin to speak."""


def windows(duration: float) -> list[Span]:
    """The windows of a stretch of voice, in seconds from its beginning; the last one ends where it ends."""
    duration = round(duration * RATE) / RATE  # so that what a difference of times lacks decides nothing
    if duration <= WINDOW:
        return [Span(0.0, duration)]
    starts = np.arange(0.0, duration - WINDOW, STEP).tolist()
    if len(starts) > 1 and duration - WINDOW - starts[-1] < STEP / 2:
        starts.pop()
    return [Span(start, start + WINDOW) for start in [*starts, duration - WINDOW]]


def turns(stretches: Sequence[Voiced], same: float, number: int | None = None) -> list[VoiceTurn]:
    """Who speaks when.

    Args:
        stretches: in order of time.
        same: least mean cosine of two groups of windows that are one person's.
        number: of the people, where it is known.
    """
    if not stretches:
        return []
    people = centres(stretches, same, number)
    spoken = joined(list(_one_by_one(stretches, people)))
    order = {speaker: at for at, speaker in enumerate(dict.fromkeys(speaker for speaker, _ in spoken))}
    return [VoiceTurn(span, order[speaker]) for speaker, span in spoken]


def joined(spoken: Sequence[tuple[Who, Span]]) -> list[tuple[Who, Span]]:
    """Turns from stretches in order of time: one goes on over a short pause, unless another one speaks in it."""
    found: list[tuple[Who, Span]] = []
    for speaker, span in spoken:
        if found and found[-1][0] == speaker and span.start - found[-1][1].end <= PAUSE:
            found[-1] = speaker, Span(found[-1][1].start, max(span.end, found[-1][1].end))
        else:
            found.append((speaker, span))
    return found


def centres(stretches: Sequence[Voiced], same: float, number: int | None = None) -> np.ndarray:
    """What each person's voice is like: (people, dimensions), of unit length."""
    reliable = [one for one in stretches if one.span.duration >= RELIABLE] or stretches
    vectors = np.concatenate([one.vectors for one in reliable])
    labels = grouped(vectors, same)
    kept = _somebody(labels, reliable)
    while number is not None and len(kept) < number and same < STRICTEST:
        same += STRICTER
        labels = grouped(vectors, same)
        kept = _somebody(labels, reliable)
    means = _units(np.stack([vectors[labels == one].mean(axis=0) for one in kept]))
    sizes = np.array([np.count_nonzero(labels == one) for one in kept], float)
    if len(kept) > (number or 1):
        into = np.array(linked(means, sizes, ONE_PERSON, None))
        if len(whole := sorted(set(into.tolist()))) >= (number or 1):
            means = _units(np.stack([np.average(means[into == one], 0, sizes[into == one]) for one in whole]))
            sizes = np.array([sizes[into == one].sum() for one in whole])
    if number is not None and len(means) > number:  # those who speak most; the others are parts of them
        means = means[np.sort(np.argsort(-sizes, kind="stable")[:number])]
    return means


def _units(means: np.ndarray) -> np.ndarray:
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def _somebody(labels: np.ndarray, stretches: Sequence[Voiced]) -> list[int]:
    """The groups of windows that are a person's; the largest where none is."""
    total, longest = np.zeros(labels.max() + 1), np.zeros(labels.max() + 1)
    at = 0
    for one in stretches:
        own = labels[at : at + len(one.vectors)]
        at += len(own)
        np.add.at(total, own, one.span.duration / len(own))
        edges = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(own)]
        for first, last in pairwise(edges):
            beside = (first > 0) + (last < len(own))
            run = min(WINDOW * (1 - beside / 2) + (last - first - 1) * STEP, one.span.duration)
            longest[own[first]] = max(longest[own[first]], run)
    kept = np.flatnonzero((total >= LEAST) & (longest >= ALONE))
    return kept.tolist() if len(kept) else [int(total.argmax())]


def _one_by_one(stretches: Sequence[Voiced], people: np.ndarray) -> Iterator[tuple[int, Span]]:
    """The likeliest speaker of each slot, joined while he stays the same: over all stretches a Viterbi path on which a
    change costs `CHANGE`."""
    scores = [_slots(one, people) for one in stretches]
    path = iter(_path(np.concatenate(scores)))
    for stretch, own in zip(stretches, scores, strict=True):
        speakers = [next(path) for _ in own]
        edges = [0, *(at for at in range(1, len(own)) if speakers[at] != speakers[at - 1]), len(own)]
        length = stretch.span.duration / len(own)
        for first, last in pairwise(edges):
            start = stretch.span.start + first * length
            yield speakers[first], Span(start, stretch.span.start + last * length)


def _slots(stretch: Voiced, people: np.ndarray) -> np.ndarray:
    """How like each person each slot of a stretch is: (slots, people), the mean of the windows around it, those with
    their middle near it first."""
    number = max(round(stretch.span.duration / SLOT), 1)
    length = stretch.span.duration / number
    middles = (np.arange(number) + 0.5) * length
    spans = windows(stretch.span.duration)
    away = np.abs(middles[:, None] - np.array([(one.start + one.end) / 2 for one in spans]))
    half = max(spans[0].duration / 2, length)
    weights = np.maximum(1 - away / half, 0) ** 2 + 1e-6
    return (weights @ (stretch.vectors @ people.T)) / weights.sum(axis=1, keepdims=True)


def _path(scores: np.ndarray) -> list[int]:
    """The row of speakers with the highest sum of scores, less `CHANGE` for each change."""
    best = scores[0]
    came = np.zeros(scores.shape, int)
    stay = np.arange(scores.shape[1])
    for at in range(1, len(scores)):
        change = best.max() - CHANGE
        came[at] = np.where(best >= change, stay, int(best.argmax()))
        best = np.maximum(best, change) + scores[at]
    row = [int(best.argmax())]
    for at in range(len(scores) - 1, 0, -1):
        row.append(int(came[at, row[-1]]))
    return row[::-1]
