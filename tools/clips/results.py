"""What was cut out of a video, and the file that it was made into."""

from dataclasses import dataclass, field
from pathlib import Path

from ..geometry import Span


@dataclass(frozen=True, slots=True)
class Cut:
    """One stretch that was cut out, in seconds of the source."""

    asked: Span
    span: Span
    """What the clip really has of it: where it was not encoded anew it begins with a key frame."""
    at: float
    """Seconds in the clip at which it begins."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What was made."""

    path: Path
    cuts: tuple[Cut, ...]
    duration: float
    """Seconds; of a contact sheet 0."""
    reencoded: bool
    beside: Path | None = None
    """The subtitles that were written beside it."""
    notes: tuple[str, ...] = field(default=())
