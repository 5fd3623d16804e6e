"""The state of the graph that describes a video, and what its nodes work with."""

import operator
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from ...tools.errors import CancelledError
from ...tools.records import Record, Span
from ...tools.videollm.interface import VideoLLM
from ..events import merge
from .extract import Spoken
from .material import Material
from .results import Chapter, Item, Length, Note, Scene, Sentence, Style

if TYPE_CHECKING:
    import numpy as np

    from ...tools.index.video_index import VideoIndex
    from ...tools.runtime.backend import Tool


MADE_OF = {Style.SUMMARY: Sentence, Style.NOTES: Note, Style.STORY: Scene}
"""What each style that is made chapter by chapter consists of."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What was made of one chapter, by its number."""

    number: int
    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()


@dataclass
class DescribeState:
    """The graph's state; reducers add what the chapters' branches bring."""

    video: str
    span: Span
    """The stretch that is described."""
    style: Style
    length: Length = Length.PARAGRAPH
    every: float | None = None
    """Seconds that each caption covers; by default the shots."""
    material: Material | None = None
    chapters: list[Chapter] = field(default_factory=list)
    digests: Annotated[list[Digest], operator.add] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    """What the style asks for, in order of time."""
    remarks: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One chapter, as a branch of its own is given it."""

    video: str
    number: int
    of: int
    chapter: Chapter
    material: Material
    spoken: Spoken
    style: Style
    length: Length
    sentences: int
    """That a summary takes from it at most."""
    words: float
    """Likewise."""


@dataclass(frozen=True)
class Describing:
    """What the nodes work with."""

    index: "VideoIndex"
    text_embedding: "Tool[str, np.ndarray]"
    writer: VideoLLM | None = None
    """Writes summaries in its own words; without one they are quoted."""
    language: str = ""
    """In which the writer writes, by its English name; by default what is spoken."""
    told_in: str = ""
    """ISO 639-1 code of the language of fixed words; by default English."""
    stored: Callable[[str, Any], Any] = lambda key, kind: None
    """What an earlier description kept under a key, as the type that is given; `None` where it kept nothing."""
    store: Callable[[str, Any, Any], None] = lambda key, kind, value: None
    """Keeps a value of a type for later ones."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the description any more."""

    def goes_on(self) -> None:
        """Raise where the work is to end.

        Raises:
            CancelledError: `stop` was set.
        """
        if self.stop.is_set():
            raise CancelledError("the description was given up")

    def seen(self, video: str, span: Span) -> list[Record]:
        """What was found in a stretch, but for tracks and shots."""
        from .captions import USED

        return self.index.timeline(video, USED, span)
