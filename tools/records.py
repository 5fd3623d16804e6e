"""The nouns: what the tools write and the graphs read. Times are seconds from a video's first frame."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .geometry import Box, Span, clock
from .payloads import Appearance, Detection, Modality, ObjectCounts, Payload, Spoken, Tag, Track, Word
from .rendering import render

UNSEARCHED = frozenset({Modality.SHOT, Modality.TRACK, Modality.VOICE, Modality.PERSON})
"""Modalities whose records are read in order of time only."""
UNEMBEDDED = UNSEARCHED | {Modality.APPEARANCE}
"""Modalities whose records have no vector: looks are a handful of fixed words, by which they are found."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text that an OCR backend found on one frame."""

    text: str
    """Empty where the line was found and its script could not be read."""
    score: float
    box: Box
    script: str = ""
    """ISO 15924 code, where the backend tells it."""
    upright: bool = False
    """Whether it goes from top to bottom, its letters upright."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech and what was said in it."""

    span: Span
    text: str
    score: float
    """Mean token probability, 0..1."""
    words: tuple[Word, ...] = ()
    """In order, where the recogniser gives times to words."""
    language: str = ""
    """ISO 639-1 code, where it is known."""
    translation: str = ""
    """What it means in English, where that was asked for and it is in another language."""
    speaker: str = ""
    """Who says it, where it is known."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that one tool found in one video: `payload` says what, for logic; `text` says it in words."""

    video: str
    span: Span
    modality: Modality
    text: str
    score: float
    """Confidence in 0..1 as the tool reports it; not comparable between tools."""
    source: str
    """Tool and version, as in `faster-whisper/base.1`; part of the record's identity."""
    boxes: tuple[Box, ...] = ()
    """Where on the picture, when the modality has a place."""
    payload: Payload | None = None

    @classmethod
    def of(
        cls, video: str, span: Span, payload: Payload, score: float, source: str, boxes: tuple[Box, ...] = ()
    ) -> "Record":
        """A finding with its text, as `rendering.py` puts it."""
        return cls(video, span, payload.modality, render(payload), score, source, boxes, payload)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the objects that it counts or follows; empty for other findings."""
        match self.payload:
            case ObjectCounts(numbers):
                return tuple(label for label, _ in numbers)
            case Track(label) | Appearance(label):
                return (label,)
            case _:
                return ()

    @property
    def id(self) -> str:
        """A hash of what the record says, so that writing it twice changes nothing."""
        said = (self.video, f"{self.span.start:.3f}", f"{self.span.end:.3f}", self.modality, self.text, self.source)
        return hashlib.blake2b("\x1f".join(said).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class FrameRef:
    """A frame that was kept: its time names the thumbnail, `score` says how well it fits the question."""

    video: str
    time: float
    score: float = 0.0
    thumbnail: Path | None = None


P = TypeVar("P", bound=Payload)


def of_kind(records: Iterable[Record], kind: type[P]) -> Iterator[tuple[Record, P]]:
    """The records whose payload is of one kind, each with its payload.

    >>> said = Record.of("v", Span(0, 2), Spoken("Hello."), 0.9, "demo/1")
    >>> [(record.span.start, spoken.text) for record, spoken in of_kind([said], Spoken)]
    [(0, 'Hello.')]
    """
    for record in records:
        if isinstance(record.payload, kind):
            yield record, record.payload


def in_order(records: Iterable[Record]) -> list[Record]:
    """Records by time, then modality and text: the one order in which timelines and prompts show them."""
    return sorted(records, key=lambda record: (record.span, record.modality, record.text))


__all__ = [
    "UNEMBEDDED",
    "UNSEARCHED",
    "Box",
    "Detection",
    "FrameRef",
    "Modality",
    "Record",
    "Span",
    "Spoken",
    "Tag",
    "TextLine",
    "Utterance",
    "clock",
    "in_order",
    "of_kind",
]
