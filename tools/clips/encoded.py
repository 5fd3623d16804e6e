"""Clips that are encoded anew: from the very frame, with the sound from the very sample."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import MediaError
from ..geometry import Span
from ..media.clock import clock_of
from ..media.packets import DecodeStats, audio_streams, decode_packet, open_media, read_packets
from ..media.video import Frame, MediaInfo, frames
from .formats import Form

Burn = Callable[[np.ndarray, float], np.ndarray]
"""Draws something into a picture (height × width × 3, RGB, uint8) at a time of the source in seconds."""

EVERY = 1000.0
"""Ticks a second at which every frame is sampled."""
LARGEST = 8192
"""Pixels."""
TICKS = 90_000
"""Of the clip's clock in a second, as of broadcasts: fine enough for every usual rate."""
BACK = (1.0, 30.0)
"""Seconds before a stretch in which the picture is looked for that stands when it begins."""
SAMPLE_RATE = 48_000
JITTER = SAMPLE_RATE // 20
"""Samples by which time stamps may wander before there is a gap."""
OPTIONS = {
    "libx264": {"preset": "veryfast", "crf": "18"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "crf": "28", "b": "0"},
    "mpeg4": {"qscale": "3", "flags": "+qscale", "global_quality": "354"},
}
"""Of the encoders: quality that hides a second generation, at a speed near that of playing."""


def write(info: MediaInfo, spans: Sequence[Span], landing: Path, form: Form, burn: Burn | None) -> None:
    """Encode stretches one after the other.

    Raises:
        MediaError: the encoder refuses.
    """
    try:
        with av.open(str(landing), "w", format=form.muxer) as out:
            shows = form.pictures and info.has_video
            pictures = _Pictures(out, _picture_stream(out, info, form)) if shows else None
            sound = _sound_stream(out, form) if info.has_audio else None
            at = Fraction(0)
            for span in spans:
                length = Fraction(span.end) - Fraction(span.start)
                samples = sound_of(info.path, span) if sound is not None else iter(())
                heard = _Sound(out, sound, samples, at)
                if pictures is not None:
                    for frame in standing(info, span):
                        since = Fraction(max(frame.time - span.start, 0.0)).limit_denominator(TICKS)
                        heard.until(at + since)
                        pictures.put(burn(frame.image, frame.time) if burn else frame.image, at + since)
                heard.until(at + length)
                at += length
            if pictures is not None:
                out.mux(pictures.stream.encode(None))
            if sound is not None:
                out.mux(sound.encode(None))
    except (FFmpegError, ValueError) as error:
        raise MediaError(f"{info.path.name} could not be encoded as {landing.suffix}: {error}") from error


def standing(info: MediaInfo, span: Span) -> Iterator[Frame]:
    """The frames of a stretch, the first of them the one that stands when it begins, at that time."""
    frame_length = 1 / info.fps if info.fps else 0.04
    first = next(frames(info.path, EVERY, LARGEST, span.start, span.end), None)
    if first is None or first.time - span.start > frame_length / 2:
        for back in BACK:
            held = None
            for frame in frames(info.path, EVERY, LARGEST, max(span.start - back, 0.0), span.start + 1e-6):
                held = frame
            if held is not None:
                yield Frame(span.start, held.image)
                break
    for frame in frames(info.path, EVERY, LARGEST, span.start, span.end):
        yield frame


def _picture_stream(out: OutputContainer, info: MediaInfo, form: Form) -> VideoStream:
    rate = Fraction(info.fps or 25).limit_denominator(1001)
    stream = out.add_stream(form.video, rate=rate, options=OPTIONS.get(form.video, {}))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = max(info.width // 2 * 2, 2), max(info.height // 2 * 2, 2)
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = 1 / rate if form.muxer == "avi" else Fraction(1, TICKS)
    return stream


def _sound_stream(out: OutputContainer, form: Form) -> AudioStream:
    stream = out.add_stream(form.audio, rate=SAMPLE_RATE)
    assert isinstance(stream, AudioStream)
    stream.layout = "stereo"
    return stream


class _Pictures:
    """The pictures of a clip, each later than the one before."""

    def __init__(self, out: OutputContainer, stream: VideoStream) -> None:
        self._out, self.stream, self._last = out, stream, -1

    def put(self, image: np.ndarray, at: Fraction) -> None:
        """Write a picture at a time of the clip; one that falls on the same tick as the last is left out."""
        unit = self.stream.codec_context.time_base or Fraction(1, TICKS)
        ticks = round(at / unit)
        if ticks <= self._last:
            return
        whole = np.ascontiguousarray(image[: self.stream.height, : self.stream.width])
        frame = VideoFrame.from_ndarray(whole, format="rgb24")
        frame.pts, frame.time_base, self._last = ticks, unit, ticks
        self._out.mux(self.stream.encode(frame))


class _Sound:
    """The sound of one stretch, written as far as the pictures have come."""

    def __init__(
        self, out: OutputContainer, stream: AudioStream | None, pieces: Iterator[np.ndarray], at: Fraction
    ) -> None:
        self._out, self._stream, self._pieces = out, stream, pieces
        self._next = round(at * SAMPLE_RATE)

    def until(self, time: Fraction) -> None:
        """Write what sounds before a time of the clip, in whole pieces."""
        while self._stream is not None and self._next < round(time * SAMPLE_RATE):
            piece = next(self._pieces, None)
            if piece is None:
                return
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._next, Fraction(1, SAMPLE_RATE)
            self._next += piece.shape[1]
            self._out.mux(self._stream.encode(frame))


def sound_of(path: Path, span: Span) -> Iterator[np.ndarray]:
    """The sound of a stretch on the file's one clock, exactly as long, in pieces of (2, samples) float32 at 48 kHz;
    silence where the file has none."""
    clock = clock_of(path)
    begin, whole = clock.zero + Fraction(span.start), round((span.end - span.start) * SAMPLE_RATE)
    written = 0
    for at, block in _blocks(path, begin):
        gap = at - written
        if gap > JITTER:
            yield np.zeros((2, min(gap, whole - written)), np.float32)
            written += min(gap, whole - written)
        elif gap < -JITTER:
            block = block[:, -gap:]
        block = block[:, : whole - written]
        if block.shape[1]:
            yield block
            written += block.shape[1]
        if written >= whole:
            return
    if written < whole:
        yield np.zeros((2, whole - written), np.float32)


def _blocks(path: Path, begin: Fraction) -> Iterator[tuple[int, np.ndarray]]:
    """Decoded sound from a time of the file's own clock on, each block with the sample at which it stands; what lies
    before is cut off."""
    clock = clock_of(path)
    with open_media(path) as container:
        tracks = audio_streams(container)
        if not tracks:
            return
        if not clock.joined and begin - clock.zero > 2:
            try:
                container.seek(int((begin - 1) * av.time_base))
            except FFmpegError:
                container.seek(0)
        stats, resampler = DecodeStats(), AudioResampler("fltp", "stereo", SAMPLE_RATE)
        expected: int | None = None
        for packet in read_packets(container, next(iter(tracks.values())), stats, clock.parts):
            for frame in decode_packet(packet, stats):
                if frame.pts is not None and frame.time_base is not None:
                    at = round((frame.pts * frame.time_base - begin) * SAMPLE_RATE)
                    expected = at if expected is None or abs(at - expected) > JITTER else expected
                frame.pts = None
                for made in resampler.resample(frame):
                    block, at = made.to_ndarray(), expected or 0
                    expected = at + block.shape[1]
                    if at < 0:
                        block, at = block[:, -at:], 0
                    if block.shape[1]:
                        yield at, block
