"""Findings in words: one function a kind of payload, for full-text search, embeddings, prompts and people.

The text is part of a record's identity, so a change here gives new ids to everything that is read from then on. It is
not meant to be taken apart again: whatever needs a number, a label or a line reads the payload.
"""

from collections import Counter
from collections.abc import Sequence
from functools import singledispatch

from .geometry import Box, place
from .payloads import (
    Appearance,
    Caption,
    Change,
    Chapter,
    Detection,
    Labels,
    ObjectCounts,
    Person,
    Relation,
    Shot,
    Sound,
    Spoken,
    TextLines,
    Track,
    Voice,
)
from .plurals import counted, several

PLACES = 6
"""Places of objects stated at most."""
RELATIONS = 3
"""Relations between objects stated at most, between the surest."""
TOUCHING = 0.3
"""Share of the smaller box that the other must cover for two objects to overlap."""
QUOTED = 160
"""Characters that a composed caption quotes of one text."""


@singledispatch
def render(payload: object) -> str:
    """A payload's text.

    Raises:
        TypeError: there is no renderer for this kind of payload.
    """
    raise TypeError(f"{type(payload).__name__} has no renderer")


@render.register
def _(said: Spoken) -> str:
    forms = f" ({', '.join(said.forms)})" if said.forms else ""
    meaning = f" (in English: {said.translation})" if said.translation else ""
    return f"{said.text}{forms}{meaning}"


@render.register
def _(seen: Person) -> str:
    return f"{seen.label} is seen"


@render.register
def _(heard: Voice) -> str:
    return f"{heard.label} speaks"


@render.register
def _(heard: Sound) -> str:
    return f"[{heard.text}]"


@render.register
def _(written: TextLines) -> str:
    return " / ".join(written.lines)


@render.register
def _(found: ObjectCounts) -> str:
    numbers = counted(found.numbers)
    if not found.objects:
        return numbers
    related = "; ".join(relations(found.objects))
    return f"{numbers}: {', '.join(places(found.objects))}" + (f"; {related}" if related else "")


@render.register
def _(followed: Track) -> str:
    moving = f"moving {followed.direction}" if followed.direction else "staying in place"
    return f"{counted([(followed.label, 1)])}: {moving}"


CHANGES = {
    Change.APPROACHES: "approaches",
    Change.PARTS: "moves away from",
    Change.PASSES: "passes in front of",
    Change.ENTERS: "comes into the picture",
    Change.LEAVES: "leaves the picture",
}


@render.register
def _(told: Relation) -> str:
    if not told.other:
        return f"{_some(told.label, 1)} {CHANGES[told.change]}"
    other = f"another {told.other}" if told.other == told.label else _some(told.other, 1)
    return f"{_some(told.label, 1)} {CHANGES[told.change]} {other}"


@render.register
def _(seen: Appearance) -> str:
    colours = " and ".join(name for name, _ in seen.colours)
    parts = [
        f"{part} {' and '.join(name for name, _ in of)}"
        for part, of in (("upper body", seen.upper), ("legs", seen.lower))
        if of
    ]
    parts += [name for name, _ in seen.postures]
    thing = _some(f"{colours} {seen.label}" if colours else seen.label, 1)
    return f"{thing}: {', '.join(parts)}" if parts else thing


@render.register
def _(look: Labels) -> str:
    return ", ".join(look.names)


@render.register
def _(caption: Caption) -> str:
    sentences = [caption.text] if caption.text else []
    if caption.looks:
        sentences.append(f"Looks like: {', '.join(caption.looks)}.")
    if caption.numbers:
        sentences.append(f"Objects: {counted(caption.numbers)}.")
    if caption.texts:
        quotes = dict.fromkeys(f"“{_shortened(render(text))}”" for text in caption.texts)
        sentences.append(f"On screen: {', '.join(quotes)}.")
    return " ".join(sentences)


@render.register
def _(shot: Shot) -> str:
    return f"shot {shot.number}"


@render.register
def _(chapter: Chapter) -> str:
    return f"chapter {chapter.number}: {chapter.title}" if chapter.title else f"chapter {chapter.number}"


def places(objects: Sequence[Detection]) -> list[str]:
    """Where the objects on one frame are, the most numerous kind first."""
    numbers = Counter(detection.label for detection in objects)
    found = Counter((detection.label, place(detection.box)) for detection in objects)
    stated = sorted(found, key=lambda item: (-numbers[item[0]], item))[:PLACES]
    return [f"{_some(label, found[label, at])} {at}" for label, at in stated]


def relations(objects: Sequence[Detection]) -> list[str]:
    """Statements about pairs of different kinds, the surest first: left of, right of, above, below, overlapping.

    They are those of a scene graph (Krishna et al., 2017), read off the boxes.
    """
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


def _some(label: str, number: int) -> str:
    if number > 1:
        return several(label, number)
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTED else text[:QUOTED].rsplit(" ", 1)[0] + " …"
