"""A sentence about each shot, composed from what the other tools found: what stands in for a captioner.

It says nothing that its records do not say, but says it together, so that a question about a scene finds the scene.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ...records import Modality, Record, Span
from ..objects.scene_graph import counted, counts

SOURCE = "composed/1"
"""Marks a caption as put together from other records rather than seen by a model."""
LONGEST = 60.0
"""Seconds of a shot that one caption describes at most; a longer shot has several."""
LOOKS = 3
TEXTS = 6
"""Things named at most of each kind, those longest in the shot first."""
QUOTED = 160
"""Characters quoted of one text."""


def captions(
    video: str, shots: Iterable[Span], *, looks: Sequence[Record], objects: Sequence[Record], texts: Sequence[Record]
) -> list[Record]:
    """One caption a shot, or one a minute of a long shot; none where nothing was found.

    Args:
        video: content id.
        shots: in order of time.
        looks: records of what frames look like, as `tags.frame_records` makes them.
        objects: records of what was detected, as `scene_sentences.object_records` makes them.
        texts: records of screen text.
    """
    parts = [part for shot in shots for part in _portions(shot)]
    found = zip(_within(parts, looks), _within(parts, objects), _within(parts, texts), strict=True)
    return [
        Record(video, part, Modality.CAPTION, caption, score, SOURCE)
        for part, (seen, detected, read) in zip(parts, found, strict=True)
        for caption, score in _composed(part, seen, detected, read)
    ]


def _composed(
    part: Span, looks: Sequence[Record], objects: Sequence[Record], texts: Sequence[Record]
) -> list[tuple[str, float]]:
    labels = dict.fromkeys(label for record in _longest(part, looks) for label in record.text.split(", "))
    most: dict[str, int] = {}
    for record in objects:
        for label, number in counts(record.text).items():
            most[label] = max(most.get(label, 0), number)
    shown = sorted(_longest(part, texts)[:TEXTS], key=lambda record: (record.span, record.text))
    sentences = []
    if labels:
        sentences.append(f"Looks like: {', '.join(list(labels)[:LOOKS])}.")
    if most:
        sentences.append(f"Objects: {counted(most)}.")
    if shown:
        quotes = dict.fromkeys(f"“{_shortened(record.text)}”" for record in shown)
        sentences.append(f"On screen: {', '.join(quotes)}.")
    used = [*looks, *objects, *texts]
    mean = sum(record.score for record in used) / len(used) if used else 0.0
    return [(" ".join(sentences), round(mean, 4))] if sentences else []


def _portions(shot: Span) -> list[Span]:
    """Equal parts of a shot, none longer than `LONGEST`."""
    number = max(-(-shot.duration // LONGEST), 1)
    step = shot.duration / number
    edges = [shot.start + step * at for at in range(int(number))] + [shot.end]
    return [Span(start, end) for start, end in pairwise(edges)]


def _within(parts: Sequence[Span], records: Iterable[Record]) -> list[list[Record]]:
    """For each of the parts, which follow each other, the records that overlap it."""
    waiting = sorted(records, key=lambda record: (record.span, record.text))
    current: list[Record] = []
    found: list[list[Record]] = []
    taken = 0
    for part in parts:
        while taken < len(waiting) and waiting[taken].span.start < part.end:
            current.append(waiting[taken])
            taken += 1
        current = [record for record in current if record.span.end > part.start]
        found.append(list(current))
    return found


def _longest(part: Span, records: Sequence[Record]) -> list[Record]:
    """Records by how long they last within a part, the longest first."""

    def shared(record: Record) -> float:
        return min(record.span.end, part.end) - max(record.span.start, part.start)

    return sorted(records, key=lambda record: (-round(shared(record), 3), record.span, record.text))


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTED else text[:QUOTED].rsplit(" ", 1)[0] + " …"
