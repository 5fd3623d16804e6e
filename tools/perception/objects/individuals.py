"""Who and what comes and goes: objects followed over time as individuals, so that they can be counted.

Association goes by where an object should be by now, had it gone on as before, and not by overlap alone: at one frame a
second a pedestrian has left its last box. SORT (Bewley et al., 2016) does the same with a Kalman filter.
"""

import math
from collections.abc import Iterable, Sequence

from ...payloads import Track
from ...records import Detection, Record, Span
from ..follower import Followed, follow

GAP = 2.0
"""Seconds for which an individual may be missed."""
REACH = 1.5
"""Diagonals of its box by which an individual may be beside the place where it should be."""
GROWTH = 2.0
"""Times by which its height may differ from one sighting to the next."""
SLIP = 0.6
"""Score that an individual needs when it is seen once: most slips of a detector are less sure."""


def individuals(observations: Iterable[tuple[Span, Sequence[Detection]]]) -> list[Followed[Detection]]:
    """The individuals behind the detections, by the time at which each is first seen.

    Args:
        observations: in order of time: how long a frame's picture stood, and what was detected on it.
    """
    followed = follow(observations, GAP, by_course)
    return [one for one in followed if len(one.seen) > 1 or one.seen[0].score >= SLIP]


def by_course(track: Followed[Detection], found: Detection, time: float) -> float | None:
    """Diagonals between where an individual should be and a detection; `None` when that cannot be it."""
    if found.label != track.seen[-1].label:
        return None
    last, box = track.seen[-1].box, found.box
    x, y = expected(track, time)
    diagonal = math.hypot(last.right - last.left, last.bottom - last.top)
    away = math.hypot(box.centre[0] - x, box.centre[1] - y) / max(diagonal, 1e-6)
    heights = sorted((last.bottom - last.top, box.bottom - box.top))
    if away > REACH or heights[1] > GROWTH * max(heights[0], 1e-6):
        return None
    return round(away, 4)


def expected(track: Followed[Detection], time: float) -> tuple[float, float]:
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
    records = []
    for one in individuals(observations):
        boxes = tuple(detection.box for detection in one.seen)
        track = Track(one.seen[0].label, tuple(span.start for span in one.spans), boxes)
        score = round(sum(detection.score for detection in one.seen) / len(one.seen), 4)
        records.append(Record.of(video, one.span, track, score, source, (boxes[0], boxes[-1])))
    return records
