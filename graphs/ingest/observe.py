"""One stage observes its source: batch by batch, each written down with the stage's position and its failures."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ...tools.errors import (
    BackendUnavailableError,
    CancelledError,
    HomeError,
    ServingError,
    SupersededError,
    WeightsError,
)
from ...tools.index.rows.stage_journal import NOWHERE, Failure, Row, StageEntry
from ...tools.media.audio import AudioChunk
from ...tools.media.video import Frame
from ...tools.runtime.cores import cores
from ..events import Progress
from .listening import Listening
from .sound import TracksApart, from_time, sound
from .stage import AudioStage, Cost, FileStage, FrameStage, Stage, Watched
from .state import Ingest, IngestState

SAMPLED_AT_ONCE = 64
"""A picture that stands still gives no kept frames; progress is told after this many sampled ones."""

MOST_SAMPLED = 4
"""A batch that is not full after so many times its size of sampled frames is observed as it is."""

BESIDE = 1e-6
"""Seconds by which the times differ under which what begins at one moment in several tracks is written down."""

ENDS_ALL = (WeightsError, BackendUnavailableError, HomeError, ServingError, CancelledError, SupersededError)
"""What the user must mend before anything can be read, or has asked for: it ends the reading. Anything else that a
stage raises is a failure of that stage on that part of the video."""

_turns = threading.BoundedSemaphore(max(cores() // 2, 1))
"""Models on the CPU that look at frames at the same time in this process; each takes all cores that it gets."""

Report = Callable[[Progress], None]


@dataclass
class Todo:
    """What a stage has still to observe of a video."""

    failed: tuple[Failure, ...] = ()
    """Parts that it failed on before."""
    position: float | None = None
    """Seconds up to which it has been; None where it has not begun."""
    rest: bool = True
    """Whether it has still to go on from there."""

    @classmethod
    def of(cls, entry: StageEntry) -> "Todo":
        """By what the journal has."""
        failed = tuple(part for part in entry.failures if part.start != NOWHERE)
        return cls(failed, entry.position, not entry.observed)

    def wants(self, time: float) -> bool:
        """Whether the frame at a time in seconds is to be observed."""
        if self.rest and (self.position is None or time > self.position):
            return True
        return any(part.start <= time <= part.end for part in self.failed)

    @property
    def start(self) -> float:
        """Seconds at which to begin: at the last frame that was kept, so that the next has the same neighbour."""
        begins = [part.start for part in self.failed]
        return min([*begins, self.position or 0.0] if self.rest else begins, default=0.0)

    @property
    def end(self) -> float:
        """Seconds after which nothing is left to observe."""
        return float("inf") if self.rest else max((part.end for part in self.failed), default=0.0)


@dataclass
class Observer:
    """What observing a video with one stage needs: where to write, whom to tell, and what it took."""

    state: IngestState
    ingest: Ingest
    stage: Stage
    report: Report
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What the stage has to tell of the video."""
    broken: bool = False
    """Whether it could not go on in the middle of its source."""

    @property
    def video(self) -> Watched:
        return self.state.watched(self.ingest)

    def tell(self, done: float) -> None:
        """Report how far the stage has come, in seconds of video."""
        total = self.state.duration
        self.report(Progress(self.state.video, self.stage.name, min(done, total), total))

    def attempt(self, work: Callable[[], Sequence[Any]], parts: Sequence[tuple[float, float]], position: float) -> None:
        """Observe some parts of the video and write down what was found there, or that it failed."""
        error = ""
        rows: Sequence[Any] = ()
        with self.turn():
            began = time.perf_counter()
            try:
                rows = work()
            except ENDS_ALL:
                raise
            except Exception as failure:
                error = " ".join(f"{type(failure).__name__}: {failure}".split())
            finally:
                self.add(self.stage.name, time.perf_counter() - began)
        began = time.perf_counter()
        self.ingest.journal.append(self.state.video, self.stage.name, rows, position, parts, error)
        self.add("store", time.perf_counter() - began)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one of the turns on the CPU, where the stage looks at frames with a model that computes there."""
        stage = self.stage
        takes = isinstance(stage, FrameStage) and stage.cost is Cost.MODEL
        on_cpu = takes and (stage.tool is None or stage.tool.computes_on == "cpu")
        with _turns if on_cpu else nullcontext():
            yield

    def add(self, what: str, seconds: float) -> None:
        """Add to what the reading took."""
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds


Sampled = tuple[float, Frame | None]
"""A sampled frame's time in seconds, and the frame, unless it looks like the kept one before it."""


def look(observer: Observer, stage: FrameStage, todo: Todo, sampled: Iterable[Sampled]) -> None:
    """Observe the frames that a stage has still to see, in batches of its size."""
    known: dict[float, bytes] = {}
    if stage.sequential:
        rows = observer.ingest.journal.observations(observer.state.video, stage.name, todo.start - 1e-6)
        known = dict(rows)
    batch: list[Any] = []
    size = stage.batch
    most = max(SAMPLED_AT_ONCE, MOST_SAMPLED * size)
    waited = 0
    for at, frame in sampled:
        waited += 1
        if frame is not None and todo.wants(at):
            began = time.perf_counter()
            try:
                batch.append(stage.reduced(frame))
            except Exception as error:
                _look_at(observer, stage, batch)
                batch = []
                observer.attempt(partial(_failed, error), [(at, at)], at)
            observer.add(stage.name, time.perf_counter() - began)
        elif frame is not None and at in known:
            stage.remind(observer.video, frame, known[at])
        if len(batch) >= size or waited >= most:
            _look_at(observer, stage, batch)
            batch, waited = [], 0
            observer.tell(at)
        elif waited % SAMPLED_AT_ONCE == 0:
            observer.tell(at)
    _look_at(observer, stage, batch)


def _failed(error: Exception) -> list[Any]:
    raise error


def _look_at(observer: Observer, stage: FrameStage, batch: Sequence[Any]) -> None:
    if not batch or not observer.ingest.goes_on():
        return
    times = [frame.time for frame in batch]

    def work() -> list[tuple[float, bytes]]:
        return list(zip(times, stage.observe(observer.video, batch), strict=True))

    observer.attempt(work, [(at, at) for at in times], times[-1])


def listen(observer: Observer, stage: AudioStage, todo: Todo, chunks: Iterable[AudioChunk], heard: Listening) -> None:
    """Observe the sound from a stage's position on, after the windows that it failed on before."""
    for part in todo.failed:
        apart = TracksApart(heard)
        for window in stage.windows(apart.passing(sound(observer.video.path, heard, part.start))):
            _listen_to(observer, stage, window, apart)
            if window.end >= part.end or not observer.ingest.goes_on():
                break
    if todo.rest:
        apart = TracksApart(heard)
        for window in stage.windows(apart.passing(from_time(chunks, todo.position or 0.0))):
            _listen_to(observer, stage, window, apart)
            observer.tell(window.end)


def _listen_to(observer: Observer, stage: AudioStage, window: AudioChunk, apart: TracksApart) -> None:
    if not observer.ingest.goes_on():
        return
    tracks = [replace(track, video=observer.state.video) for track in apart.of(window)]

    def work() -> list[Row]:
        return [
            (time + number * BESIDE, observed)
            for number, track in enumerate(tracks)
            for time, observed in stage.observe(observer.video, track)
        ]

    observer.attempt(work, [(window.start, window.end)], window.end)


def read_file(observer: Observer, stage: FileStage) -> None:
    """Observe the file itself, at once."""
    duration = observer.state.duration

    def work() -> list[Row]:
        observer.notes = stage.about(observer.video)
        return stage.observe(observer.video)

    observer.attempt(work, [(0.0, duration)], duration)
