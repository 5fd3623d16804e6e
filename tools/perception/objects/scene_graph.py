"""What the detector saw, in words: how many of what, where on the picture, and which beside which.

The statements are those of a scene graph (Krishna et al., 2017): objects, their number and place, and relations
between two of them, all read off the boxes, so that a text index finds what a picture shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from ...records import Box, Detection, Modality, Record, Span
from .nanodet import COCO_LABELS, tracks

GAP = 2.0
"""Seconds for which an object may be missed and still counts as there."""
PASSING = 0.5
"""Score that an object needs when it is seen on one frame only: most slips of the detector are less sure."""
RELATIONS = 3
"""Relations stated at most, between the surest objects."""
PLACES = 6
"""Places stated at most."""
TOUCHING = 0.3
"""Share of the smaller box that the other must cover for the two to overlap."""

IRREGULAR = {"person": "people", "mouse": "mice", "knife": "knives", "sheep": "sheep", "scissors": "scissors"}


def plural(label: str) -> str:
    """The name of several objects of a COCO label.

    >>> plural("person"), plural("bus"), plural("dog")
    ('people', 'buses', 'dogs')
    """
    return IRREGULAR.get(label) or label + ("es" if label.endswith(("s", "x", "ch", "sh")) else "s")


def object_records(video: str, observations: Iterable[tuple[Span, Sequence[Detection]]], source: str) -> list[Record]:
    """One record for as long as the number of each kind of object stays the same.

    An object that is missed for up to two seconds is still there; one that is seen once and unsurely is not. The
    sentence and the boxes are those of the frame on which the objects were seen most surely.

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
            records.append(
                Record(video, span, Modality.OBJECT, sentence(surest), round(_mean(surest), 4), source, boxes)
            )
        first = at
    return records


def sentence(objects: Sequence[Detection]) -> str:
    """Counts, places and relations of the objects on one frame.

    >>> person = Detection("person", 0.9, Box(0.0, 0.2, 0.2, 0.9))
    >>> dog = Detection("dog", 0.8, Box(0.4, 0.4, 0.6, 0.9))
    >>> sentence([person, dog])
    '1 dog, 1 person: a dog in the middle, a person at the left; a person left of a dog'
    """
    numbers = dict(_numbers(objects))
    places = Counter((detection.label, place(detection.box)) for detection in objects)
    stated = sorted(places, key=lambda item: (-numbers[item[0]], item))[:PLACES]
    where = ", ".join(f"{_some(label, places[label, at])} {at}" for label, at in stated)
    related = "; ".join(relations(objects))
    return f"{counted(numbers)}: {where}" + (f"; {related}" if related else "")


def counted(numbers: Mapping[str, int]) -> str:
    """Numbers of objects in words, the most numerous first.

    >>> counted({"dog": 1, "person": 2})
    '2 people, 1 dog'
    """
    return ", ".join(_several(label, n) for label, n in sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def counts(text: str) -> dict[str, int]:
    """The number of each COCO label that a sentence of this module states.

    >>> counts("2 people, 1 dog: 2 people at the left, a dog in the middle")
    {'person': 2, 'dog': 1}
    """
    stated = (part.partition(" ") for part in text.partition(":")[0].split(", "))
    return {_labels()[name]: int(number) for number, _, name in stated if number.isdigit() and name in _labels()}


def place(box: Box) -> str:
    """Where on the picture, by the thirds of the frame that the box's centre lies in."""
    x, y = box.centre
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    down = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    return f"at the {down} {across}".replace("  ", " ").rstrip() if across or down else "in the middle"


def relations(objects: Sequence[Detection]) -> list[str]:
    """Statements about pairs of different kinds, the surest first: left of, right of, above, below, overlapping."""
    surest: dict[str, Detection] = {}
    for detection in sorted(objects, key=lambda detection: (-detection.score, detection.label)):
        surest.setdefault(detection.label, detection)
    kinds = list(surest.values())
    pairs = [(first, second) for at, second in enumerate(kinds) for first in kinds[:at]]
    stated = []
    for first, second in pairs:
        if (relation := _relation(first.box, second.box)) is not None:
            stated.append(f"{_some(first.label, 1)} {relation} {_some(second.label, 1)}")
    return stated[:RELATIONS]


def _relation(first: Box, second: Box) -> str | None:
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    if width > 0 and height > 0:
        smaller = min(first.area, second.area)
        return "overlapping" if width * height >= TOUCHING * smaller else None
    if width <= height:
        return "left of" if first.centre[0] < second.centre[0] else "right of"
    return "above" if first.centre[1] < second.centre[1] else "below"


Seen = list[tuple[Span, list[Detection]]]


def _settled(observations: Sequence[tuple[Span, Sequence[Detection]]]) -> Seen:
    """Observations with what was missed in between filled in, and what was hardly seen left out."""
    there: dict[Span, list[Detection]] = {span: [] for span, _ in observations}
    spans = list(there)
    position = {span: at for at, span in enumerate(spans)}
    for track in tracks(observations, gap=GAP):
        if len(track.seen) == 1 and track.score < PASSING and track.span.duration < GAP:
            continue
        found = dict(zip(track.spans, track.seen, strict=True))
        latest = track.seen[0]
        for span in spans[position[track.spans[0]] : position[track.spans[-1]] + 1]:
            latest = found.get(span, latest)
            there[span].append(latest)
    return list(there.items())


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


def _several(label: str, number: int) -> str:
    return f"{number} {label if number == 1 else plural(label)}"


def _some(label: str, number: int) -> str:
    if number > 1:
        return _several(label, number)
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"


@cache
def _labels() -> dict[str, str]:
    """COCO labels by their singular and plural names."""
    return {name: label for label in COCO_LABELS for name in (plural(label), label)}
