"""What the graph that watches a live video works with, and what goes through it."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np

from ...tools.index.rows.stage_journal import Row
from ...tools.media.audio import SAMPLE_RATE, AudioChunk
from ...tools.media.live import Stretch
from ...tools.media.near_identical import NearIdentical
from ...tools.records import Record
from ..events import merge
from ..ingest.stage import Found, Stage
from ..ingest.state import Ingest
from .standing import Event, Standing

if TYPE_CHECKING:
    from ...tools.index.video_index import VideoIndex

WINDOW = 300.0
"""Seconds over which findings are merged. A stage makes the window's records anew after every stretch, so that this
bounds memory and work however long the watching lasts; what stands longer becomes a record a window."""
NOT_LIVE = frozenset({"faces", "appearance", "speakers", "captions", "speech_captions", "chapters", "subtitles"})
"""Stages that do not watch: they number people through a whole video, look at whole tracks or shots, or read the file
itself."""


@dataclass
class Window:
    """The stretch of a live video whose records are still made."""

    number: int
    start: float
    """Seconds."""
    looks_the_same: NearIdentical = field(default_factory=NearIdentical)
    heard: dict[str, "Heard"] = field(default_factory=dict)
    """The sound that each stage has not settled, by its name."""
    settled: dict[str, float] = field(default_factory=dict)
    """Seconds up to which stages that make no records have been told what was observed."""
    known: dict[str, set[str]] = field(default_factory=dict)
    """Ids of the records that each stage has made."""
    written: dict[str, list[Record]] = field(default_factory=dict)
    """The records that each stage wrote last."""

    def key(self, stage: str) -> str:
        """What a stage's records of this window are written under."""
        return f"{stage}@{self.number}"


@dataclass
class Heard:
    """Sound that a stage may still cut otherwise when more has come."""

    start: float = 0.0
    """Seconds."""
    samples: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def chunk(self) -> AudioChunk | None:
        """All of it; None where there is none."""
        return AudioChunk(self.start, self.samples) if len(self.samples) else None

    def add(self, chunk: AudioChunk) -> None:
        """Add what follows on; a gap is silence."""
        if not len(self.samples):
            self.start = chunk.start
        gap = round((chunk.start - self.start) * SAMPLE_RATE) - len(self.samples)
        between = np.zeros(max(gap, 0), np.float32)
        self.samples = np.concatenate([self.samples, between, chunk.samples[max(-gap, 0) :]])

    def forget(self, until: float) -> None:
        """Drop what stands before a time in seconds."""
        first = min(max(round((until - self.start) * SAMPLE_RATE), 0), len(self.samples))
        self.start, self.samples = self.start + first / SAMPLE_RATE, self.samples[first:]


@dataclass(frozen=True)
class Watching:
    """What the nodes work with: built once for as long as somebody watches."""

    ingest: Ingest
    """The stages, their journal and the index, as when a file is read."""
    window: Window
    standing: Standing | None = None
    """The questions that are told of; None where there are none."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that watch."""
        return self.ingest.stages


@dataclass
class WatchState:
    """One stretch, and what it gave."""

    video: str
    stretch: Stretch
    closes: bool = False
    """Whether the window ends with it."""
    hurry: bool = False
    """Whether more waits already: then sound that may still go on is listened to later."""

    sampled: list[tuple[float, Any]] = field(default_factory=list)
    """The frames' times, each with the frame unless it looks like the one before it."""
    added: Annotated[int, operator.add] = 0
    fresh: Annotated[list[Record], operator.add] = field(default_factory=list)
    """Records that were not there before."""
    events: list[Event] = field(default_factory=list)
    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)


class WindowIndex:
    """The index as a stage sees it that makes a window's records: what belongs to earlier windows stays."""

    def __init__(self, index: "VideoIndex") -> None:
        self._index = index

    def keep_frames(self, video: str, times: Sequence[float]) -> None:
        """Nothing: frames of earlier windows are not among these times."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


@dataclass(frozen=True)
class WindowFound(Found):
    """What a stage makes a window's records from."""

    window: Window

    def records(self, stage: str) -> list[Record]:
        return self.index.records_by(self.video, self.window.key(stage))


def found_in(watching: Watching, video: str, stage: Stage, end: float) -> WindowFound:
    """What a stage has observed in the window so far.

    Args:
        watching: who watches.
        video: the id.
        stage: makes its records. One that makes none is only told of what it has not been told before.
        end: seconds up to which something came.
    """
    window, ingest = watching.window, watching.ingest

    def observations(of: str) -> Iterator[Row]:
        since = window.start if stage.writes else window.settled.get(stage.name, window.start)
        yield from ingest.journal.observations(video, of, since - 1e-6)

    index = cast("VideoIndex", WindowIndex(ingest.index))
    return WindowFound(video, end, index, observations, window)
