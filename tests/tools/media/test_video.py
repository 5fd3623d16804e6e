import io
import itertools
import os
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import made_videos
import numpy as np
import pytest
from av.stream import Disposition
from made_videos import clicking, is_upright, number_of, steady
from PIL import Image
from vidscout.tools.errors import MediaError, UsageError
from vidscout.tools.media import video as media


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """Six seconds at 25 frames a second with a click on each second."""
    return made_videos.write(tmp_path_factory.mktemp("plain") / "plain.mp4", steady(6), [clicking(6)])


def sampled(path: Path, **options) -> list[tuple[float, int]]:
    return [(round(frame.time, 3), number_of(frame.image)) for frame in media.frames(path, **options)]


def clicks(chunks: list[media.AudioChunk]) -> list[float]:
    """Times at which a beep starts after half a second of none."""
    sound = np.abs(np.concatenate([chunk.samples for chunk in chunks]))
    loud = np.flatnonzero(sound > 0.1)
    starts = [index for before, index in itertools.pairwise([-media.SAMPLE_RATE, *loud]) if index - before > 8000]
    return [chunks[0].start + index / media.SAMPLE_RATE for index in starts]


class TestProbe:
    def test_it_tells_what_a_file_holds(self, plain):
        info = media.probe(plain)
        assert (info.has_video, info.has_audio, info.audio_tracks) == (True, True, 1)
        assert (info.width, info.height, info.rotation, info.fps) == (160, 120, 0, 25)
        assert (info.video_codec, info.audio_codec) == ("h264", "aac")
        assert info.duration == pytest.approx(6, abs=0.05)
        assert info.start_time == 0
        assert media.probe(str(plain)) == info

    def test_a_rotated_video_has_the_size_that_a_player_shows(self, tmp_path):
        info = media.probe(made_videos.write(tmp_path / "phone.mp4", steady(0.2), rotation=90))
        assert (info.width, info.height, info.rotation) == (120, 160, 90)

    def test_non_square_pixels_are_counted_as_square_ones(self, tmp_path):
        wide = media.probe(made_videos.write(tmp_path / "wide.mp4", steady(0.2), aspect=Fraction(4, 3)))
        tall = media.probe(made_videos.write(tmp_path / "tall.mp4", steady(0.2), aspect=Fraction(3, 4)))
        assert (wide.width, wide.height) == (213, 120)
        assert (tall.width, tall.height) == (160, 160)

    def test_two_tracks_are_counted_and_no_track_is_no_audio(self, tmp_path):
        two = made_videos.write(tmp_path / "two.mkv", steady(0.5), [clicking(0.5), clicking(0.5)])
        silent = made_videos.write(tmp_path / "silent.mp4", steady(0.5))
        assert media.probe(two).audio_tracks == 2
        info = media.probe(silent)
        assert (info.has_audio, info.audio_tracks, info.audio_codec) == (False, 0, None)

    def test_sound_alone_is_media_without_video(self, tmp_path):
        info = media.probe(made_videos.write(tmp_path / "talk.m4a", sounds=[clicking(3)], options={"brand": "M4A "}))
        assert (info.has_video, info.width, info.fps, info.video_codec) == (False, 0, None, None)
        assert info.duration == pytest.approx(3, abs=0.05)

    def test_cover_art_is_not_a_video(self, tmp_path):
        path = tmp_path / "song.mp3"
        with av.open(str(path), "w") as container:
            sound = container.add_stream("libmp3lame", rate=44_100, layout="mono")
            art = container.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = 64, 64, "yuvj420p"
            art.disposition = Disposition.attached_pic
            picture = av.VideoFrame.from_ndarray(made_videos.numbered(1, 64, 64)).reformat(format="yuvj420p")
            container.mux(art.encode(picture) + art.encode(None))
            frame = av.AudioFrame.from_ndarray(clicking(2)[None], format="fltp", layout="mono")
            frame.sample_rate = 44_100
            container.mux(sound.encode(frame) + sound.encode(None))
        info = media.probe(path)
        assert (info.has_video, info.has_audio) == (False, True)
        assert list(media.frames(path)) == []

    @pytest.mark.parametrize(
        ("name", "content", "complaint"),
        [
            ("missing.mp4", None, "no such file"),
            ("empty.mp4", b"", "empty"),
            ("notes.mp4", b"These are minutes of a meeting.\n" * 50, "not a video or audio file"),
            ("notes.txt", b"These are minutes of a meeting.\n" * 50, "not a video or audio file"),
            ("list.m3u8", b"#EXTM3U\n#EXTINF:9,\nhttp://192.0.2.1/a.ts\n#EXT-X-ENDLIST\n", "not a video or audio file"),
            ("titles.srt", b"1\n00:00:00,000 --> 00:00:02,000\nHello there\n\n" * 9, "video or audio"),
        ],
    )
    def test_what_is_not_media_is_refused_in_one_line_that_names_the_file(self, tmp_path, name, content, complaint):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        for look in (media.probe, lambda path: list(media.frames(path)), lambda path: list(media.audio(path))):
            if name == "titles.srt" and look is not media.probe:
                continue  # opens as a file without pictures and sound, which is not wrong
            with pytest.raises(MediaError) as caught:
                look(path)
            message = str(caught.value)
            assert str(path) in message
            assert complaint in message
            assert "\n" not in message

    def test_a_folder_is_refused(self, tmp_path):
        with pytest.raises(MediaError, match="folder"):
            media.probe(tmp_path)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_without_permission_is_refused(self, plain, tmp_path):
        locked = made_videos.cut(plain, tmp_path / "locked.mp4", 1)
        locked.chmod(0)
        with pytest.raises(MediaError, match="permission"):
            media.probe(locked)

    def test_a_name_with_a_colon_is_a_file_name(self, plain, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        made_videos.cut(plain, tmp_path / "http:talk.mp4", 1)
        assert media.probe("http:talk.mp4").has_video


class TestTruncated:
    def test_an_mp4_without_its_index_is_refused(self, plain, tmp_path):
        with pytest.raises(MediaError, match="cut off"):
            media.probe(made_videos.cut(plain, tmp_path / "cut.mp4", 0.6))

    @pytest.mark.parametrize(("suffix", "options"), [("mp4", {"movflags": "faststart"}), ("mkv", {}), ("ts", {})])
    def test_what_is_left_is_read_and_the_duration_is_that_of_what_is_left(self, tmp_path, suffix, options):
        whole = made_videos.write(tmp_path / f"whole.{suffix}", steady(20), [clicking(20)], options=options)
        left = made_videos.cut(whole, tmp_path / f"left.{suffix}", 0.6)
        found = sampled(left, rate=5)
        assert found == sampled(whole, rate=5)[: len(found)]
        assert 5 < found[-1][0] < 16
        assert media.probe(left).duration == pytest.approx(found[-1][0], abs=1.5)
        heard = list(media.audio(left))
        assert heard[-1].start + len(heard[-1].samples) / media.SAMPLE_RATE == pytest.approx(found[-1][0], abs=2)

    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
    def test_damage_in_the_middle_is_passed_over_and_counted(self, tmp_path, suffix):
        whole = made_videos.write(tmp_path / f"whole.{suffix}", steady(20), [clicking(20)])
        # A transport stream is as large again by its headers, and its reader leaves out what is damaged.
        hurt = made_videos.damage(whole, tmp_path / f"hurt.{suffix}", length=20_000 if suffix == "ts" else 3000)
        stats = media.DecodeStats()
        found = list(media.frames(hurt, stats=stats))
        heard = list(media.audio(hurt, stats=stats))
        assert stats.damaged > 0 or stats.missing or suffix == "mkv"
        assert found[0].time == 0
        assert 18 <= found[-1].time < 20
        assert len(found) >= 15
        after = [frame for frame in found if frame.time > 15]
        assert [number_of(frame.image) / 25 for frame in after] == pytest.approx([frame.time for frame in after])
        assert clicks(heard)[-1] == pytest.approx(19, abs=0.02)


class TestFrames:
    def test_each_tick_yields_the_first_frame_at_or_after_it(self, plain):
        assert sampled(plain) == [(float(second), 25 * second) for second in range(6)]
        assert [number for _, number in sampled(plain, rate=2)] == [0, 13, 25, 38, 50, 63, 75, 88, 100, 113, 125, 138]

    def test_a_rate_above_the_videos_own_yields_every_frame_once(self, plain):
        assert [number for _, number in sampled(plain, rate=1000)] == list(range(150))

    def test_a_slow_rate_still_yields_the_first_frame(self, plain):
        assert sampled(plain, rate=0.001) == [(0.0, 0)]

    def test_a_tenth_is_a_tenth_though_a_float_cannot_say_so(self, tmp_path):
        path = made_videos.write(tmp_path / "slow.mkv", [number / 2 for number in range(60)])
        assert sampled(path, rate=0.1) == [(0.0, 0), (10.0, 20), (20.0, 40)]
        assert [number for _, number in sampled(path, rate=0.3)] == [0, 7, 14, 20, 27, 34, 40, 47, 54]

    def test_leaving_out_unneeded_pictures_changes_nothing(self, trailer):
        """The sparse way must yield what decoding everything yields; this video has B-frames and scene cuts."""
        stats = media.DecodeStats()
        sparse = list(media.frames(trailer, rate=2, longest_side=320, end=12, stats=stats))
        with av.open(str(trailer)) as container:
            stream = container.streams.video[0]
            times = [frame.time for frame in itertools.islice(container.decode(stream), 12 * 24 + 24)]
        expected = []
        for time in times:
            if time < 12 and (not expected or int(time * 2) > int(expected[-1] * 2)):
                expected.append(time)
        assert [frame.time for frame in sparse] == expected
        assert stats.decoded < 0.75 * sum(time < 12 for time in times)

    def test_sparse_pictures_are_the_same_bytes_as_those_of_a_full_pass(self, bikes):
        every = {frame.time: frame.image for frame in media.frames(bikes, rate=1000)}
        for frame in media.frames(bikes, rate=1):
            assert np.array_equal(frame.image, every[frame.time])

    def test_a_variable_frame_rate_yields_no_frame_twice(self, tmp_path):
        times = [0, 0.04, 2.5, 2.9, 3.1, 7.3, 7.34, 9.0]
        path = made_videos.write(tmp_path / "slides.mkv", times)
        assert sampled(path) == [(0.0, 0), (2.5, 2), (3.1, 4), (7.3, 5), (9.0, 7)]

    @pytest.mark.parametrize("seed", range(8))
    def test_any_frame_times_rate_and_start_follow_the_rule(self, tmp_path, seed):
        """The rule said plainly: for each tick the first frame at or after it, and none twice."""
        random = np.random.default_rng(seed)
        intervals = random.choice([20, 40, 40, 40, 100, 900], size=120)
        times = [0.0, *(np.cumsum(intervals) / 1000).tolist()]
        path = made_videos.write(tmp_path / "any.mkv", times, keyframe_each=int(random.integers(1, 60)))
        rate = float(random.choice([0.25, 0.5, 1, 2, 7]))
        start = float(random.uniform(0, times[-1]))
        expected = []
        for tick in range(int(times[-1] * rate) + 1):
            number = next(number for number, time in enumerate(times) if round(time * 1000) * rate >= tick * 1000)
            if number not in expected:
                expected.append(number)
        assert [number for _, number in sampled(path, rate=rate)] == expected
        assert [number for _, number in sampled(path, rate=rate, start=start)] == [
            number for number in expected if times[number] >= start
        ]

    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
    @pytest.mark.parametrize("start", [0.02, 0.48, 1.0, 2.999, 3.0, 4.44, 5.96, 7.0])
    def test_a_later_start_yields_what_a_whole_pass_yields_from_there(self, tmp_path, suffix, start):
        path = made_videos.write(tmp_path / f"seek.{suffix}", steady(6), [clicking(6)], keyframe_each=25)
        for rate in (1, 2.5, 30):
            whole = list(media.frames(path, rate=rate))
            late = list(media.frames(path, rate=rate, start=start))
            expected = [frame for frame in whole if frame.time >= start]
            assert [frame.time for frame in late] == [frame.time for frame in expected]
            for got, wanted in zip(late, expected, strict=True):
                assert np.array_equal(got.image, wanted.image)

    def test_a_later_start_in_a_file_without_presentation_times(self, tmp_path):
        path = made_videos.write(tmp_path / "old.avi", steady(6), codec="mpeg4", clock=Fraction(1, 25))
        whole = sampled(path, rate=25)
        assert len(whole) == 150
        for start in (0.5, 2.0, 4.7):
            assert sampled(path, rate=25, start=start) == [pair for pair in whole if pair[0] >= start]

    def test_a_later_start_in_a_variable_frame_rate_keeps_the_tick_that_fell_before_it(self, tmp_path):
        path = made_videos.write(tmp_path / "slides.mkv", [0, 0.04, 2.5, 2.9, 3.1, 7.3, 7.34, 9.0])
        assert sampled(path, start=2.2) == [(2.5, 2), (3.1, 4), (7.3, 5), (9.0, 7)]
        assert sampled(path, start=2.6) == [(3.1, 4), (7.3, 5), (9.0, 7)]

    def test_a_start_at_a_frames_own_time_includes_it(self, carphone):
        for frame in list(media.frames(carphone, rate=1000))[::9]:
            assert next(media.frames(carphone, rate=1000, start=frame.time)).time == frame.time

    def test_a_real_video_can_be_entered_anywhere(self, bikes):
        whole = [(frame.time, frame.image.sum()) for frame in media.frames(bikes, rate=4)]
        for start in (0.5, 3.3, 7.96):
            late = [(frame.time, frame.image.sum()) for frame in media.frames(bikes, rate=4, start=start)]
            assert late == [pair for pair in whole if pair[0] >= start]

    def test_the_end_is_not_included(self, plain):
        assert sampled(plain, start=1, end=3) == [(1.0, 25), (2.0, 50)]
        assert sampled(plain, end=0) == []
        assert sampled(plain, start=99) == []

    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
    def test_times_count_from_the_first_frame_whatever_the_files_clock(self, tmp_path, suffix):
        path = made_videos.write(tmp_path / f"late.{suffix}", steady(3), [clicking(3)], video_start=70, audio_start=70)
        assert sampled(path) == [(0.0, 0), (1.0, 25), (2.0, 50)]
        assert sampled(path, start=1.5) == [(2.0, 50)]
        assert media.probe(path).start_time == pytest.approx(70, abs=0.1)

    def test_one_frame_is_a_video(self, tmp_path):
        path = made_videos.write(tmp_path / "one.mp4", [0.0])
        assert sampled(path) == [(0.0, 0)]
        assert media.probe(path).duration > 0

    def test_a_stream_without_timestamps_is_timed_by_its_frame_rate(self, tmp_path):
        path = made_videos.write(tmp_path / "raw.h264", steady(4), options={})
        assert sampled(path) == [(0.0, 0), (1.0, 25), (2.0, 50), (3.0, 75)]
        assert sampled(path, start=1.5) == [(2.0, 50), (3.0, 75)]
        assert media.probe(path).duration == pytest.approx(4, abs=0.1)

    def test_a_clock_that_starts_again_goes_on(self, tmp_path):
        first = made_videos.write(tmp_path / "first.ts", steady(4), [clicking(4)])
        second = made_videos.write(tmp_path / "second.ts", steady(4, fps=5), [clicking(4)])
        joined = tmp_path / "joined.ts"
        joined.write_bytes(first.read_bytes() + second.read_bytes())
        found = sampled(joined, rate=1000)
        assert [number for _, number in found] == [*range(100), *range(20)]
        assert [time for time, _ in found] == pytest.approx(
            steady(4) + [4 + time for time in steady(4, fps=5)], abs=0.1
        )
        assert clicks(list(media.audio(joined))) == pytest.approx(list(range(8)), abs=0.1)

    @pytest.mark.parametrize("rotation", [0, 90, 180, 270])
    @pytest.mark.parametrize("flip", [False, True])
    def test_pictures_come_upright(self, tmp_path, rotation, flip):
        path = made_videos.write(tmp_path / "turned.mp4", steady(0.4), rotation=rotation, flip=flip)
        for frame in media.frames(path, rate=25):
            assert is_upright(frame.image)
            assert number_of(frame.image) == round(frame.time * 25)
            assert frame.image.shape[:2] == ((120, 160) if rotation % 180 == 0 else (160, 120))
            assert frame.image.flags.c_contiguous
            assert frame.image.dtype == np.uint8

    def test_odd_sizes_are_kept(self, tmp_path):
        path = made_videos.write(tmp_path / "odd.mp4", steady(0.4), size=(161, 121), pixels="yuv444p")
        assert next(media.frames(path)).image.shape == (121, 161, 3)
        assert next(media.frames(path, longest_side=77)).image.shape == (58, 77, 3)

    def test_large_pictures_are_scaled_down_and_small_ones_left(self, tmp_path):
        path = made_videos.write(tmp_path / "wide.mp4", steady(0.2), size=(640, 320))
        assert next(media.frames(path, longest_side=320)).image.shape == (160, 320, 3)
        assert next(media.frames(path, longest_side=4000)).image.shape == (320, 640, 3)
        assert next(media.frames(path, longest_side=1)).image.shape == (1, 1, 3)
        assert number_of(next(media.frames(path, longest_side=100, rate=25, start=0.12)).image) == 3

    def test_colours_are_those_that_were_filmed(self, tmp_path):
        path = made_videos.write(tmp_path / "colours.mp4", steady(0.2))
        image = next(media.frames(path)).image
        assert image[10, 20].tolist() == pytest.approx([230, 20, 20], abs=12)
        assert image[10, 140].tolist() == pytest.approx([20, 200, 20], abs=12)

    def test_a_pass_counts_what_it_does(self, plain):
        stats = media.DecodeStats()
        list(media.frames(plain, rate=1, stats=stats))
        assert (stats.sampled, stats.damaged) == (6, 0)
        assert 6 < stats.decoded < 150

    def test_sampling_holds_one_picture_at_a_time(self, bikes):
        picture = next(media.frames(bikes)).image.nbytes
        tracemalloc.start()
        for _ in media.frames(bikes, rate=25):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 6 * picture

    @pytest.mark.parametrize(
        "options",
        [{"rate": 0}, {"rate": -1}, {"rate": float("nan")}, {"longest_side": 0}, {"start": -1}, {"start": 3, "end": 2}],
    )
    def test_senseless_requests_are_refused_at_once(self, plain, options):
        with pytest.raises(UsageError):
            media.frames(plain, **options)


class TestAudio:
    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
    def test_sound_is_on_the_clock_of_the_pictures(self, tmp_path, suffix):
        path = made_videos.write(
            tmp_path / f"late.{suffix}", steady(4), [clicking(4)], video_start=1.5, audio_start=2.0
        )
        assert clicks(list(media.audio(path))) == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.003)

    def test_sound_from_before_the_first_frame_is_heard_and_sets_the_zero(self, tmp_path):
        path = made_videos.write(tmp_path / "early.mkv", steady(4), [clicking(4)], video_start=1.5)
        chunks = list(media.audio(path))
        assert chunks[0].start == 0
        assert clicks(chunks) == pytest.approx([0, 1, 2, 3], abs=0.03)
        assert [frame.time for frame in media.frames(path)] == pytest.approx([1.5, 2.5, 3.5, 4.5], abs=0.03)

    def test_a_gap_in_the_recording_becomes_silence(self, tmp_path):
        lossy = made_videos.write(
            tmp_path / "gap.mkv", steady(8), [clicking(8)], stamp=lambda time: None if 1.5 <= time < 4.5 else time
        )
        assert clicks(list(media.audio(lossy))) == pytest.approx([0, 1, 5, 6, 7], abs=0.003)

    def test_sound_that_claims_the_same_time_twice_is_heard_once(self, tmp_path):
        """From second 2 to 3 the marks go at half speed: half a second of sound has no time of its own."""
        slow = made_videos.write(
            tmp_path / "slow.mkv", steady(6), [clicking(6)], stamp=lambda time: time - min(max(time - 2, 0), 1) / 2
        )
        tolerance = 0.06  # timestamps may wander that far before it counts
        assert clicks(list(media.audio(slow))) == pytest.approx([0, 1, 2, 2.5, 3.5, 4.5], abs=tolerance)

    def test_chunks_follow_each_other_without_a_gap(self, plain):
        chunks = list(media.audio(plain, seconds=0.7))
        whole = np.concatenate([chunk.samples for chunk in media.audio(plain)])
        assert {len(chunk.samples) for chunk in chunks[:-1]} == {11_200}
        assert [chunk.start for chunk in chunks] == pytest.approx([0.7 * number for number in range(len(chunks))])
        assert np.array_equal(np.concatenate([chunk.samples for chunk in chunks]), whole)
        assert whole.dtype == np.float32
        assert 0.4 < np.abs(whole).max() <= 1

    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
    @pytest.mark.parametrize("start", [0.5, 3.25, 9.9])
    def test_a_later_start_is_in_step_with_the_whole(self, tmp_path, suffix, start):
        path = made_videos.write(tmp_path / f"long.{suffix}", steady(12), [clicking(12)], keyframe_each=75)
        whole = np.concatenate([chunk.samples for chunk in media.audio(path)])[round(start * media.SAMPLE_RATE) :]
        late = list(media.audio(path, start=start))
        assert late[0].start == start
        assert abs(len(late[0].samples) - len(whole)) <= 32
        assert clicks(late) == pytest.approx([second for second in range(12) if second >= start], abs=0.003)

    def test_after_a_clock_that_starts_again_the_sound_is_not_chopped(self, tmp_path):
        tone = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(4 * 44_100) / 44_100)).astype(np.float32)
        whole = made_videos.write(tmp_path / "whole.ts", steady(4), [tone])
        joined = tmp_path / "joined.ts"
        joined.write_bytes(whole.read_bytes() * 2)
        sound = next(media.audio(joined)).samples
        spectrum = np.abs(np.fft.rfft(sound[5 * 16_000 : 7 * 16_000] * np.hanning(32_000)))
        assert spectrum.argmax() == 2000
        assert np.delete(spectrum, range(1980, 2021)).max() < spectrum.max() / 300

    def test_each_track_can_be_heard(self, tmp_path):
        path = made_videos.write(tmp_path / "two.mkv", steady(2), [clicking(2, pitch=500), clicking(2, pitch=3000)])
        for track, pitch in ((0, 500), (1, 3000)):
            sound = next(media.audio(path, track=track)).samples[:320]
            spectrum = np.abs(np.fft.rfft(sound))
            assert spectrum.argmax() * media.SAMPLE_RATE / 320 == pytest.approx(pitch, abs=60)
        with pytest.raises(UsageError, match="no audio track 2, only 0, 1"):
            list(media.audio(path, track=2))

    def test_no_sound_is_no_chunks(self, tmp_path):
        assert list(media.audio(made_videos.write(tmp_path / "silent.mp4", steady(0.4)))) == []

    def test_sound_alone_starts_at_zero(self, tmp_path):
        path = made_videos.write(tmp_path / "talk.mka", sounds=[clicking(3)], audio_start=5)
        assert clicks(list(media.audio(path))) == pytest.approx([0, 1, 2], abs=0.003)
        assert list(media.frames(path)) == []

    def test_many_channels_become_one(self, tmp_path):
        path = tmp_path / "stereo.wav"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=48_000, layout="stereo")
            ramp = (np.sin(np.arange(48_000) * 0.05) * 20_000).astype(np.int16)
            packed = np.stack([ramp, ramp], axis=1).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
            frame.sample_rate = 48_000
            container.mux(stream.encode(frame) + stream.encode(None))
        sound = next(media.audio(path)).samples
        assert len(sound) == pytest.approx(16_000, abs=16)
        assert np.abs(sound).max() == pytest.approx(20_000 / 32_768, abs=0.02)

    def test_listening_holds_one_chunk_at_a_time(self, tmp_path):
        path = made_videos.write(tmp_path / "talk.mka", sounds=[np.tile(clicking(20), 4)])
        tracemalloc.start()
        length = sum(len(chunk.samples) for chunk in media.audio(path, seconds=5))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert length == pytest.approx(80 * media.SAMPLE_RATE, rel=0.001)
        assert peak < 4 * 5 * media.SAMPLE_RATE * 4

    @pytest.mark.parametrize("options", [{"seconds": 0}, {"start": -1}, {"track": -1}, {"start": float("inf")}])
    def test_senseless_requests_are_refused_at_once(self, plain, options):
        with pytest.raises(UsageError):
            media.audio(plain, **options)


class TestContentId:
    def test_it_names_the_bytes_and_not_the_place(self, plain, tmp_path):
        copy = made_videos.cut(plain, tmp_path / "copy.mp4", 1)
        name = media.content_id(plain)
        assert media.content_id(copy) == name
        assert len(name) == 32
        assert media.content_id(made_videos.damage(plain, tmp_path / "other.mp4", length=1)) != name

    def test_the_known_hash_of_known_bytes(self, tmp_path):
        (tmp_path / "abc").write_bytes(b"abc")
        assert media.content_id(tmp_path / "abc") == "cf4ab791c62b8d2b2109c90275287816"

    def test_what_cannot_be_read_is_refused(self, tmp_path):
        with pytest.raises(MediaError, match="no such file"):
            media.content_id(tmp_path / "missing.mp4")
        with pytest.raises(MediaError, match="folder"):
            media.content_id(tmp_path)

    def test_a_pipe_is_refused_without_waiting_for_somebody_to_write(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.mp4")
        for look in (media.content_id, media.probe):
            with pytest.raises(MediaError, match="pipe"):
                look(tmp_path / "pipe.mp4")
        with pytest.raises(MediaError, match="device"):
            media.content_id("/dev/null")


class TestThumbnail:
    def test_it_is_a_small_jpeg_of_the_same_picture(self):
        image = made_videos.numbered(5, 1280, 720)
        shown = Image.open(io.BytesIO(media.thumbnail(image)))
        assert (shown.format, shown.size) == ("JPEG", (640, 360))
        assert number_of(np.asarray(shown)) == 5
        assert is_upright(np.asarray(shown))

    def test_small_pictures_are_not_enlarged(self):
        assert Image.open(io.BytesIO(media.thumbnail(made_videos.numbered(1)))).size == (160, 120)

    def test_a_lower_quality_is_smaller(self):
        image = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
        assert len(media.thumbnail(image, quality=40)) < len(media.thumbnail(image, quality=95))
