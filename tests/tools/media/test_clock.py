"""Every file has one clock: whichever of its streams begins first, and however its time stamps begin anew."""

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_videos import clicking, cut, number_of, steady, write
from vidscout.tools.media import video as media
from vidscout.tools.media.clock import clock_of
from vidscout.tools.media.extent.believed import believed_end
from vidscout.tools.media.joined import Part, Stamped, joined, moved


def shown(path: Path, **options) -> list[tuple[float, int]]:
    return [(round(frame.time, 2), number_of(frame.image)) for frame in media.frames(path, rate=1, **options)]


def clicks(path: Path, **options) -> list[float]:
    chunks = list(media.audio(path, **options))
    sound = np.abs(np.concatenate([chunk.samples for chunk in chunks]))
    loud = np.flatnonzero(sound > 0.1)
    starts = [index for before, index in itertools.pairwise([-media.SAMPLE_RATE, *loud]) if index - before > 8000]
    return [round(chunks[0].start + index / media.SAMPLE_RATE, 2) for index in starts]


def together(path: Path, *files: Path) -> Path:
    """One file of several, byte after byte."""
    path.write_bytes(b"".join(file.read_bytes() for file in files))
    return path


class TestWhicheverBeginsFirst:
    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mov"])
    @pytest.mark.parametrize(
        ("picture", "sound"), [(0, 0), (3, 0), (0, 4.25), (70, 70), (72.5, 70), (70, 71), (0.3, 0)]
    )
    def test_it_is_zero_and_the_other_keeps_its_distance(self, tmp_path, suffix, picture, sound):
        path = write(tmp_path / f"a.{suffix}", steady(4), [clicking(4)], video_start=picture, audio_start=sound)
        zero = min(picture, sound)
        assert [time for time, _ in shown(path)] == pytest.approx([picture - zero + n for n in range(4)], abs=0.06)
        assert clicks(path) == pytest.approx([sound - zero + n for n in range(4)], abs=0.06)
        assert media.probe(path).duration == pytest.approx(max(picture, sound) - zero + 4, abs=0.1)

    def test_a_second_track_that_begins_first_sets_it_too(self, tmp_path):
        early = np.concatenate([clicking(2), np.zeros(44_100, np.float32)])
        path = write(tmp_path / "a.mkv", steady(3), [clicking(3), early], video_start=2, audio_start=1)
        assert clicks(path, track=0) == pytest.approx([0, 1, 2], abs=0.06)
        assert [time for time, _ in shown(path)] == pytest.approx([1, 2, 3], abs=0.06)

    @pytest.mark.parametrize("keyframe_each", [12, 250])
    def test_pictures_before_the_zero_of_matroska_are_counted_back_from_it(self, tmp_path, keyframe_each):
        options = {"avoid_negative_ts": "disabled"}
        times = {"video_start": -3.0, "keyframe_each": keyframe_each}
        path = write(tmp_path / "a.mkv", steady(8), [clicking(5)], options=options, **times)
        assert shown(path) == [(float(n), 25 * n) for n in range(8)]
        assert clicks(path) == pytest.approx([3 + n for n in range(5)], abs=0.06)
        assert media.probe(path).duration == pytest.approx(8, abs=0.1)

    def test_a_picture_that_begins_late_can_be_entered_anywhere(self, tmp_path):
        path = write(tmp_path / "a.mp4", steady(6), [clicking(6)], video_start=3)
        whole = shown(path)
        for start in (0, 2.5, 3.0, 4.2, 7):
            assert shown(path, start=start) == [frame for frame in whole if frame[0] >= start]


class TestJoined:
    def test_each_part_follows_on_the_one_before(self, tmp_path):
        one = write(tmp_path / "one.ts", steady(6), [clicking(6)])
        path = together(tmp_path / "all.ts", one, one, one)
        assert [number for _, number in shown(path)] == [0, 25, 50, 75, 100, 125] * 3
        assert clicks(path) == pytest.approx(list(range(18)), abs=0.1)
        assert media.probe(path).duration == pytest.approx(18, abs=0.15)

    @pytest.mark.parametrize("frames", [148, 151])
    def test_where_two_streams_join_nothing_is_damaged(self, frames, tmp_path):
        """Each count of frames ends the first part at another count of transport packets."""
        one = write(tmp_path / "one.ts", steady(frames / 25))
        path = together(tmp_path / "all.ts", one, write(tmp_path / "two.ts", steady(3), size=(320, 240)))
        stats = media.DecodeStats()
        assert len(list(media.frames(path, rate=1000, stats=stats))) == frames + 75
        assert stats.damaged == 0

    @pytest.mark.parametrize(
        ("suffix", "codec"), [("mkv", "libx264"), ("mpg", "mpeg1video"), ("webm", "libvpx"), ("vob", "mpeg2video")]
    )
    def test_other_containers_are_joined_as_well(self, tmp_path, suffix, codec):
        sounds = [clicking(6)] if suffix == "mkv" else []  # the others take other sound
        one = write(tmp_path / f"one.{suffix}", steady(6), sounds, codec=codec, clock=Fraction(1, 25))
        path = together(tmp_path / f"all.{suffix}", one, one)
        assert [number for _, number in shown(path)] == pytest.approx([0, 25, 50, 75, 100, 125] * 2, abs=1)
        assert not sounds or clicks(path) == pytest.approx(list(range(12)), abs=0.1)
        assert media.probe(path).duration == pytest.approx(12, abs=0.15)

    def test_sound_and_picture_stay_together_where_one_of_them_ended_earlier(self, tmp_path):
        first = write(tmp_path / "first.ts", steady(6), [clicking(3)])
        second = write(tmp_path / "second.ts", steady(4), [clicking(4)])
        path = together(tmp_path / "all.ts", first, second)
        assert clicks(path) == pytest.approx([0, 1, 2, 6, 7, 8, 9], abs=0.1)
        assert [time for time, number in shown(path) if number == 0] == pytest.approx([0, 6], abs=0.1)

    def test_a_part_without_sound_is_a_part(self, tmp_path):
        first = write(tmp_path / "first.ts", steady(5), [clicking(5)])
        path = together(tmp_path / "all.ts", first, write(tmp_path / "second.ts", steady(3)))
        assert media.probe(path).duration == pytest.approx(8, abs=0.15)
        assert [number for _, number in shown(path)][-3:] == [0, 25, 50]

    def test_a_part_whose_clock_stands_hours_ahead_follows_too(self, tmp_path):
        first = write(tmp_path / "first.ts", steady(5), [clicking(5)])
        later = write(tmp_path / "later.ts", steady(4), [clicking(4)], video_start=9000, audio_start=9000)
        path = together(tmp_path / "all.ts", first, later)
        assert clicks(path) == pytest.approx(list(range(9)), abs=0.1)
        assert media.probe(path).duration == pytest.approx(9, abs=0.15)

    @pytest.mark.parametrize("start", [2.0, 6.5, 9.0, 13.3])
    def test_a_joined_file_can_be_entered_anywhere(self, tmp_path, start):
        one = write(tmp_path / "one.ts", steady(6), [clicking(6)], keyframe_each=25)
        path = together(tmp_path / "all.ts", one, one, one)
        assert shown(path, start=start) == [frame for frame in shown(path) if frame[0] >= start]
        assert clicks(path, start=start) == pytest.approx([time for time in clicks(path) if time >= start], abs=0.06)

    def test_pictures_that_stand_for_half_a_minute_are_no_parts(self, tmp_path):
        path = write(tmp_path / "slides.ts", [0, 30, 60, 90], [clicking(92)])
        times = [time for time, _ in shown(path)]
        assert [time - times[0] for time in times] == pytest.approx([0, 30, 60, 90], abs=0.06)
        silent = write(tmp_path / "silent.ts", [30.0 * n for n in range(20)])
        times = [time for time, _ in shown(silent)]
        assert [time - times[0] for time in times] == pytest.approx([30 * n for n in range(20)], abs=0.06)

    def test_sound_that_is_interrupted_is_a_gap_and_no_part(self, tmp_path):
        path = write(
            tmp_path / "gap.ts", steady(40), [clicking(40)], stamp=lambda time: None if 5.5 < time < 30.5 else time
        )
        assert clicks(path) == pytest.approx([*range(6), *range(31, 40)], abs=0.06)
        assert media.probe(path).duration == pytest.approx(40, abs=0.1)


def line(stream: int, start: float, count: int, pos: int, step: float = 0.04) -> list[Stamped]:
    times = [start + n * step for n in range(count)]
    return [Stamped(stream, stream == 1, pos + n * 1000 + stream, t, t, t + step) for n, t in enumerate(times)]


class TestParts:
    def test_one_straggler_of_the_part_before_changes_nothing(self):
        first = line(0, 0, 100, 0) + line(1, 0, 100, 0)
        second = line(0, 0, 100, 200_000) + line(1, 0, 100, 210_000)
        straggler = Stamped(1, True, 200_003, 4.0, 4.0, 4.02)
        parts, end = joined([*first, *second, straggler], gaps_count=True)
        assert [part.pos for part in parts] == [0, 200_000]
        assert float(parts[1].shift) == pytest.approx(4.02)
        assert float(end or 0) == pytest.approx(8.02)

    def test_one_streams_disorder_is_no_part(self):
        picture = line(0, 0, 50, 0) + line(0, 0.5, 50, 50_000)
        parts, end = joined(picture + line(1, 0, 100, 0), gaps_count=True)
        assert parts == (Part(0, parts[0].shift),)
        assert float(end or 0) == pytest.approx(4.0, abs=0.1)

    def test_nothing_is_one_part_without_an_end(self):
        parts, end = joined([], gaps_count=True)
        assert (len(parts), end) == (1, None)


class TestLength:
    @pytest.mark.parametrize(("suffix", "options"), [("mp4", {"movflags": "faststart"}), ("mkv", {}), ("flv", {})])
    def test_a_file_that_is_cut_off_is_known_by_its_header(self, tmp_path, suffix, options):
        whole = write(tmp_path / f"whole.{suffix}", steady(20), [clicking(20)], options=options)
        assert not media.probe(whole).cut_off
        info = media.probe(cut(whole, tmp_path / f"left.{suffix}", 0.6))
        assert info.cut_off
        assert info.declared == pytest.approx(20, abs=0.2)
        assert 8 < info.duration < 16

    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "flv", "mka", "m4a", "wav", "mp3", "flac", "ogg"])
    def test_no_whole_file_is_taken_for_one_that_is_cut_off(self, tmp_path, suffix):
        if suffix in {"mka", "m4a"}:
            path = write(tmp_path / f"a.{suffix}", sounds=[clicking(5)])
        elif suffix in {"wav", "mp3", "flac", "ogg"}:
            path = tone(tmp_path / f"a.{suffix}", 5)
        else:
            codec = "mpeg4" if suffix == "avi" else "libx264"
            path = write(tmp_path / f"a.{suffix}", steady(5), [clicking(4)], codec=codec)
        info = media.probe(path)
        assert not info.cut_off
        assert info.duration == pytest.approx(5, abs=0.15)

    def test_a_damaged_time_stamp_in_a_file_whose_clock_jumps_back_claims_no_weeks(self):
        whole = (Part(0, Fraction(0)), Part(5000, Fraction(2)))
        packets = [Stamped(0, True, 100 * n, 0.1 * n, 0.1 * n, 0.1 * n + 0.1) for n in range(20)]
        packets += [Stamped(0, True, 5000 + 100 * n, 0.1 * n, 0.1 * n, 0.1 * n + 0.1) for n in range(20)]
        assert float(believed_end(moved(packets, whole), 0.0)) == pytest.approx(4.0)
        packets.append(Stamped(0, True, 7000, 4e6, 4e6, 4e6 + 0.1))
        assert float(believed_end(moved(packets, whole), 0.0)) == pytest.approx(4.0)

    def test_the_clock_is_worked_out_once_and_anew_when_the_file_changes(self, tmp_path):
        path = write(tmp_path / "a.mkv", steady(2))
        known = clock_of(path)
        assert clock_of(path) is known
        write(path, steady(5))
        assert clock_of(path).duration == pytest.approx(5, abs=0.1)


def tone(path: Path, seconds: float) -> Path:
    """Sound alone, by the encoder that the suffix asks for."""
    import av

    codec = {"wav": "pcm_s16le", "mp3": "libmp3lame", "flac": "flac", "ogg": "libopus"}[path.suffix[1:]]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=48_000 if codec == "libopus" else 44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(clicking(seconds)[None], format="fltp", layout="mono")
        frame.sample_rate = 44_100
        for part in (frame, None):
            container.mux(stream.encode(part))
    return path
