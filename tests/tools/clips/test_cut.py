"""Clips out of five containers: the frame and the sound that belong there, from the file's one clock."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image
from vidscout.tools.clips.cut import cut
from vidscout.tools.clips.subtitled import Line
from vidscout.tools.errors import MediaError, UsageError
from vidscout.tools.geometry import Span
from vidscout.tools.media.clock import clock_of
from vidscout.tools.media.video import SAMPLE_RATE, audio, frames, probe

FPS, SECONDS, GOP = 25, 12, 50
BITS, SIDE = 9, 32
WORD = (5.2, 5.6)
"""Seconds in which there is a tone; elsewhere there is silence."""
CONTAINERS = {
    "mp4": ("libx264", "aac"),
    "mkv": ("libx264", "aac"),
    "webm": ("libvpx", "libopus"),
    "ts": ("libx264", "aac"),
    "avi": ("mpeg4", "libmp3lame"),
    "mov": ("libx264", "aac"),
}


def picture(number: int) -> np.ndarray:
    """A frame that shows its number in white and black squares."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    row = np.repeat(np.array(bits, np.uint8) * 200 + 28, SIDE)
    return np.repeat(np.tile(row, (64, 1))[:, :, None], 3, axis=2)


def number_of(image: np.ndarray) -> int:
    """The number that a frame shows."""
    squares = image[16:48].mean(axis=(0, 2)).reshape(BITS, -1)[:, 8:24].mean(axis=1)
    return sum(int(square > 128) << bit for bit, square in enumerate(squares.tolist()))


def write_video(path: Path, codecs: tuple[str, str]) -> Path:
    rate = 48_000
    t = np.arange(SECONDS * rate) / rate
    sound = np.where((t >= WORD[0]) & (t < WORD[1]), 0.5 * np.sin(2 * np.pi * 600 * t), 0).astype(np.float32)
    options = {"bf": "2"} if codecs[0] == "libx264" else {"deadline": "realtime"} if codecs[0] == "libvpx" else {}
    with av.open(str(path), "w") as out:
        video = out.add_stream(codecs[0], rate=FPS, options=options)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = BITS * SIDE, 64, "yuv420p"
        video.gop_size, video.bit_rate = GOP, 800_000
        speech = out.add_stream(codecs[1], rate=rate)
        assert isinstance(speech, AudioStream)
        speech.layout = "mono"
        format = "s16p" if codecs[1] == "libmp3lame" else "s16" if codecs[1] == "libopus" else "fltp"
        whole = sound if format == "fltp" else (sound * 32767).astype(np.int16)
        for number in range(SECONDS * FPS):
            frame = VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
            if number % FPS == 0:
                at = number // FPS * rate
                piece = AudioFrame.from_ndarray(whole[None, at : at + rate], format=format, layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = rate, at, Fraction(1, rate)
                out.mux(speech.encode(piece))
        out.mux(video.encode(None))
        out.mux(speech.encode(None))
    return path


@pytest.fixture(scope="module", params=CONTAINERS)
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A numbered video in each container."""
    return write_video(tmp_path_factory.mktemp("clips") / f"numbers.{request.param}", CONTAINERS[request.param])


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("mp4") / "numbers.mp4", CONTAINERS["mp4"])


def tone(path: Path) -> tuple[float, float]:
    """Seconds at which the tone begins and ends."""
    sound = np.concatenate([chunk.samples for chunk in audio(path)])
    loud = np.flatnonzero(np.abs(sound) > 0.1)
    return loud[0] / SAMPLE_RATE, loud[-1] / SAMPLE_RATE


def key_frames(path: Path) -> list[float]:
    """Seconds at which key frames are shown, on the file's one clock."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        keys = [packet.pts or packet.dts or 0 for packet in container.demux(video) if packet.is_keyframe]
        return [float((key * (video.time_base or 0)) - clock_of(path).zero) for key in keys]


def numbers(path: Path) -> Iterator[tuple[float, int]]:
    return ((frame.time, number_of(frame.image)) for frame in frames(path, 1000.0))


def test_an_exact_clip_begins_within_one_frame_and_has_the_word_in_it(video: Path, tmp_path: Path):
    made = cut(video, [Span(5.0, 7.0)], tmp_path / f"clip{video.suffix}", exact=True)
    shown = list(numbers(made.path))
    offset = next(time - number / FPS for time, number in numbers(video))  # of the picture on the source's clock
    assert abs(shown[0][1] / FPS + offset - 5.0) <= 1 / FPS + 1e-3
    assert shown[0][0] <= 1 / FPS
    assert [number for _, number in shown] == list(range(shown[0][1], shown[0][1] + len(shown)))
    assert abs(len(shown) - 2.0 * FPS) <= 2
    began, ended = tone(made.path)
    source_began, source_ended = tone(video)
    assert began == pytest.approx(source_began - 5.0, abs=0.05)
    assert ended == pytest.approx(source_ended - 5.0, abs=0.05)
    assert made.reencoded
    assert made.cuts[0].span == Span(5.0, 7.0)


def test_a_copied_clip_says_where_it_really_begins_and_keeps_sound_and_picture_together(video: Path, tmp_path: Path):
    made = cut(video, [Span(5.0, 7.0)], tmp_path / f"clip{video.suffix}")
    assert not made.reencoded, made.notes
    real = made.cuts[0].span
    assert real.start <= 5.0 + 1 / FPS
    assert real.end >= 7.0 - 2 / FPS
    shown = list(numbers(made.path))
    at = {number: time for time, number in numbers(video)}
    assert at[shown[0][1]] == pytest.approx(real.start, abs=0.02)
    assert real.start == pytest.approx(max(time for time in key_frames(video) if time <= 5.0 + 1e-3), abs=0.02)
    assert [number for _, number in shown] == list(range(shown[0][1], shown[0][1] + len(shown)))
    began, _ = tone(made.path)
    source_began, _ = tone(video)
    # of the same moment in the clip, by the picture that stands there
    assert began - shown[0][0] == pytest.approx(source_began - at[shown[0][1]], abs=0.06)


def test_several_stretches_are_joined_in_the_order_given(mp4: Path, tmp_path: Path):
    for exact in (True, False):
        made = cut(mp4, [Span(8.0, 9.0), Span(2.0, 3.0)], tmp_path / f"joined-{exact}.mp4", exact=exact)
        shown = [number for _, number in numbers(made.path)]
        first, second = made.cuts
        assert shown[0] == round(first.span.start * FPS)
        assert round(second.span.start * FPS) in shown[len(shown) // 4 :]
        assert made.duration == pytest.approx(probe(made.path).duration, abs=0.1)
        assert second.at == pytest.approx(first.span.duration)


def test_what_a_container_cannot_hold_is_encoded_anew_and_said(mp4: Path, tmp_path: Path):
    made = cut(mp4, [Span(1.0, 2.0)], tmp_path / "clip.webm")
    assert made.reencoded
    assert made.notes == ("encoded anew: h264 is not copied into webm",)
    assert next(numbers(made.path))[1] == 25


def test_a_folder_gets_a_name_that_carries_the_times(mp4: Path, tmp_path: Path):
    made = cut(mp4, [Span(1.0, 2.5), Span(61.0 / 8, 8.0)], tmp_path, exact=True)
    assert made.path.name == "numbers_0m01s-0m02.500s_0m07.625s-0m08s.mp4"


def test_subtitles_stand_beside_the_clip_on_its_own_clock(mp4: Path, tmp_path: Path):
    lines = [Line(Span(5.2, 5.6), "the word"), Line(Span(11.0, 12.0), "not in it")]
    made = cut(mp4, [Span(1.0, 2.0), Span(5.0, 6.0)], tmp_path / "clip.mp4", exact=True, lines=lines)
    assert made.beside is not None
    assert made.beside == tmp_path / "clip.srt"
    assert made.beside.read_text() == "1\n00:00:01,200 --> 00:00:01,600\nthe word\n"


def test_burned_subtitles_change_the_picture_while_they_stand(mp4: Path, tmp_path: Path):
    lines = [Line(Span(5.2, 5.6), "word")]
    plain = cut(mp4, [Span(5.0, 6.0)], tmp_path / "plain.mp4", exact=True)
    burned = cut(mp4, [Span(5.0, 6.0)], tmp_path / "burned.mp4", lines=lines, burned=True)
    pairs = zip(frames(plain.path, 1000.0), frames(burned.path, 1000.0), strict=True)
    changed = [one.time for one, other in pairs if np.abs(one.image.astype(int) - other.image).max() > 120]
    assert changed
    assert min(changed) == pytest.approx(0.2, abs=1 / FPS)
    assert max(changed) == pytest.approx(0.6 - 1 / FPS, abs=1 / FPS)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_moving_picture_lasts_as_long_as_its_stretch(suffix: str, mp4: Path, tmp_path: Path):
    made = cut(mp4, [Span(5.0, 6.5)], tmp_path / f"clip{suffix}")
    with Image.open(made.path) as opened:
        lasts = 0
        for frame in range(getattr(opened, "n_frames", 1)):
            opened.seek(frame)
            opened.load()
            lasts += opened.info["duration"]
    assert lasts == pytest.approx(1500, abs=60)


def test_a_contact_sheet_has_pictures_of_the_whole_stretch(mp4: Path, tmp_path: Path):
    made = cut(mp4, [Span(0.0, 12.0)], tmp_path / "sheet.png")
    with Image.open(made.path) as opened:
        assert opened.width > 4 * 320
    assert made.duration == 0.0


def test_only_sound_is_cut_as_sound(mp4: Path, tmp_path: Path):
    made = cut(mp4, [Span(5.0, 6.0)], tmp_path / "word.wav")
    assert tone(made.path)[0] == pytest.approx(0.2, abs=0.05)
    with pytest.raises(UsageError, match="no picture"):
        cut(made.path, [Span(0.0, 1.0)], tmp_path / "word.mp4")


@pytest.mark.parametrize(
    ("spans", "out", "told"),
    [
        ([], "a.mp4", "nothing is to be cut"),
        ([Span(20.0, 30.0)], "a.mp4", "behind the end of numbers.mp4"),
        ([Span(2.0, 2.0)], "a.mp4", "has no length"),
        ([Span(1.0, 2.0)], "a.xyz", "is written as"),
        ([Span(1.0, 2.0)], "nowhere/a.mp4", "no such folder"),
    ],
)
def test_what_cannot_be_cut_is_said_in_one_line(spans: list[Span], out: str, told: str, mp4: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=told) as raised:
        cut(mp4, spans, tmp_path / out)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_the_file_ends_a_stretch_and_is_said(mp4: Path, tmp_path: Path):
    made = cut(mp4, [Span(11.0, 99.0)], tmp_path / "end.mp4", exact=True)
    assert made.notes
    assert "was cut off at the end" in made.notes[0]
    assert made.duration == pytest.approx(1.0, abs=0.1)


def test_neither_the_source_nor_another_file_is_written_over(mp4: Path, tmp_path: Path):
    before = mp4.read_bytes()
    with pytest.raises(UsageError, match="never written over"):
        cut(mp4, [Span(1.0, 2.0)], mp4, force=True)
    assert mp4.read_bytes() == before
    there = tmp_path / "there.mp4"
    there.write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        cut(mp4, [Span(1.0, 2.0)], there)
    assert there.read_text() == "mine"
    cut(mp4, [Span(1.0, 2.0)], there, force=True)
    assert probe(there).duration > 0.9


def test_what_is_no_video_is_no_source(tmp_path: Path):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(MediaError):
        cut(text, [Span(0.0, 1.0)], tmp_path / "out.mp4")
