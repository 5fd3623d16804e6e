"""Pictures decoded by a GPU: what is asked of FFmpeg, and what becomes of it where there is no GPU, as here."""

import ctypes
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.codec.hwaccel import HWAccel
from vidscout.tools.errors import MediaError, UsageError
from vidscout.tools.media import hardware
from vidscout.tools.media.hardware import Decoding, lacking
from vidscout.tools.media.video import frames
from vidscout.tools.runtime.notes import noting


@pytest.fixture
def fresh() -> Iterator[None]:
    lacking.cache_clear()
    yield
    lacking.cache_clear()


@pytest.fixture
def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose driver says that there is a GPU."""
    monkeypatch.setattr(hardware, "lacking", lambda: "")


def looked_at(path: Path, **options: Any) -> list[np.ndarray]:
    return [frame.image for frame in frames(path, 1.0, 160, end=3.0, **options)]


def test_without_a_gpu_auto_decodes_on_the_cpu_and_says_nothing(bunny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hardware, "lacking", lambda: "no NVIDIA GPU is here")
    monkeypatch.setattr(hardware, "HWAccel", None)  # whatever would ask for one fails
    with noting() as notes:
        found = looked_at(bunny, decoder="auto")
    assert notes == []
    assert all(map(np.array_equal, found, looked_at(bunny)))
    assert len(found) == 3


def test_nvdec_that_is_not_there_is_told_and_pictures_are_the_same(bunny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hardware, "lacking", lambda: "no NVIDIA GPU is here")
    with noting() as notes:
        found = looked_at(bunny, decoder="nvdec")
    assert notes == ["pictures were decoded on the CPU: no NVIDIA GPU is here"]
    assert all(map(np.array_equal, found, looked_at(bunny)))
    with pytest.raises(UsageError, match="there are auto, cpu, nvdec"):
        looked_at(bunny, decoder="cuda")


@pytest.mark.usefixtures("believed")
@pytest.mark.skipif(not lacking(), reason="there is a GPU")
def test_ffmpeg_is_asked_for_cuda_and_where_that_fails_the_cpu_decodes_with_a_note(
    bunny: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[Any] = []
    opened = av.open

    def open_and_tell(*arguments: Any, **named: Any) -> Any:
        asked.append(named.get("hwaccel"))
        return opened(*arguments, **named)

    expected = looked_at(bunny)
    monkeypatch.setattr(av, "open", open_and_tell)
    with noting() as notes:
        found = looked_at(bunny, decoder="auto")
    devices = [one for one in asked if one is not None]
    assert len(devices) == 1, "not asked for again once it has failed"
    assert isinstance(devices[0], HWAccel)
    assert not devices[0].is_hw_owned, "pictures come back to main memory"
    assert all(map(np.array_equal, found, expected))
    assert len(notes) == 1
    assert notes[0].startswith("pictures were decoded on the CPU: the GPU's decoder cannot be used")


@pytest.mark.usefixtures("believed")
def test_what_is_wrong_with_the_file_is_no_matter_of_the_gpu(tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    with noting() as notes, pytest.raises(MediaError, match="not a video"):
        Decoding("auto").open(broken)
    assert notes == []


@pytest.mark.usefixtures("believed")
@pytest.mark.parametrize(
    ("accelerated", "format_name", "told"),
    [(True, "nv12", 0), (True, "p010le", 0), (True, "yuv422p10le", 1), (False, "yuv420p", 1)],
)
def test_a_picture_that_the_gpu_did_not_decode_is_told_of_once(accelerated: bool, format_name: str, told: int):
    codec = SimpleNamespace(canonical_name="hevc")
    stream: Any = SimpleNamespace(
        codec=codec, codec_context=SimpleNamespace(is_hwaccel=accelerated, thread_count=0), thread_type="SLICE"
    )
    frame: Any = SimpleNamespace(format=SimpleNamespace(name=format_name), width=640, height=360)
    decoding = Decoding("auto", threads=3)
    decoding.prepare(stream)
    assert stream.codec_context.thread_count == (1 if accelerated else 3)
    with noting() as notes:
        decoding.see(frame, stream)
        decoding.see(frame, stream)
    assert len(notes) == told
    if told:
        assert notes[0].endswith(f"does not take hevc in {format_name} of 640×360")


class Driver:
    """NVIDIA's library, with so many GPUs."""

    def __init__(self, gpus: int) -> None:
        self.gpus = gpus

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return 0 if self.gpus else 100  # CUDA_ERROR_NO_DEVICE

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = self.gpus
        return 0


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("missing", "gpus", "says"),
    [("", 1, ""), ("", 0, "no NVIDIA GPU is here"), ("nvcuvid", 1, "libnvcuvid.so.1 of NVIDIA's driver is not here")],
)
def test_the_driver_is_asked_for_a_gpu_and_its_decoder(
    missing: str, gpus: int, says: str, monkeypatch: pytest.MonkeyPatch
):
    def load(name: str) -> Driver:
        if missing and missing in name:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        return Driver(gpus)

    monkeypatch.setattr(hardware, "LIBRARIES", ("libcuda.so.1", "libnvcuvid.so.1"))
    monkeypatch.setattr(ctypes, "CDLL", load)
    assert lacking() == says
