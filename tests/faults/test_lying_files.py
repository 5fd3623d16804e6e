"""Files that claim more than they hold: hours from a few kilobytes, and pictures of gigabytes."""

import resource
import threading
import time
from pathlib import Path

import pytest
from made_stages import Clicks, Numbers, read
from made_videos import clicking, number_of, steady, write
from vidscout.tools.errors import CancelledError, MediaError
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.media import packets
from vidscout.tools.media.extent.believed import believed_end
from vidscout.tools.media.joined import Stamped
from vidscout.tools.media.video import audio, frames, probe
from vidscout.tools.runtime.stopping import stoppable

WEEKS = 873 * 3600.0


@pytest.mark.parametrize("kind", ["mkv", "nut"])
def test_a_picture_that_claims_to_come_after_weeks_is_not_believed(tmp_path: Path, home: Path, kind: str):
    film = write(tmp_path / f"film.{kind}", [*steady(2, 5), WEEKS], [clicking(2)])
    info = probe(film)
    assert 1.9 < info.duration < 2.5
    assert info.cut_off
    assert [number_of(frame.image) for frame in frames(film, rate=5)] == list(range(10))
    with VideoIndex(home) as index:
        began = time.monotonic()
        ended = read(index, film, Numbers(), Clicks())
        assert time.monotonic() - began < 10
        assert any("header says 873:00:00" in note for note in ended["notes"])
        assert max(record.span.end for record in index.timeline(ended["video"])) < 3


def test_sound_that_claims_to_come_after_weeks_is_not_believed(tmp_path: Path):
    film = write(tmp_path / "film.mkv", steady(2, 5), [clicking(3)], stamp=lambda at: at if at < 1.5 else WEEKS + at)
    assert probe(film).duration < 2.5
    assert sum(len(chunk.samples) for chunk in audio(film)) < 3 * 16_000


def test_what_packets_carry_is_believed():
    def of(*shown: float, stays: float = 0.1) -> float:
        return float(believed_end([Stamped(0, False, 0, None, at, at + stays) for at in shown], 0.0))

    slides = [240.0 * number for number in range(60)]
    assert of(*slides, stays=240.0) == 60 * 240.0, "four hours of slides, each for four minutes"
    assert of(0.0, 10.0, 4000.0) == 10.1
    assert of(*[3500.0 * number for number in range(900)]) < 2 * 3600 * 2, "a packet an hour carries no weeks"


def test_a_still_picture_may_stand_for_an_hour(tmp_path: Path):
    film = write(tmp_path / "film.mkv", [0.0, 3000.0])
    assert probe(film).duration == pytest.approx(3000, abs=1)


def test_pictures_that_grow_in_the_middle_of_a_video_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small = write(tmp_path / "small.ts", steady(2, 5))
    large = write(tmp_path / "large.ts", steady(2, 5), size=(640, 480))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes() + small.read_bytes())
    assert len([*frames(both, rate=5)]) == 30
    monkeypatch.setattr(packets, "MAX_PIXELS", 640 * 480 - 1)
    stats = packets.DecodeStats()
    assert len([*frames(both, rate=5, stats=stats)]) <= 20
    assert stats.damaged


def test_a_picture_of_gigabytes_is_refused_before_it_takes_memory(tmp_path: Path):
    film = write(tmp_path / "film.avi", [0.0], size=(64, 64), codec="mjpeg", pixels="yuvj420p")
    content = film.read_bytes()
    claims = content.replace((64).to_bytes(4, "little") * 2, (16_000).to_bytes(4, "little") * 2)
    claims = claims.replace(b"\xff\xc0\x00\x11\x08\x00\x40\x00\x40", b"\xff\xc0\x00\x11\x08\x3e\x80\x3e\x80")
    assert claims != content
    film.write_bytes(claims)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MediaError, match="16000 × 16000, larger than any"):
        probe(film)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("reading", ["probe", "frames", "audio"])
def test_stopping_is_looked_at_with_every_packet(tmp_path: Path, reading: str):
    film = write(tmp_path / "film.ts", steady(20), [clicking(20)])
    stop = threading.Event()
    asked = 0

    def goes_on() -> None:
        nonlocal asked
        asked += 1
        if stop.is_set():
            raise CancelledError("stopped")

    with stoppable(goes_on):
        work = {"probe": lambda: [probe(film)], "frames": lambda: frames(film, 0.01), "audio": lambda: audio(film)}
        list(work[reading]())
        assert asked > 100
        stop.set()
        film.touch()
        with pytest.raises(CancelledError):
            list(work[reading]())
