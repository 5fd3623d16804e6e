"""A sentence about each shot, composed from what the other tools found: what stands in for a captioner.

It says nothing that its records do not say, but says it together, so that a question about a scene finds the scene.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ...payloads import Caption, Labels, ObjectCounts, TextLines, in_order_of_number
from ...records import Record, Span, of_kind

SOURCE = "composed/2"
"""Marks a caption as put together from other records rather than seen by a model."""
LONGEST = 60.0
"""Seconds of a shot that are looked at together; a longer shot has several captions, one for as long as what is shown
stays the same."""
LOOKS = 3
TEXTS = 6
"""Labels and texts at most, those longest in the shot first."""


def captions(
    video: str, shots: Iterable[Span], *, looks: Sequence[Record], objects: Sequence[Record], texts: Sequence[Record]
) -> list[Record]:
    """One caption a shot; a long shot has one for as long as each minute shows the same. None where nothing was found.

    Args:
        video: content id.
        shots: in order of time.
        looks: records of what frames look like, as `tags.frame_records` makes them.
        objects: records of what was detected, as `counts_over_time.object_records` makes them.
        texts: records of screen text.
    """
    of_shot = [(shot, part) for shot in shots for part in _portions(shot)]
    parts = [part for _, part in of_shot]
    described = []
    for part, *records in zip(parts, *(_within(parts, kind) for kind in (looks, objects, texts)), strict=True):
        if (caption := _composed(part, *records)) is not None:
            used = [record for kind in records for record in kind]
            mean = sum(record.score for record in used) / len(used)
            described.append(Record.of(video, part, caption, round(mean, 4), SOURCE))
    return _joined(described, {part.start: shot for shot, part in of_shot})


def _joined(described: Iterable[Record], shot_at: Mapping[float, Span]) -> list[Record]:
    """Captions of one shot that follow each other and say the same as one.

    Args:
        described: in order of time.
        shot_at: the shot in which the part that starts at a time lies.
    """
    joined: list[Record] = []
    for record in described:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.payload == record.payload
            and last.span.end == record.span.start
            and shot_at[record.span.start].start <= last.span.start
        ):
            whole = Span(last.span.start, record.span.end)
            score = (last.score * last.span.duration + record.score * record.span.duration) / whole.duration
            joined[-1] = replace(last, span=whole, score=round(score, 4))
        else:
            joined.append(record)
    return joined


def _composed(
    part: Span, looks: Sequence[Record], objects: Sequence[Record], texts: Sequence[Record]
) -> Caption | None:
    names = dict.fromkeys(name for _, labels in of_kind(_longest(part, looks), Labels) for name in labels.names)
    most: dict[str, int] = {}
    for _, found in of_kind(objects, ObjectCounts):
        for label, number in found.numbers:
            most[label] = max(most.get(label, 0), number)
    shown = sorted(_longest(part, texts)[:TEXTS], key=lambda record: (record.span, record.text))
    written = dict.fromkeys(lines for _, lines in of_kind(shown, TextLines))
    if not (names or most or written):
        return None
    return Caption(looks=tuple(names)[:LOOKS], numbers=in_order_of_number(most), texts=tuple(written))


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
