"""What is known about a query while its stretches are looked for."""

import operator
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from ...tools.perception.embeddings.purposes import Query
from ...tools.records import Modality, Record, Span
from ..events import merge
from .asks import Sense, Which

if TYPE_CHECKING:
    import numpy as np

    from ...tools.index.video_index import VideoIndex
    from ...tools.perception.frames.encoders import FrameEncoder, Vectors
    from ...tools.runtime.backend import Tool


@dataclass(frozen=True)
class Sought:
    """A query as it is understood."""

    query: str
    topic: str
    """Its words that say what it is about."""
    quoted: tuple[str, ...]
    """Phrases in quotation marks: looked for word for word."""
    which: Which
    sense: Sense | None
    """None where that is unsure: then by all of them."""
    within: Span | None


@dataclass(frozen=True)
class Piece:
    """One thing in a video that may be what is sought: a sentence, a text on screen, a sound, what a frame shows."""

    span: Span
    modality: Modality
    text: str
    record: Record | None
    """The record that it is from; a frame that has no labels has none."""
    probability: float = 0.0
    """That it is what is sought, as `decision.toml` was fitted."""


@dataclass(frozen=True)
class Stretch:
    """A stretch in which what is sought holds."""

    video: str
    span: Span
    score: float
    """Of its surest piece, 0..1."""
    pieces: tuple[Piece, ...]
    """By what it was found, the surest first; none of a stretch in which something does not hold."""


@dataclass(frozen=True)
class Search:
    """What one branch looks through."""

    video: str
    duration: float
    sought: Sought


@dataclass
class GroundState:
    """The graph's state; reducers add what the branches bring."""

    query: str
    videos: list[str] = field(default_factory=list)
    durations: dict[str, float] = field(default_factory=dict)
    time_range: tuple[float, float] | None = None

    sought: Sought | None = None
    found: Annotated[list[Stretch], operator.add] = field(default_factory=list)
    """Of each video, where what is sought holds, in order of time."""
    stretches: list[Stretch] = field(default_factory=list)
    """Those that are wanted, best first."""
    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)


@dataclass(frozen=True)
class Grounding:
    """What the nodes work with."""

    index: "VideoIndex"
    text_embedding: "Tool[str, np.ndarray]"
    label_embedding: "Tool[str, np.ndarray]"
    frame_encoder: "FrameEncoder | None" = None
    every: float = 1.0
    """Seconds between two looks at the picture when videos were read."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits any more."""
    _vectors: "dict[str, np.ndarray]" = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def source(self) -> str:
        """Which text embedding makes the vectors."""
        return self.text_embedding.source

    def vector(self, text: str) -> "np.ndarray":
        """The vector of a text that is looked up, made once."""
        with self._lock:
            if text not in self._vectors:
                [self._vectors[text]] = self.text_embedding.run([Query(text)])
            return self._vectors[text]

    def frame_query(self, text: str) -> "Vectors":
        """What to search frames with for a text."""
        from ...tools.perception.frames.encoders import frame_query

        return frame_query(text, self.frame_encoder, self.label_embedding)
