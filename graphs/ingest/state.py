"""What the graph that reads videos works with, and what goes through it."""

import operator
import threading
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ...tools.errors import CancelledError
from ...tools.index.rows.stage_journal import StageJournal
from ...tools.index.videos import Library
from ...tools.perception.embeddings.once import EmbeddedOnce
from ...tools.runtime.backend import Tool
from ..events import merge
from .stage import FRAMES, Sampling, Stage, Watched

if TYPE_CHECKING:
    import numpy as np

    from ...tools.index.video_index import VideoIndex


@dataclass(frozen=True)
class Ingest:
    """What the nodes work with: built once, by whoever runs the graph."""

    library: Library
    journal: StageJournal
    index: "VideoIndex"
    stages: tuple[Stage, ...]
    """Those of the profile."""
    text_embedding: "Tool[str, np.ndarray]"
    sampling: Sampling
    asked: tuple[str, ...] = ()
    """Stages to run; by default those that are missing or have failures."""
    again: bool = False
    """Run them although they are done."""
    track_asked: bool = False
    """Somebody said for this video which audio track to listen to: it is kept, and what listened to another one reads
    the video anew."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from outside to end the work at the next batch."""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Of this reading: `tools/index/rows/reading_token.py`."""
    failed: threading.Event = field(default_factory=threading.Event)
    """Set where one source cannot be read on: the others should not go on for an hour."""

    @cached_property
    def embedded(self) -> EmbeddedOnce:
        """The text embedding, given each text once a reading."""
        return EmbeddedOnce(self.text_embedding)

    def goes_on(self) -> bool:
        """Whether to read on; where another thread has failed, its error is the one to tell.

        Raises:
            CancelledError: somebody has stopped the reading.
        """
        if self.stop.is_set():
            raise CancelledError("reading was stopped; run it again to go on from here")
        return not self.failed.is_set()


@dataclass
class IngestState:
    """Which video, and what reading it gave. References only; findings go to the library."""

    path: str
    video: str
    """Content id of the file."""
    file: tuple[int, int, int] | None = None
    """Size in bytes, time of change in nanoseconds and inode of the file when reading it began."""
    duration: float = 0.0
    due: list[str] = field(default_factory=list)
    """The stages that are run."""
    about: list[str] = field(default_factory=list)
    """What the file itself lacks, in notes."""
    already_read: bool = False
    added: Annotated[int, operator.add] = 0
    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)

    def watched(self, ingest: Ingest) -> Watched:
        """The video as a stage is told of it."""
        return Watched(self.video, Path(self.path), self.duration, ingest.index)

    def observing(self, ingest: Ingest, source: str = FRAMES) -> list[Stage]:
        """The stages that are run and observe a source."""
        return [stage for stage in ingest.stages if stage.name in self.due and stage.source == source]
