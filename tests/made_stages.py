"""Stages without models, for the videos of `made_videos`: one reads the numbers on the frames, one hears the clicks."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from made_videos import number_of
from vidscout.graphs.events import Progress
from vidscout.graphs.ingest.graph import build
from vidscout.graphs.ingest.stage import (
    AudioStage,
    Cost,
    Found,
    FrameStage,
    Sampling,
    Stage,
    Watched,
    packed,
    unpacked,
)
from vidscout.graphs.ingest.state import Ingest, IngestState
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.media.audio import SAMPLE_RATE, AudioChunk
from vidscout.tools.media.video import Frame
from vidscout.tools.payloads import Caption, Spoken, TextLines
from vidscout.tools.records import Modality, Record, Span
from vidscout.tools.runtime.backend import Tool
from vidscout.tools.runtime.counters import counting

SECONDS = 2
"""Length of a window in which clicks are counted."""


class Hashed(Tool[str, np.ndarray]):
    """A vector for each text, (8,), by its hash."""

    role = "text_embedding"
    name = "hashed-for-a-test"

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.size = size
        self.given: list[str] = []

    @property
    def source(self) -> str:
        return f"hashed/{self.size}"

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        self.given += batch
        return [np.frombuffer(hashlib.sha256(text.encode()).digest()[: self.size], np.uint8) - 127.5 for text in batch]


class Numbers(FrameStage):
    """One record a frame: the number that it carries."""

    name = "numbers"
    writes = (Modality.SCREEN_TEXT,)
    cost = Cost.FREE

    def __init__(self, option: str = "a", fails: Callable[[int], bool] = lambda number: False, wait: float = 0) -> None:
        self.option, self.fails, self.wait = option, fails, wait
        self.seen: list[int] = []

    @property
    def fingerprint(self) -> str:
        return f"numbers/{self.option}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        time.sleep(self.wait * len(frames))
        numbers = [number_of(frame.image) for frame in frames]
        self.seen += numbers
        if any(map(self.fails, numbers)):
            raise ValueError("this number\ncannot be read")
        return [packed(int, number) for number in numbers]

    def records(self, found: Found) -> list[Record]:
        return [
            Record.of(found.video, span, TextLines((f"{self.option} {unpacked(int, row)}",)), 1.0, self.fingerprint)
            for span, row in found.standing(self.name)
        ]


class Others(Numbers):
    """The same, under another name."""

    name = "others"


class Differences(Numbers):
    """By how much each number differs from the one before it."""

    name = "differences"
    sequential = True
    before = 0

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        super().observe(video, frames)
        [number] = [number_of(frame.image) for frame in frames]
        self.before, difference = number, number - self.before
        return [packed(int, difference)]

    def remind(self, video: Watched, frame: Frame, observed: bytes) -> None:
        self.before = number_of(frame.image)


class Clicks(AudioStage):
    """One record a window of two seconds: how many clicks are in it."""

    name = "clicks"
    writes = (Modality.SPEECH,)

    def __init__(self, fails: Callable[[float], bool] = lambda start: False, wait: float = 0) -> None:
        self.fails, self.wait = fails, wait
        self.heard: list[float] = []

    @property
    def fingerprint(self) -> str:
        return "clicks/1"

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        start, held = None, np.zeros(0, np.float32)
        for chunk in chunks:
            start = chunk.start if start is None else start
            held = np.concatenate([held, chunk.samples])
            while len(held) >= SECONDS * SAMPLE_RATE:
                yield AudioChunk(start, held[: SECONDS * SAMPLE_RATE])
                start, held = start + SECONDS, held[SECONDS * SAMPLE_RATE :]
        if start is not None and len(held) > SAMPLE_RATE / 10:  # a codec's padding is a few samples more or fewer
            yield AudioChunk(start, held)

    def observe(self, video: Watched, window: AudioChunk) -> list[tuple[float, Any]]:
        time.sleep(self.wait)
        self.heard.append(window.start)
        if self.fails(window.start):
            raise ValueError("this cannot be heard")
        middle = window.samples[SAMPLE_RATE // 2 : -SAMPLE_RATE // 2]  # those on the edges move by a sample
        loud = np.flatnonzero(np.abs(middle) > 0.2)
        clicks = int(np.count_nonzero(np.diff(loud) > SAMPLE_RATE // 4)) + bool(len(loud))
        return [(window.start, packed(tuple[float, int], (window.end, clicks)))]

    def records(self, found: Found) -> list[Record]:
        rows = ((start, *unpacked(tuple[float, int], row)) for start, row in found.observations(self.name))
        return [
            Record.of(found.video, Span(start, end), Spoken(f"{clicks} clicks from {start:g}"), 1.0, "clicks/1")
            for start, end, clicks in rows
        ]


class Total(Stage):
    """One record, from what `numbers` found."""

    name = "total"
    needs = ("numbers",)
    writes = (Modality.CAPTION,)
    cost = Cost.FREE

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    @property
    def fingerprint(self) -> str:
        return "total/1"

    def records(self, found: Found) -> list[Record]:
        if self.fails:
            raise ValueError("no total")
        said = [record.text for record in found.records("numbers")]
        text = f"{len(said)} numbers, the last is {said[-1] if said else 'none'}"
        return [Record.of(found.video, Span(0, found.duration), Caption(text), 1.0, self.fingerprint)]


def read(
    index: VideoIndex,
    path: Path,
    *stages: Stage,
    asked: Sequence[str] = (),
    again: bool = False,
    stop: threading.Event | None = None,
    see: Callable[[Progress], None] = lambda progress: None,
    embedding: Hashed | None = None,
) -> dict[str, Any]:
    """Read a video with these stages; the state in which the graph ended, with what it counted."""
    ingest = Ingest(
        library=index.library,
        journal=index.library.journal,
        index=index,
        stages=stages,
        text_embedding=embedding or Hashed(),
        sampling=Sampling(rate=5),
        asked=tuple(asked),
        again=again,
        stop=stop or threading.Event(),
    )
    state: Any = {}
    start = IngestState(str(path), index.library.identify(path))
    with counting() as counters:
        for mode, part in build(stages).compile().stream(start, context=ingest, stream_mode=["custom", "values"]):
            if mode == "values":
                state = part
            elif isinstance(part, Progress):
                see(part)
    return {**state, "counters": counters}
