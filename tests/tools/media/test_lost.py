"""Files of which a part is lost: where it is missing, and how long they should be, is told."""

import wave
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from made_videos import clicking, steady, write
from vidscout.graphs.ingest.about_files import about, damaged
from vidscout.tools.media import video as media


def notes_on(path: Path) -> list[str]:
    stats = media.DecodeStats()
    for _ in media.audio(path, stats=stats):
        pass
    return [*about(media.probe(path)), *damaged(str(path), "sound", stats)]


def overwritten(path: Path, share: float, size: int = 4096) -> Path:
    data = bytearray(path.read_bytes())
    first = int(len(data) * share)
    data[first : first + size] = bytes(size)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_what_a_reader_passes_over_without_a_word_is_told_of(tmp_path: Path, suffix: str):
    path = write(tmp_path / f"a.{suffix}", steady(20), [clicking(20)])
    assert notes_on(path) == []
    assert any("the file has no sound at 0:" in note for note in notes_on(overwritten(path, 0.5, 8192)))


def test_a_recorder_that_leaves_out_what_is_silent_is_not_taken_for_damage(tmp_path: Path):
    path = write(tmp_path / "a.mkv", steady(20), [clicking(20)], stamp=lambda time: time if time % 1 < 0.5 else None)
    assert notes_on(path) == []


@pytest.mark.parametrize(("suffix", "codec"), [("wav", "pcm_s16le"), ("aiff", "pcm_s16be")])
def test_uncompressed_sound_that_is_cut_off_says_so(tmp_path: Path, suffix: str, codec: str):
    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as file:
        stream = cast(AudioStream, file.add_stream(codec, rate=16_000, layout="mono"))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000 * 10), np.int16), format="s16", layout="mono")
        frame.sample_rate = 16_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert not media.probe(path).cut_off
    path.write_bytes(path.read_bytes()[: int(16_000 * 2 * 6.5)])
    cut = media.probe(path)
    assert cut.cut_off
    assert (cut.declared, cut.duration) == pytest.approx((10, 6.5), abs=0.1)


def test_a_wav_file_that_was_streamed_does_not_seem_cut_off(tmp_path: Path):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000 * 5))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(data))
    assert not media.probe(path).cut_off


def test_a_clock_that_begins_late_does_not_make_a_file_seem_cut_off(tmp_path: Path):
    path = write(tmp_path / "a.mkv", steady(5), [clicking(5)], video_start=100, audio_start=100)
    assert media.probe(path).duration == pytest.approx(5, abs=0.1)
    assert not media.probe(path).cut_off
