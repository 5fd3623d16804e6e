"""Batches by device, pictures written together, and a device that is kept busy."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_stages import Numbers, read
from made_videos import numbered, steady, write
from vidscout.bench.measure.device.busy import Busy
from vidscout.graphs.ingest import passes
from vidscout.graphs.ingest.stage import BATCHES, Cost, FrameStage, Sampling, Watched
from vidscout.graphs.ingest.stages.of_picture import thumbnails
from vidscout.graphs.ingest.stages.of_picture.thumbnails import AT_ONCE, Thumbnails
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.media.video import Frame, thumbnail
from vidscout.tools.runtime.backend import Tool

FRAMES = 192
DECODING = 0.002
"""Seconds that decoding a frame takes."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames with numbers, at five a second."""
    return write(tmp_path_factory.mktemp("long") / "film.mkv", steady(FRAMES / 5, 5))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as opened:
        yield opened


def kept(index: VideoIndex) -> list[float]:
    [video] = index.library.all()
    return index.frame_times(video.id).tolist()


def test_pictures_are_written_many_at_a_time(index: VideoIndex, film: Path, monkeypatch: pytest.MonkeyPatch):
    written: list[int] = []
    add = VideoIndex.add_frames

    def counted(self: VideoIndex, video: str, times: Sequence[float], *rest: Any) -> int:
        written.append(len(times))
        return add(self, video, times, *rest)

    monkeypatch.setattr(VideoIndex, "add_frames", counted)
    read(index, film, Thumbnails(Sampling(rate=5)))
    assert written == [AT_ONCE] * (FRAMES // AT_ONCE) == [64] * 3
    [video] = index.library.all()
    times = kept(index)
    assert len(times) == FRAMES
    assert all(index.thumbnail(video.id, at).stat().st_size > 500 for at in times)


def test_a_picture_that_cannot_be_made_costs_no_other(index: VideoIndex, film: Path, monkeypatch: pytest.MonkeyPatch):
    made: list[int] = []

    def broken(image: np.ndarray) -> bytes:
        made.append(len(made))
        if len(made) == 101:
            raise ValueError("this one cannot be made small")
        return thumbnail(image)

    monkeypatch.setattr(thumbnails, "thumbnail", broken)
    read(index, film, Thumbnails(Sampling(rate=5)))
    [video] = index.library.all()
    entry = index.library.journal.entry(video.id, "thumbnails")
    assert entry is not None
    assert [(failure.start, "made small" in failure.error) for failure in entry.failures] == [(20.0, True)]
    assert len(kept(index)) == FRAMES - 1
    read(index, film, Thumbnails(Sampling(rate=5)))
    assert len(kept(index)) == FRAMES, "what failed is made by the next reading"


class Device:
    """Does one thing at a time, each with a delay of its own; remembers for how many frames at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.busy = Busy()
        self.batches: dict[str, list[int]] = {}

    def work(self, name: str, frames: int, each: float) -> None:
        with self.lock, self.busy.working(name):
            self.batches.setdefault(name, []).append(frames)
            time.sleep(0.01 + each * frames)


class OnDevice(Tool[np.ndarray, int]):
    """A model on that device."""

    role = "captions"
    computes_on = "gpu"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def __init__(self, device: Device, label: str, each: float, at_once: int | None) -> None:
        super().__init__()
        self.device, self.label, self.each, self.at_once = device, label, each, at_once

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[np.ndarray]) -> list[int]:
        self.device.work(self.label, len(batch), self.each)
        return [0] * len(batch)


class Looks(FrameStage):
    """A stage whose model is on the device."""

    cost = Cost.MODEL

    def __init__(self, tool: OnDevice) -> None:
        self.tool = tool
        self.name = tool.label  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def fingerprint(self) -> str:
        return f"{self.name}/1"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        assert self.tool is not None
        self.tool.run([frame.image for frame in frames])
        return [b""] * len(frames)


def test_a_stage_on_a_gpu_gets_as_many_frames_as_keep_it_busy():
    tool = OnDevice(Device(), "vectors", 0.0, None)
    assert Looks(tool).batch == BATCHES["gpu"] == 64
    assert Looks(OnDevice(Device(), "vectors", 0.0, 32)).batch == 32


def test_a_device_stands_idle_for_less_than_a_sixth_of_a_reading(
    index: VideoIndex, film: Path, monkeypatch: pytest.MonkeyPatch
):
    device = Device()
    began: list[float] = []

    def decoded(*_: Any, **__: Any) -> Iterator[Frame]:
        """Frames in their time, without a codec, whose time would depend on who else is at work on this machine."""
        pictures = [numbered(number, 64, 48) for number in range(FRAMES)]
        began.append(time.perf_counter())
        for number, picture in enumerate(pictures):
            time.sleep(DECODING)
            yield Frame(number / 5, picture)

    monkeypatch.setattr(passes, "frames", decoded)
    models = {"vectors": 0.001, "objects": 0.002, "captions": 0.004}
    stages = [Looks(OnDevice(device, name, each, 32)) for name, each in models.items()]
    read(index, film, *stages, Numbers())
    assert device.batches == {name: [32] * (FRAMES // 32) for name in models}
    assert device.busy.idle_share(began[0]) <= 0.15
    work = sum(FRAMES // 32 * 0.01 + each * FRAMES for each in models.values())
    assert DECODING * FRAMES / (work + DECODING * FRAMES) > 0.2, "one after the other it would stand idle for longer"
    shares = device.busy.shares()
    assert shares["captions"] > shares["objects"] > shares["vectors"] > 0.1
    assert sum(shares.values()) == pytest.approx(1)


def test_overlapping_work_counts_once_and_gaps_count():
    busy = Busy()
    busy._work = [("a", 1.0, 3.0), ("b", 2.0, 4.0), ("a", 6.0, 7.0)]
    assert busy.idle_share(1.0) == pytest.approx(2 / 6)
    assert busy.idle_share(0.0, 10.0) == pytest.approx(6 / 10)
    assert busy.shares() == {"a": pytest.approx(0.6), "b": pytest.approx(0.4)}
