"""How many objects of each kind are in the picture, for as long as their number stays the same."""

from collections import Counter
from collections.abc import Iterable, Sequence

from ...payloads import ObjectCounts
from ...records import Detection, Record, Span
from ..follower import Followed, follow, overlap

GAP = 2.0
"""Seconds for which an object may be missed and still counts as there."""
OVERLAP = 0.2
"""Intersection over union with its last box from which a detection is the same object."""
PASSING = 0.5
"""Score that an object needs when it is seen on one frame only: most slips of the detector are less sure."""


def object_records(video: str, observations: Iterable[tuple[Span, Sequence[Detection]]], source: str) -> list[Record]:
    """One record for as long as the number of each kind of object stays the same.

    An object that is missed for up to two seconds is still there; one that is seen once and unsurely is not. The
    objects and boxes of a record are those of the frame on which they were seen most surely.

    Args:
        video: content id.
        observations: in order of time: how long a frame's picture stood, and what was detected on it.
        source: tool and version.
    """
    seen = _without_flicker(_settled(list(observations)))
    records: list[Record] = []
    first = 0
    for at in range(1, len(seen) + 1):
        before = seen[at - 1]
        goes_on = at < len(seen) and _numbers(seen[at][1]) == _numbers(before[1]) and seen[at][0].start <= before[0].end
        if goes_on:
            continue
        if before[1]:
            span = Span(seen[first][0].start, before[0].end)
            surest = max((objects for _, objects in seen[first:at]), key=lambda objects: round(_mean(objects), 4))
            boxes = tuple(detection.box for detection in surest)
            records.append(Record.of(video, span, ObjectCounts.of(surest), round(_mean(surest), 4), source, boxes))
        first = at
    return records


Seen = list[tuple[Span, list[Detection]]]


def _settled(observations: Sequence[tuple[Span, Sequence[Detection]]]) -> Seen:
    """Observations with what was missed in between filled in, and what was hardly seen left out."""
    there: dict[Span, list[Detection]] = {span: [] for span, _ in observations}
    spans = list(there)
    position = {span: at for at, span in enumerate(spans)}
    for track in follow(observations, GAP, by_overlap):
        if len(track.seen) == 1 and track.seen[0].score < PASSING and track.span.duration < GAP:
            continue
        found = dict(zip(track.spans, track.seen, strict=True))
        latest = track.seen[0]
        for span in spans[position[track.spans[0]] : position[track.spans[-1]] + 1]:
            latest = found.get(span, latest)
            there[span].append(latest)
    return list(there.items())


def by_overlap(track: Followed[Detection], found: Detection, time: float) -> float | None:
    """How far a detection is from an object's last box; `None` when it cannot be the same object."""
    return overlap(track, found, OVERLAP) if found.label == track.seen[-1].label else None


def _without_flicker(seen: Seen) -> Seen:
    """Brief changes of number that are taken back at once never happened; a new kind of object may well be brief."""
    steady = list(seen)
    for at in range(1, len(steady) - 1):
        (_, before), (span, objects), (_, after) = steady[at - 1 : at + 2]
        numbers = _numbers(before)
        kinds = {label for label, _ in numbers}
        taken_back = _numbers(after) == numbers != _numbers(objects)
        if taken_back and span.duration < GAP and {detection.label for detection in objects} <= kinds:
            steady[at] = span, before
    return steady


def _numbers(objects: Sequence[Detection]) -> list[tuple[str, int]]:
    return sorted(Counter(detection.label for detection in objects).items())


def _mean(objects: Sequence[Detection]) -> float:
    return sum(detection.score for detection in objects) / len(objects)
