"""The nouns: what the tools write and the graphs read. Times are seconds from a video's first frame."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Modality(StrEnum):
    SPEECH = "speech"
    """What is said: one record an utterance."""
    SCREEN_TEXT = "screen_text"
    """What is written on the picture: one record for as long as a text stands there."""
    OBJECT = "object"
    """What the detector saw, as sentences about counts, places and relations."""
    FRAME = "frame"
    """What one kept frame looks like; found by frame–text similarity."""
    CAPTION = "caption"
    """A sentence about a shot; composed from the other records where the profile has no captioner."""
    SHOT = "shot"
    """A stretch between two cuts. Not searched; it gives the timeline its structure."""
    TRACK = "track"
    """One object for as long as it is there. Not searched: counted."""


UNSEARCHED = frozenset({Modality.SHOT, Modality.TRACK})
"""Modalities whose records are read in order of time only."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a video in seconds from its first frame; `end` is exclusive."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span runs forward from zero, got {self.start} to {self.end}")

    @property
    def duration(self) -> float:
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, time: float) -> bool:
        return self.start <= time < self.end


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box in fractions of the frame's width and height, 0..1, origin at the top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        return max(self.right - self.left, 0.0) * max(self.bottom - self.top, 0.0)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text that an OCR backend read on one frame."""

    text: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that a detector saw on one frame."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Tag:
    """One label that an image classifier gives a whole frame, with its probability."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech and what was said in it."""

    span: Span
    text: str
    score: float
    """Mean token probability, 0..1."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that one tool found in one video."""

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


def clock(seconds: float) -> str:
    """`m:ss`, or `h:mm:ss` from one hour on: how times are printed everywhere.

    >>> clock(31.6), clock(3725)
    ('0:31', '1:02:05')
    """
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def in_order(records: Iterable[Record]) -> list[Record]:
    """Records by time, then modality and text: the one order in which timelines and prompts show them."""
    return sorted(records, key=lambda record: (record.span, record.modality, record.text))
