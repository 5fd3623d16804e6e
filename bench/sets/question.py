"""One question type for every set, whoever made it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A line of a set's own subtitles."""

    start: float
    """Seconds."""
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a video: by options, or open where it has none."""

    id: str
    """Unique within its set; with the try, where options are turned."""
    group: str
    """The same for all tries of one question."""
    video: Path
    question: str
    options: tuple[str, ...]
    answer: str
    """Letter of the right option; of an open question the answer that its authors wrote."""
    type: str
    turn: int = 0
    """Which try of the question this is, from 0: each has the options in another order."""
    length: float | str = ""
    """Seconds of the video, or the name of its length group."""
    seed: int | None = None
    needle_time: tuple[float, ...] = ()
    """Seconds at which what must be found begins."""
    needle_end: tuple[float, ...] = ()
    medium: str = ""
    """How it reaches whoever watches: `text`, `speech`, `photo`, `drawn`; empty when the set does not say."""
    subtitles: tuple[Subtitle, ...] = ()
    together: str = ""
    """The same for questions that are scored together, where one alone has no score; empty elsewhere."""
    set: str = ""
    """The name of the public set that it is of, by whose rule it is scored."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """What that rule needs to know of it, beside type and length; must be JSON."""


Loader = Callable[[Path, bool], list[Question]]
"""Reads a folder; the flag allows questions whose video is missing to be left out."""
