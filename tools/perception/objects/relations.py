"""What followed objects do to each other and at the edge of the picture, read off their tracks.

All is geometry on the picture: nothing is known of depth, but that what stands nearer to the camera stands lower.
Distances between two objects count in the mean of their heights, so that far ones and near ones are told alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...geometry import Box
from ...payloads import Change, Relation, Track
from ...records import Span

NEAR, FAR = 0.5, 1.0
"""Heights of gap between two boxes up to which they are together, and from which they are apart."""
LEVEL = 0.5
"""Heights by which the lower edges of two objects may differ that are together: others are one behind the other."""
STAYS = 2.0
"""Seconds for which two must be together, or as long as both are seen, to have approached each other: who goes past
does not."""
COVERS = 0.2
"""Share of the smaller box that the other must cover while it passes in front."""
EDGE = 0.02
"""Share of the picture from its edge up to which a box is at the edge."""
INWARD = 0.03
"""Share of the picture by which the middle must move from the edge, or to it, in the first or last sightings."""
SIGHTINGS = 3
"""Sightings in which it must do so."""
BEGUN = 1.5
"""Seconds after a cut, or the beginning, from which what appears at the edge comes in; likewise before an end."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A relation, when it happens, and where those are who take part, at its beginning and at its end."""

    relation: Relation
    span: Span
    boxes: tuple[Box, ...]
    tracks: tuple[int, ...]
    """Numbers of the tracks, who does it first."""


def relations(tracks: Sequence[Track], cuts: Iterable[float]) -> list[Seen]:
    """Everything of the five kinds of `Change`, in order of time.

    Args:
        tracks: of one video.
        cuts: seconds at which shots begin and end, the beginning and the end of the video among them.
    """
    at = np.array(sorted(set(cuts)))
    found = [seen for number, track in enumerate(tracks) for seen in _at_the_edge(number, track, at)]
    for one, two in combinations(range(len(tracks)), 2):
        found += _between(one, two, tracks[one], tracks[two])
    return sorted(found, key=lambda seen: (seen.span.start, seen.span.end, seen.tracks))


def _at_the_edge(number: int, track: Track, cuts: np.ndarray) -> Iterator[Seen]:
    """Coming into the picture and leaving it."""
    if len(track.times) < SIGHTINGS:
        return
    first, last = track.times[0], track.times[-1]
    if not len(cuts) or np.abs(cuts - first).min() >= BEGUN:
        boxes, times = track.boxes[:SIGHTINGS], track.times[:SIGHTINGS]
        if _from_edge(boxes):
            span = Span(first, times[-1])
            yield Seen(Relation(Change.ENTERS, track.label), span, (boxes[0], boxes[-1]), (number,))
    if not len(cuts) or np.abs(cuts - last).min() >= BEGUN:
        boxes, times = track.boxes[-SIGHTINGS:], track.times[-SIGHTINGS:]
        if _from_edge(boxes[::-1]):
            span = Span(times[0], last)
            yield Seen(Relation(Change.LEAVES, track.label), span, (boxes[0], boxes[-1]), (number,))


def _from_edge(boxes: Sequence[Box]) -> bool:
    """Whether the first box is at an edge of the picture, or one step from it, and the last one further away."""
    inward, step = _inward(boxes[0], boxes[-1]), _inward(boxes[0], boxes[1])
    return any(
        margin <= EDGE + max(first, 0.0) and moved >= INWARD
        for margin, moved, first in zip(_margins(boxes[0]), inward, step, strict=True)
    )


def _inward(one: Box, two: Box) -> tuple[float, float, float, float]:
    """How far the middle moves from the left, upper, right and lower edge of the picture."""
    (from_x, from_y), (to_x, to_y) = one.centre, two.centre
    return to_x - from_x, to_y - from_y, from_x - to_x, from_y - to_y


def _margins(box: Box) -> tuple[float, float, float, float]:
    """How far a box is from the left, upper, right and lower edge of the picture."""
    return box.left, box.top, 1 - box.right, 1 - box.bottom


def _between(one: int, two: int, first: Track, second: Track) -> Iterator[Seen]:
    """What two objects do to each other while both are seen."""
    start, end = max(first.times[0], second.times[0]), min(first.times[-1], second.times[-1])
    times = np.array(sorted({time for track in (first, second) for time in track.times if start <= time <= end}))
    if len(times) < 2:
        return
    boxes = _sides(first, times), _sides(second, times)
    height = np.maximum(sum(sides[:, 3] - sides[:, 1] for sides in boxes) / 2, 1e-6)
    gap = _gap(*boxes) / height
    level = np.abs(boxes[0][:, 3] - boxes[1][:, 3]) <= LEVEL * height
    side = _side(*boxes)
    for run in _runs((gap <= NEAR) & level):
        before, after = np.flatnonzero(gap[: run.start] >= FAR), np.flatnonzero(gap[run.stop :] >= FAR)
        crossed = bool(run.start) and run.stop < len(times) and side[run.start - 1] != side[run.stop]
        if crossed or times[run.stop - 1] - times[run.start] < min(STAYS, times[-1] - times[0]):
            continue
        if len(before):
            yield _moving(Change.APPROACHES, (one, two), (first, second), times, boxes, int(before[-1]), run.start)
        if len(after):
            begin, until = run.stop - 1, run.stop + int(after[0])
            yield _moving(Change.PARTS, (one, two), (first, second), times, boxes, begin, until)
    yield from _passing((one, two), (first, second), times, boxes)


def _moving(
    change: Change,
    numbers: tuple[int, int],
    tracks: tuple[Track, Track],
    times: np.ndarray,
    boxes: tuple[np.ndarray, np.ndarray],
    begin: int,
    end: int,
) -> Seen:
    """An approach or a parting; whoever moves more is the one who does it."""
    moved = [float(np.linalg.norm(_middle(sides[end]) - _middle(sides[begin]))) for sides in boxes]
    order = (0, 1) if moved[0] >= moved[1] else (1, 0)
    return _seen(change, numbers, tracks, times, boxes, begin, end, order)


def _passing(
    numbers: tuple[int, int], tracks: tuple[Track, Track], times: np.ndarray, boxes: tuple[np.ndarray, np.ndarray]
) -> Iterator[Seen]:
    """One covers a part of the other and comes out on its other side; the lower one is in front."""
    covered = _covered(*boxes)
    side = _side(*boxes)
    apart = _beside(*boxes) > 0
    for run in _runs(~apart):
        if not run.start or run.stop >= len(times) or side[run.start - 1] == side[run.stop]:
            continue
        middle = run.start + int(np.argmax(covered[run]))
        if covered[middle] < COVERS:
            continue
        order = (0, 1) if boxes[0][middle, 3] >= boxes[1][middle, 3] else (1, 0)
        yield _seen(Change.PASSES, numbers, tracks, times, boxes, run.start - 1, run.stop, order)


def _seen(
    change: Change,
    numbers: tuple[int, int],
    tracks: tuple[Track, Track],
    times: np.ndarray,
    boxes: tuple[np.ndarray, np.ndarray],
    begin: int,
    end: int,
    order: tuple[int, int],
) -> Seen:
    at = tuple(Box(*map(float, boxes[which][when])) for when in (begin, end) for which in order)
    relation = Relation(change, tracks[order[0]].label, tracks[order[1]].label)
    span = Span(float(times[begin]), float(times[end]))
    return Seen(relation, span, at, (numbers[order[0]], numbers[order[1]]))


def _sides(track: Track, times: np.ndarray) -> np.ndarray:
    """(N, 4): left, top, right and bottom at times, between sightings evenly on the way."""
    sides = np.array([(box.left, box.top, box.right, box.bottom) for box in track.boxes])
    return np.stack([np.interp(times, track.times, side) for side in sides.T], axis=1)


def _middle(sides: np.ndarray) -> np.ndarray:
    return (sides[:2] + sides[2:]) / 2


def _side(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """(N,): on which side of the second box the first one is: −1 to the left, 1 to the right."""
    return np.sign((one[:, 0] + one[:, 2]) - (two[:, 0] + two[:, 2]))


def _beside(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """(N,): how far boxes are beside each other across; below 0 where they share columns."""
    return np.maximum(one[:, 0], two[:, 0]) - np.minimum(one[:, 2], two[:, 2])


def _gap(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """(N,): the distance between the nearest edges of two boxes, 0 where they touch."""
    down = np.maximum(one[:, 1], two[:, 1]) - np.minimum(one[:, 3], two[:, 3])
    return np.hypot(np.maximum(_beside(one, two), 0), np.maximum(down, 0))


def _covered(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """(N,): the share of the smaller box that the other covers."""
    across = np.maximum(-_beside(one, two), 0)
    down = np.maximum(np.minimum(one[:, 3], two[:, 3]) - np.maximum(one[:, 1], two[:, 1]), 0)
    areas = np.minimum(*((sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1]) for sides in (one, two)))
    return across * down / np.maximum(areas, 1e-9)


def _runs(holds: np.ndarray) -> list[slice]:
    """The stretches of neighbouring places at which something holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return [slice(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
