"""A sentence about each shot, composed from what other tools found: for profiles that have no captioner."""

from collections import Counter
from collections.abc import Sequence

from .records import Modality, Record, Span
from .scene_sentences import counts

SOURCE = "composed/1"
"""Marks a caption as composed: it says no more than the records it was made from."""
LABELS = 3
"""Most labels of the classifier that one caption names."""


def captions(
    video: str, shots: Sequence[Span], *, looks: Sequence[Record], objects: Sequence[Record], texts: Sequence[Record]
) -> list[Record]:
    """A caption for each shot in which anything was found.

    Args:
        looks, objects, texts: the video's records of the modalities `frame`, `object` and `screen_text`.
    """
    described = []
    for shot in shots:
        parts = [
            part
            for part in (
                _looks_like(_during(shot, looks)),
                _shows(_during(shot, objects)),
                _reads(_during(shot, texts)),
            )
            if part
        ]
        if parts:
            described.append(Record(video, shot, Modality.CAPTION, " ".join(parts), 0.5, SOURCE))
    return described


def _during(shot: Span, records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.span.overlaps(shot)]


def _looks_like(looks: Sequence[Record]) -> str:
    seconds: Counter[str] = Counter()
    for record in looks:
        for label in record.text.split(", "):
            seconds[label] += record.score * record.span.duration  # type: ignore[assignment]  # a Counter of seconds
    said = [label for label, _ in seconds.most_common(LABELS)]
    return f"Looks like: {', '.join(said)}." if said else ""


def _shows(objects: Sequence[Record]) -> str:
    most: dict[str, int] = {}
    for record in objects:
        for label, number in counts(record.text).items():
            most[label] = max(most.get(label, 0), number)
    return f"Seen: {', '.join(f'{number} {label}' for label, number in most.items())}." if most else ""


def _reads(texts: Sequence[Record]) -> str:
    said = list(dict.fromkeys(" ".join(record.text.split()) for record in texts))
    return f"On screen: {' '.join(f'“{text}”' for text in said)}." if said else ""
