"""What the detector saw, in words: typed sentences about number, place and relation, as in a scene graph."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from .records import Box, Detection, Modality, Record, Span

FLICKER = 1.5
"""Seconds for which counts may differ without ending a record: a detector loses an object for a frame or two."""
MOST_RELATIONS = 3
"""Relations named in one sentence."""

PLURALS = {"person": "people", "mouse": "mice", "knife": "knives", "sheep": "sheep", "scissors": "scissors"}
PLURALS |= {"skis": "skis", "broccoli": "broccoli"}


def plural(label: str) -> str:
    """
    >>> plural("person"), plural("bus"), plural("traffic light")
    ('people', 'buses', 'traffic lights')
    """
    if label in PLURALS:
        return PLURALS[label]
    return label + ("es" if label.endswith(("s", "x", "ch", "sh")) else "s")


def counted(label: str, number: int) -> str:
    return f"{number} {label if number == 1 else plural(label)}"


def counts(sentence: str) -> dict[str, int]:
    """How many of each object a sentence made here speaks of.

    >>> counts("2 people, 1 bicycle; a person at the left, a bicycle left of a person")
    {'person': 2, 'bicycle': 1}
    """
    from .objects import COCO_LABELS

    singular = {plural(label): label for label in COCO_LABELS} | {label: label for label in COCO_LABELS}
    found = re.findall(r"(?:^|, )(\d+) ([a-z ]+)", sentence.split(";")[0])
    return {singular[name.strip()]: int(number) for number, name in found if name.strip() in singular}


def number_of(detections: Sequence[Detection]) -> dict[str, int]:
    """How many of each label, the most frequent first."""
    return dict(sorted(Counter(d.label for d in detections).items(), key=lambda pair: (-pair[1], pair[0])))


def place(box: Box) -> str:
    """Which third of the picture the middle of a box is in.

    >>> place(Box(0, 0, 0.2, 0.2)), place(Box(0.4, 0.4, 0.6, 0.6))
    ('at the top left', 'in the middle')
    """
    x, y = box.centre
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    down = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    where = f"{down} {across}".strip()
    return f"at the {where}" if where else "in the middle"


def relation(first: Box, second: Box) -> str:
    """Where the first box is, seen from the second.

    >>> relation(Box(0, 0, 0.1, 0.1), Box(0.5, 0, 0.6, 0.1))
    'left of'
    """
    if first.overlap(second) > 0.1:
        return "overlapping"
    (x, y), (other_x, other_y) = first.centre, second.centre
    if abs(x - other_x) >= abs(y - other_y):
        return "left of" if x < other_x else "right of"
    return "above" if y < other_y else "below"


def a(label: str) -> str:
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"


def sentence(detections: Sequence[Detection]) -> str:
    """Counts first, then where each object is and how unlike neighbours stand to each other."""
    numbers = ", ".join(counted(label, number) for label, number in number_of(detections).items())
    best: dict[str, Detection] = {}
    for detection in sorted(detections, key=lambda d: -d.score):
        best.setdefault(detection.label, detection)
    shown = list(best.values())[:MOST_RELATIONS]
    places = [f"{a(d.label)} {place(d.box)}" for d in shown]
    relations = [
        f"{a(first.label)} {relation(first.box, second.box)} {a(second.label)}"
        for first, second in pairwise(shown)
    ]
    return f"{numbers}; {', '.join([*places, *relations])}"


def object_records(video: str, observations: Iterable[tuple[Span, Sequence[Detection]]], source: str) -> list[Record]:
    """A record for each stretch in which the same objects in the same numbers are seen.

    Args:
        observations: how long each kept frame's picture stood, and what was detected on it, in order of time.
    """
    records: list[Record] = []
    current: tuple[Span, Sequence[Detection]] | None = None
    for span, detections in observations:
        if not detections:
            continue
        if (
            current is not None
            and number_of(current[1]) == number_of(detections)
            and span.start - current[0].end <= FLICKER
        ):
            clearer = max(current[1], detections, key=lambda seen: sum(d.score for d in seen))
            current = Span(current[0].start, span.end), clearer
            continue
        if current is not None:
            records.append(_record(video, *current, source))
        current = span, detections
    if current is not None:
        records.append(_record(video, *current, source))
    return records


def _record(video: str, span: Span, detections: Sequence[Detection], source: str) -> Record:
    score = sum(d.score for d in detections) / len(detections)
    boxes = tuple(d.box for d in detections)
    return Record(video, span, Modality.OBJECT, sentence(detections), score, source, boxes)
