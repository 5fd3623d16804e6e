"""Sightings of faces in groups, one a person, and the stretches in which each is seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...geometry import Box, Span
from ..voices.grouping import grouped

GAP = 3.0
"""Seconds for which a person may turn away and is still there."""
LEAST = 2
"""Frames on which somebody is seen at least; a face that is seen once is often none."""

Sighted = tuple[Span, Box, np.ndarray]
"""How long a frame's picture stood, where a face is on it, and its vector."""


@dataclass(frozen=True)
class SeenPerson:
    """One person."""

    label: str
    """`unknown person 1` is seen first."""
    spans: list[Span]
    boxes: list[tuple[Box, Box]]
    """Where the face is at the beginning and at the end of each stretch."""
    vector: np.ndarray
    """Mean of the person's faces, of unit length."""


def persons(sightings: Sequence[Sighted], same: float, least: int = LEAST) -> list[SeenPerson]:
    """The people behind the sightings, in the order in which they are first seen.

    Args:
        sightings: in order of time.
        same: least mean cosine of two groups that are one person's.
        least: frames on which somebody is seen at least.
    """
    if not sightings:
        return []
    vectors = np.stack([vector for _, _, vector in sightings]).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    labels = grouped(vectors, same)
    found = []
    for group in dict.fromkeys(labels.tolist()):
        own = [at for at in range(len(sightings)) if labels[at] == group]
        if len(own) < least:
            continue
        spans, boxes = _stretches([sightings[at] for at in own])
        mean = vectors[own].mean(axis=0)
        label = f"unknown person {len(found) + 1}"
        found.append(SeenPerson(label, spans, boxes, mean / max(float(np.linalg.norm(mean)), 1e-6)))
    return found


def _stretches(own: Sequence[Sighted]) -> tuple[list[Span], list[tuple[Box, Box]]]:
    """When one person is there, and where."""
    spans: list[Span] = []
    boxes: list[tuple[Box, Box]] = []
    for span, box, _ in own:
        if spans and span.start - spans[-1].end <= GAP:
            spans[-1] = Span(spans[-1].start, max(span.end, spans[-1].end))
            boxes[-1] = boxes[-1][0], box
        else:
            spans.append(span)
            boxes.append((box, box))
    return spans, boxes
