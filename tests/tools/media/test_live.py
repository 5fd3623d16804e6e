"""What comes in while it is being made: stretches on one clock, and the last hours on disk."""

from pathlib import Path

import numpy as np
import pytest
from live_servers import resent
from vidscout.tools.errors import MediaError
from vidscout.tools.media.kept_segments import KeptSegments, kept, segment_at
from vidscout.tools.media.live import Onward, Reader, Stretch, Turns, open_live
from vidscout.tools.media.video import audio, frames, probe


@pytest.fixture(scope="module")
def recorded(lecture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 40 seconds of the lecture as MPEG-TS."""
    path = tmp_path_factory.mktemp("live") / "lecture.ts"
    resent(lecture, str(path), "mpegts", seconds=40)
    return path


def read(path: Path, begin: float = 0.0, keep: KeptSegments | None = None) -> tuple[list[Stretch], Reader]:
    with path.open("rb") as file, open_live(file) as container:
        reader = Reader(container, begin, 1.0, 640, keep.take if keep else None)
        return list(reader.stretches()), reader


def test_stretches_hold_the_frames_and_the_sound_of_the_file(recorded: Path):
    stretches, _ = read(recorded)
    there = [frame.time for one in stretches for frame in one.frames]
    wanted = [frame.time for frame in frames(recorded, 1.0, 640)]
    assert len(there) == pytest.approx(len(wanted), abs=1)
    assert np.diff(there).max() < 1.2
    assert all(one.end - one.start < 2.5 for one in stretches)
    sound = np.concatenate([one.sound.samples for one in stretches if one.sound is not None])
    whole = np.concatenate([chunk.samples for chunk in audio(recorded)])
    assert len(sound) == pytest.approx(len(whole), rel=0.02)
    loud = [np.abs(np.add.reduceat(np.abs(samples), np.arange(0, 560_000, 16_000))) for samples in (sound, whole)]
    assert np.corrcoef(np.stack(loud))[0, 1] > 0.98  # the same seconds are loud


def test_what_is_new_after_stillness_ends_a_stretch_and_does_not_wait(recorded: Path):
    stretches, _ = read(recorded)
    for slide in (0.0, 12.0, 24.0, 36.0):  # when each comes on
        shown = next(one for one in stretches if any(slide <= frame.time < slide + 1 for frame in one.frames))
        assert shown.end == pytest.approx(shown.frames[-1].time, abs=0.1)
        assert shown.end < slide + 1.1
    turns = Turns()
    black, white = np.zeros((90, 160, 3), np.uint8), np.full((90, 160, 3), 255, np.uint8)
    assert [turns(at, black) for at in (0.0, 1.0, 2.0, 3.0)] == [True, False, False, False]
    assert [turns(4.0 + at, (white, black)[at % 2]) for at in range(4)] == [True, False, False, False]  # it moves


def test_a_stretch_that_was_looked_at_lets_go_of_what_it_holds(recorded: Path):
    stretches, _ = read(recorded)
    one = next(one for one in stretches if one.frames and one.sound is not None)
    one.let_go()
    assert (one.frames, one.sound) == ((), None)


@pytest.mark.parametrize("forward", [True, False])
def test_a_clock_that_is_set_moves_nothing(recorded: Path, forward: bool, tmp_path: Path):
    path = tmp_path / "jumping.ts"
    if forward:
        resent(recorded, str(path), "mpegts", seconds=30, jump=(20.0, 7000.0))
    else:  # the sender began anew
        resent(recorded, str(path), "mpegts", seconds=15)
        path.write_bytes(path.read_bytes() * 2)
    stretches, reader = read(path)
    there = [frame.time for one in stretches for frame in one.frames]
    assert reader.onward.jumps >= 1
    assert stretches[-1].end == pytest.approx(30, abs=3)
    assert there == sorted(there)
    assert len(there) == pytest.approx(30, abs=4)


def test_streams_whose_clocks_are_set_together_stay_together():
    onward = Onward(100.0)
    assert [onward.at(0, 5.0), onward.at(1, 5.2)] == [100.0, pytest.approx(100.2)]
    assert onward.at(0, 6.0) == 101.0
    assert onward.at(0, 9006.5) == 101.0  # set
    assert onward.at(1, 9006.9) == pytest.approx(101.4)  # set likewise
    assert onward.jumps == 2


def test_only_the_newest_segments_are_kept_and_each_can_be_played(recorded: Path, tmp_path: Path):
    keep = KeptSegments(tmp_path, 15.0, 10**9)
    read(recorded, 500.0, keep)
    keep.close()
    segments = kept(tmp_path)
    assert keep.lost == 0
    assert segments[0][0] >= 540 - 15 - 15
    assert probe(segments[0][2]).duration == pytest.approx(segments[1][0] - segments[0][0], abs=1)
    assert segment_at(tmp_path, 535.0) == max(file for start, _, file in segments if start <= 535.0)
    small = KeptSegments(tmp_path, 1000.0, 1)
    read(recorded, 600.0, small)
    small.close()
    assert len(kept(tmp_path)) <= 2  # the one that is written, and the one before it


def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path):
    path = tmp_path / "words.txt"
    path.write_text("nothing to see\n" * 1000)
    with path.open("rb") as file, pytest.raises(MediaError, match="no video or sound comes in") as refused:
        open_live(file)
    assert "\n" not in str(refused.value)


def test_a_picture_that_is_damaged_on_the_way_costs_only_itself(recorded: Path, tmp_path: Path):
    damaged = bytearray(recorded.read_bytes())
    rng = np.random.default_rng(3)
    for at in rng.integers(len(damaged) // 3, len(damaged) // 2, 40):
        damaged[at] ^= 0x5A
    path = tmp_path / "damaged.ts"
    path.write_bytes(damaged)
    stretches, _ = read(path)
    assert stretches[-1].end == pytest.approx(40, abs=1.5)
