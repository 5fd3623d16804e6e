"""How far a file goes: one that is cut off is told from a whole one, and what lies behind the first recording."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from made_videos import clicking, steady, write
from vidscout.graphs.ingest.about_files import about
from vidscout.tools.media.video import audio, frames, probe

CUT = "the file is cut off or still being written: its end is missing"
CODECS = {"mp3": "libmp3lame", "aac": "aac", "ogg": "libopus", "wav": "adpcm_ima_wav", "flac": "flac"}


def sound(path: Path, seconds: float = 5.0, **options: str) -> Path:
    codec = CODECS[path.suffix[1:]]
    form = "adts" if codec == "aac" else None
    with av.open(str(path), "w", format=form, options=options) as container:
        stream: Any = container.add_stream(codec, rate=48_000 if codec == "libopus" else 44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(clicking(seconds)[None], format="fltp", layout="mono")
        frame.sample_rate = 44_100
        for part in (frame, None):
            container.mux(stream.encode(part))
    return path


def film(path: Path) -> Path:
    codec = {"ts": "libx264", "mpg": "mpeg2video", "wmv": "wmv2", "mxf": "mpeg2video", "gif": "gif", "apng": "apng"}
    kind = codec[path.suffix[1:]]
    pixels = {"gif": "rgb8", "apng": "rgb24"}.get(kind, "yuv420p")
    return write(path, steady(5), codec=kind, pixels=pixels, clock=Fraction(1, 25))


def left(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share) | 1])
    return path


@pytest.mark.parametrize("kind", ["ts", "mpg", "wmv", "mxf", "gif", "apng", "mp3", "aac", "ogg"])
def test_a_file_without_its_end_says_so_and_a_whole_one_does_not(tmp_path: Path, kind: str):
    path = tmp_path / f"a.{kind}"
    whole = sound(path) if kind in CODECS else film(path)
    assert not any("cut off" in note for note in about(probe(whole)))
    info = probe(left(whole, 0.6))
    assert any("cut off" in note for note in about(info))
    assert info.duration < 4.5


def test_an_mp3_without_a_count_of_its_frames_ends_within_one(tmp_path: Path):
    whole = sound(tmp_path / "a.mp3", write_xing="0", id3v2_version="0")
    assert about(probe(whole)) == ["the file has no picture: nothing was looked at"]
    assert CUT in about(probe(left(whole, 0.6)))[-1]


@pytest.mark.parametrize("kind", ["ts", "mp3"])
def test_what_was_made_room_for_and_never_written_is_missing(tmp_path: Path, kind: str):
    path = sound(tmp_path / "a.mp3") if kind == "mp3" else film(tmp_path / "a.ts")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2].ljust(max(size, size // 2 + 188 * 40), b"\0"))
    assert CUT in about(probe(path))[-1]


def test_a_length_that_ffmpeg_reckons_for_packets_of_adpcm_is_not_believed(tmp_path: Path):
    path = sound(tmp_path / "a.wav")
    heard = list(audio(path))
    assert probe(path).duration == pytest.approx(heard[-1].end, abs=0.1)


def test_a_stream_without_a_container_has_the_clock_that_it_tells(tmp_path: Path):
    path = tmp_path / "a.h264"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(60):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8))))
        container.mux(stream.encode(None))
    info = probe(path)
    assert (info.fps, info.duration) == (10, pytest.approx(6, abs=0.1))
    assert [frame.time for frame in frames(path, 1)] == pytest.approx([0, 1, 2, 3, 4, 5], abs=0.11)
    assert "the file has no clock: times are counted at 10 frames a second" in about(info)


def test_a_picture_with_exif_is_a_picture(tmp_path: Path):
    """PyAV does not know the kind of side data that FFmpeg hands out for it."""
    from PIL import Image

    path = tmp_path / "a.tiff"
    Image.new("RGB", (64, 48), "red").save(path)
    assert (probe(path).width, probe(path).height) == (64, 48)


BEHIND = "another recording begins behind the first, at byte {}: it was not read"


@pytest.mark.parametrize("kind", ["mp4", "flv", "wav"])
def test_a_second_recording_that_is_not_read_is_told_of(tmp_path: Path, kind: str):
    path = tmp_path / f"a.{kind}"
    path = sound(path) if kind == "wav" else write(path, steady(3), [clicking(3)])
    once = path.read_bytes()
    assert probe(path).begins_again is None
    path.write_bytes(once * 2)
    assert BEHIND.format(len(once)) in about(probe(path))


def test_of_a_fragmented_file_no_part_counts_as_another_recording(tmp_path: Path):
    options = {"movflags": "frag_keyframe+empty_moov"}
    assert probe(write(tmp_path / "a.mp4", steady(3), options=options)).begins_again is None


def test_flac_behind_flac_is_as_long_as_both(tmp_path: Path):
    path = sound(tmp_path / "a.flac", 6)
    path.write_bytes(path.read_bytes() * 2)
    assert probe(path).duration == pytest.approx(12, abs=0.1)
    assert list(audio(path))[-1].end == pytest.approx(12, abs=0.1)
