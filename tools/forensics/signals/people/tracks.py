"""One face or hand from frame to frame, and how much its form trembles."""

from collections.abc import Sequence

import numpy as np

from ....perception.follower import B, follow, overlap
from ....records import Span
from ..signal import Reading

FEWEST = 5
"""Frames with the same face or hand below which nothing is said."""
SAME_PLACE = 0.3
"""Intersection over union from which what is seen in neighbouring frames is one thing."""
UNIT = "thousandths"


def followed(seen: Sequence[tuple[float, Sequence[B]]]) -> list[tuple[float, B]]:
    """The first face or hand that stays for `FEWEST` frames, the largest where there are several, until it is lost.

    Args:
        seen: time in seconds of each frame and what it shows.

    Returns:
        Its times and what was seen of it; of what is never there so long, the longest.
    """
    times = [time for time, _ in seen]
    spans = [Span(time, after) for time, after in zip(times, [*times[1:], *times[-1:]], strict=True)]
    shown = zip(spans, (found for _, found in seen), strict=True)
    things = follow(shown, 0.0, lambda thing, found, _: overlap(thing, found, SAME_PLACE))
    if not things:
        return []
    best = max(things, key=lambda one: (min(len(one.seen), FEWEST), -one.span.start, one.seen[0].box.area))
    return [(span.start, found) for span, found in zip(best.spans, best.seen, strict=True)]


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
