"""Small videos for tests, made in milliseconds: every picture carries its number, every sound clicks on whole seconds.

A picture is a row of bright and dark bars, the binary digits of its number, under a red block at the top left and a
green one at the top right, so that a test can read which frame it was given and which way up it is.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

BITS = 10
RATE = 44_100
"""Samples a second of made sounds."""

MILLISECOND = Fraction(1, 1000)


def numbered(number: int, width: int = 160, height: int = 120) -> np.ndarray:
    """The picture of a frame: height × width × 3."""
    image = np.full((height, width, 3), 128, np.uint8)
    band = height // 4
    image[:band, : width // 3] = (230, 20, 20)
    image[:band, -(width // 3) :] = (20, 200, 20)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[height // 2 :, left:right] = 235 if number >> bit & 1 else 20
    return image


def number_of(image: np.ndarray) -> int:
    """The number that a frame carries, at whatever size."""
    height, width = image.shape[:2]
    row = image[height * 3 // 4].mean(axis=-1)
    return sum(1 << bit for bit in range(BITS) if row[int((bit + 0.5) * width / BITS)] > 128)


def is_upright(image: np.ndarray) -> bool:
    """Whether the red block is at the top left and the green one at the top right."""
    height, width = image.shape[:2]
    left, right = image[height // 8, width // 6].astype(int), image[height // 8, -width // 6].astype(int)
    return bool(left[0] > 150 > left[1] + 60 and right[1] > 120 > right[0] + 60)


def steady(seconds: float, fps: float = 25) -> list[float]:
    """Presentation times of a constant frame rate."""
    return [number / fps for number in range(round(seconds * fps))]


def clicking(seconds: float, pitch: float = 1000) -> np.ndarray:
    """Sound with a 20 ms beep at each whole second from 0 on: mono float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.where(time % 1 < 0.02, 0.6 * np.sin(2 * np.pi * pitch * time), 0).astype(np.float32)


def write(
    path: Path,
    times: Sequence[float] = (),
    sounds: Sequence[np.ndarray] = (),
    *,
    size: tuple[int, int] = (160, 120),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    video_start: float = 0.0,
    audio_start: float = 0.0,
    stamp: Callable[[float], float | None] = lambda time: time,
    rotation: int = 0,
    flip: bool = False,
    aspect: Fraction | None = None,
    keyframe_each: int = 12,
    clock: Fraction = MILLISECOND,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video; the path's suffix picks the container.

    Args:
        times: presentation times of the frames, in seconds; none for sound only.
        sounds: one audio track each.
        video_start: seconds added to each frame's time.
        audio_start: seconds added to the sounds' times.
        stamp: the time that sound at a time is marked with; None leaves it out, as a lossy recording does.
        rotation: degrees, counterclockwise, by which a player turns the picture; it is stored turned the other way.
        flip: stored and marked as mirrored left to right.
        aspect: width of a pixel over its height.
        clock: unit of the video's timestamps, in seconds.
        options: for the container.
    """
    with av.open(str(path), "w", options=options or {}) as container:
        video = None
        if len(times):
            video = cast(VideoStream, container.add_stream(codec, rate=25))
            # By the number of cores otherwise, and x264 with several threads writes other bytes than with one.
            video.codec_context.thread_count = 1
            video.width, video.height, video.pix_fmt = size[0], size[1], pixels
            video.codec_context.time_base = clock
            video.codec_context.gop_size = keyframe_each
            if aspect:
                video.codec_context.sample_aspect_ratio = aspect
            if rotation or flip:
                video.set_display_rotation(rotation, hflip=flip)
        tracks = [container.add_stream("aac", rate=RATE, layout="mono") for _ in sounds]
        if video:
            for number, time in enumerate(times):
                frame = VideoFrame.from_ndarray(_stored(number, size, rotation, flip), format="rgb24")
                frame.pts, frame.time_base = round((time + video_start) / clock), clock
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            for first in range(0, len(sound), 1024):
                at = stamp(first / RATE)
                if at is None:
                    continue
                piece = AudioFrame.from_ndarray(sound[None, first : first + 1024], format="fltp", layout="mono")
                piece.sample_rate, piece.time_base = RATE, Fraction(1, RATE)
                piece.pts = round((audio_start + at) * RATE)
                container.mux(track.encode(piece))
            container.mux(track.encode(None))
    return path


def _stored(number: int, size: tuple[int, int], rotation: int, flip: bool) -> np.ndarray:
    quarter_turns = rotation // 90
    width, height = size if quarter_turns % 2 == 0 else size[::-1]
    image = numbered(number, width, height)
    if flip:
        image = image[:, ::-1]
    return np.ascontiguousarray(np.rot90(image, -quarter_turns))


def titled(path: Path, told: list[tuple[float, float, str]]) -> Path:
    """A film of ten seconds with chapters: start and end in seconds, and title."""
    picture = write(path.with_name(f"picture{path.suffix}"), steady(10), codec="mpeg4")
    with av.open(str(picture)) as pictures, av.open(str(path), "w") as film:
        stream = film.add_stream_from_template(pictures.streams[0])
        unit = Fraction(1, 1000)
        film.set_chapters(
            [
                {
                    "id": number,
                    "start": round(start * 1000),
                    "end": round(end * 1000),
                    "time_base": unit,
                    "metadata": {"title": title} if title else {},
                }
                for number, (start, end, title) in enumerate(told, start=1)
            ]
        )
        for packet in pictures.demux():
            if packet.dts is not None:
                packet.stream = stream
                film.mux(packet)
    return path


def cut(source: Path, path: Path, keep: float) -> Path:
    """The first part of a file, as an interrupted copy leaves it."""
    whole = source.read_bytes()
    path.write_bytes(whole[: round(len(whole) * keep)])
    return path


def damage(source: Path, path: Path, where: float = 0.5, length: int = 600) -> Path:
    """A file with some bytes in it overwritten by noise."""
    whole = bytearray(source.read_bytes())
    first = round(len(whole) * where)
    whole[first : first + length] = np.random.default_rng(1).bytes(length)
    path.write_bytes(bytes(whole))
    return path
