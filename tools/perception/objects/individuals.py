"""Who and what comes and goes: objects followed over time as individuals, so that they can be counted.

Association goes by where an object should be by now, had it gone on as before, and not by overlap alone: at one frame a
second a pedestrian has left its last box. SORT (Bewley et al., 2016) does the same with a Kalman filter.
"""

import math
from collections.abc import Iterable, Sequence

from ... import payloads
from ...records import Box, Detection, Record, Span
from .nanodet import Track, tracks

GAP = 2.0
"""Seconds for which an individual may be missed."""
REACH = 1.5
"""Diagonals of its box by which an individual may be beside the place where it should be."""
GROWTH = 2.0
"""Times by which its height may differ from one sighting to the next."""
SLIP = 0.6
"""Score that an individual needs when it is seen once: most slips of a detector are less sure."""


def individuals(observations: Iterable[tuple[Span, Sequence[Detection]]]) -> list[Track]:
    """The individuals behind the detections, by the time at which each is first seen.

    Args:
        observations: in order of time: how long a frame's picture stood, and what was detected on it.
    """
    followed = tracks(observations, GAP, by_course)
    return [track for track in followed if len(track.seen) > 1 or track.score >= SLIP]


def by_course(track: Track, box: Box, time: float) -> float | None:
    """Diagonals between where an individual should be and a box; `None` when the box cannot be it."""
    last = track.seen[-1].box
    x, y = expected(track, time)
    diagonal = math.hypot(last.right - last.left, last.bottom - last.top)
    away = math.hypot(box.centre[0] - x, box.centre[1] - y) / max(diagonal, 1e-6)
    heights = sorted((last.bottom - last.top, box.bottom - box.top))
    if away > REACH or heights[1] > GROWTH * max(heights[0], 1e-6):
        return None
    return round(away, 4)


def expected(track: Track, time: float) -> tuple[float, float]:
    """Where an individual's centre should be by a time, at the speed of its last two sightings."""
    x, y = track.seen[-1].box.centre
    if len(track.seen) < 2:
        return x, y
    then = track.spans[-1].start - track.spans[-2].start
    before_x, before_y = track.seen[-2].box.centre
    ahead = (time - track.spans[-1].start) / then if then > 0 else 0.0
    return x + (x - before_x) * ahead, y + (y - before_y) * ahead


def passage_records(video: str, observations: Iterable[tuple[Span, Sequence[Detection]]], source: str) -> list[Record]:
    """One record an individual: what it is, when it is there, and where it goes.

    Args:
        video: content id.
        observations: as for `individuals`.
        source: detector and version.
    """
    return [
        Record.of(
            video,
            one.span,
            payloads.Track(
                one.label, tuple(span.start for span in one.spans), tuple(detection.box for detection in one.seen)
            ),
            round(one.score, 4),
            source,
            (one.seen[0].box, one.seen[-1].box),
        )
        for one in individuals(observations)
    ]
