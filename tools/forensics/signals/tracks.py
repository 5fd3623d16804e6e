"""One face or hand from frame to frame, and how much its form trembles."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from ...records import Box
from .signal import Reading

FEWEST = 5
"""Frames with the same face or hand below which nothing is said."""
SAME_PLACE = 0.3
"""Intersection over union from which what is seen in neighbouring frames is one thing."""
UNIT = "thousandths"


class Seen(Protocol):
    """What a frame shows at a place."""

    @property
    def box(self) -> Box: ...


S = TypeVar("S", bound=Seen)


def followed(seen: Sequence[tuple[float, Sequence[S]]]) -> list[tuple[float, S]]:
    """The largest one of the first frame that has any, from frame to frame until it is lost."""
    track: list[tuple[float, S]] = []
    for time, shown in seen:
        if not track:
            track = [(time, shown[0])] if shown else []
            continue
        same = [one for one in shown if one.box.overlap(track[-1][1].box) >= SAME_PLACE]
        if not same:
            if len(track) >= FEWEST:
                break
            track = [(time, shown[0])] if shown else []
            continue
        track.append((time, max(same, key=lambda one: one.box.overlap(track[-1][1].box))))
    return track


def trembling(times: Sequence[float], shapes: Sequence[np.ndarray], sizes: Sequence[float]) -> Reading:
    """How far a form bends away from what the frames before and after show, once place, turn and size are taken out.

    Args:
        times: seconds of neighbouring frames.
        shapes: (points, 2) of each frame, in pixels.
        sizes: pixels, of each frame, in whose thousandths the bending is given.
    """
    curve = []
    for before, here, after in zip(shapes, shapes[1:], shapes[2:], strict=False):
        bend = (_laid_over(before, here) + _laid_over(after, here)) / 2 - here
        curve.append(float(np.median(np.linalg.norm(bend, axis=1))))
    values = 1000 * np.array(curve) / np.maximum(sizes[1:-1], 1e-6)
    return Reading(float(np.median(values)), UNIT, np.array(times[1:-1]), values)


def _laid_over(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(n, 2) points after the shift, turn and scaling that bring them closest to the target (Umeyama, 1991)."""
    middle, there = points.mean(axis=0), target.mean(axis=0)
    a, b = points - middle, target - there
    turned = complex((a[:, 0] + 1j * a[:, 1]).conj() @ (b[:, 0] + 1j * b[:, 1])) / max(float((a**2).sum()), 1e-12)
    moved = (a[:, 0] + 1j * a[:, 1]) * turned
    return np.column_stack([moved.real, moved.imag]) + there
