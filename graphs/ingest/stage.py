"""A stage: one way of finding something in a video, as speech recognition or the search for cuts.

Adding one takes a module in a room of `stages/`, named like the stage, with a function `stage(parts) -> Stage`; its
name in a profile; and, where it finds something of a new kind, a payload with its renderer (`tools/payloads.py`).

A stage *observes* its source as it passes: frames, sound, or the file itself. What it observes is written down as
bytes by time (`tools/index/rows/stage_journal.py`), so that a killed reading goes on from there. At its end the stage
makes records from everything that was written down, once, so that they do not depend on how often it was interrupted. A
stage without a source makes its records from what other stages found.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import TypeAdapter

from ...tools.media.audio import AudioChunk
from ...tools.media.hardware import Decoder
from ...tools.media.video import Frame
from ...tools.records import Modality, Record, Span
from ...tools.runtime.backend import Tool

if TYPE_CHECKING:
    from ...tools.index.rows.stage_journal import Row
    from ...tools.index.video_index import VideoIndex

FRAMES, AUDIO, FILE = "frames", "audio", "file"
SOURCES = (FRAMES, AUDIO, FILE)
"""What a stage can observe. Each is read once for all the stages that need it."""

BATCHES = {"cpu": 4, "elsewhere": 8, "gpu": 64}
"""Frames that a stage gets at once, by where its tool computes, where the tool says no number of its own
(`Tool.at_once`). On a CPU more in a batch are no faster, and cost memory; a replica on a cluster takes 8 requests
together (`ray_serve.Placement.batch`); a GPU is idle with less."""

Value = TypeVar("Value")


class Cost(StrEnum):
    """What a stage takes where its tool runs on the CPU."""

    FREE = "free"
    """No model: milliseconds an input."""
    MODEL = "model"
    """A model: those of several stages take turns on the cores."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the sources are read."""

    rate: float = 1.0
    """Frames a second."""
    longest_side: int = 1280
    """Pixels of a frame, at most."""
    audio_track: str = "auto"
    """Which track is listened to: `auto`, a number from 0, a language, or `all`; `listening.py`."""
    language: str | None = None
    """That is spoken, where somebody said so."""
    speakers: int | None = None
    """How many people speak, where somebody said so."""
    skip_bad: bool = False
    """Whether frames are left out that are blurred, noisy, black or full of blocks (`quality/score.py`)."""
    decoder: Decoder = "auto"
    """Where pictures are decoded, which are the same everywhere."""

    @property
    def frames(self) -> str:
        """How frames are read, as part of a fingerprint."""
        left_out = ", bad ones left out" if self.skip_bad else ""
        return f"{self.rate:g} fps, {self.longest_side} px{left_out}"


@dataclass(frozen=True)
class Parts:
    """What stages are made from: a profile's tools, and how its sources are read."""

    role: Callable[[str], Any]
    """The backend that plays a role; raises `UsageError` where the profile has nobody for it."""
    optional: Callable[[str], Any]
    """The same, or None."""
    sampling: Sampling
    names: tuple[str, ...]
    """The stages of the profile."""

    def of(self, *stages: str) -> tuple[str, ...]:
        """Those of these stages that the profile has: what a stage needs where it is there."""
        return tuple(stage for stage in stages if stage in self.names)


@dataclass(frozen=True, slots=True)
class Watched:
    """The video that a stage observes."""

    id: str
    path: Path
    duration: float
    """Seconds."""
    index: "VideoIndex"
    """Where kept frames go; of a reading on a cluster, only what adds to it is there."""


@dataclass(frozen=True)
class Found:
    """What a stage makes its records from."""

    video: str
    duration: float
    """Seconds."""
    index: "VideoIndex"
    observations: "Callable[[str], Iterator[Row]]"
    """What a stage, by name, has written down, in order of time."""

    def standing(self, stage: str) -> Iterator[tuple[Span, bytes]]:
        """What a stage wrote down of each kept frame, with the stretch for which that frame's picture stood."""
        return standing(self.observations(stage), self.duration)

    def records(self, stage: str) -> list[Record]:
        """The records of another stage, in order of time."""
        return self.index.records_by(self.video, stage)


class Stage(ABC):
    """One way of finding something in a video."""

    name: ClassVar[str]
    needs: tuple[str, ...]
    """At most one of `SOURCES`, and the names of stages from whose findings it makes its own."""
    writes: ClassVar[tuple[Modality, ...]] = ()
    """The kinds of records that it makes."""
    cost: ClassVar[Cost] = Cost.MODEL
    tool: Tool[Any, Any] | None = None
    """The model that does the work, where there is one."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Tool, version and options: when it changes, a video that was read by this stage is to be read by it again."""

    def records(self, found: Found) -> list[Record]:
        """Everything that the stage found, merged over time. May write to the index what is no record."""
        return []

    @property
    def source(self) -> str | None:
        """Which of `SOURCES` it observes."""
        return next((need for need in self.needs if need in SOURCES), None)

    @property
    def after(self) -> tuple[str, ...]:
        """The stages whose findings it needs."""
        return tuple(need for need in self.needs if need not in SOURCES)


class FrameStage(Stage):
    """Observes the frames that differ from the one before them."""

    needs = (FRAMES,)
    sequential: bool = False
    """Whether what it says of a frame depends on the kept frame before it."""

    @property
    def batch(self) -> int:
        """Frames that it takes at once."""
        if self.sequential or self.tool is None:
            return 1 if self.sequential else BATCHES["cpu"]
        return self.tool.at_once or BATCHES[self.tool.computes_on]

    @property
    def waiting(self) -> int:
        """Frames that are held while a batch fills."""
        return self.batch

    def reduced(self, frame: Frame) -> Any:
        """What is held of a frame until its batch is full, and then observed; it has the frame's `time`."""
        return frame

    @abstractmethod
    def observe(self, video: Watched, frames: Sequence[Any]) -> list[bytes]:
        """What is to be written down of each frame, as `reduced` left it; they are in order of time."""

    def remind(self, video: Watched, frame: Frame, observed: bytes) -> None:
        """Told of a frame that was observed before the reading was interrupted, where the stage is sequential."""


class AudioStage(Stage):
    """Observes the sound, in windows of its own choice."""

    needs = (AUDIO,)

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """Cut a stream of sound anew. A window's start must be all that decides where it ends."""
        yield from chunks

    @abstractmethod
    def observe(self, video: Watched, window: AudioChunk) -> "list[Row]":
        """What is to be written down of a window, each with its time in seconds."""


class FileStage(Stage):
    """Observes the file itself, as its subtitles."""

    needs = (FILE,)
    cost = Cost.FREE

    @abstractmethod
    def observe(self, video: Watched) -> "list[Row]":
        """What is to be written down of the file, each with its time in seconds."""

    def about(self, video: Watched) -> list[str]:
        """What is to be told of the file, in notes."""
        return []

    def outdated(self, path: Path, found: Found) -> bool:
        """Whether what lies beside the file has changed since the stage read it."""
        return False


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def packed(kind: Any, value: Any) -> bytes:
    """A value of a type that pydantic knows, as it is written down."""
    return _adapter(kind).dump_json(value)


def unpacked(kind: "type[Value]", row: bytes) -> Value:
    """What was written down, as a value of that type."""
    return _adapter(kind).validate_json(row)


def standing(rows: "Iterable[Row]", duration: float) -> Iterator[tuple[Span, Any]]:
    """What was observed of each kept frame, with the stretch for which its picture stood: until the next, or the end.

    Args:
        rows: by time, in order.
        duration: of the video, in seconds.
    """
    shown: Row | None = None
    for time, observed in rows:
        if shown is not None:
            yield Span(shown[0], time), shown[1]
        shown = time, observed
    if shown is not None:
        yield Span(shown[0], max(shown[0], duration)), shown[1]
