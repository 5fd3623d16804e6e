"""Whether what happens in a recording is found when a player shows it, whatever container, codec and clock it has.

    python -m vidscout.bench.measure.recordings.recordings [--number 100] [--seed 0] [--json]

Each recording is dark and silent until its picture turns bright and its sound sets in, each at a time of its own
stream. Its streams begin at different times, its clock begins anywhere, it has one or two audio tracks. What is
measured is by how much the first bright picture (two a second are looked at) and the first sound are off, and the
length.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ....tools.media.video import SAMPLE_RATE, audio, frames, probe

SOUND, PICTURE, LENGTH = 0.2, 0.6, 0.3
"""Seconds by which the sound, the picture and the length may be off."""
BRIGHT, LOUD = 3.0, 4.0
"""Seconds from the beginning of its stream at which the picture turns bright, and at which the sound sets in."""
RATE = 48_000
"""Samples a second."""
SIZE = (96, 64)
"""Pixels."""

CONTAINERS = {
    "mp4": (("libx264", "mpeg4", "libvpx-vp9"), ("aac", "libmp3lame", "libopus")),
    "mov": (("libx264", "mpeg4", "mjpeg"), ("aac", "pcm_s16le")),
    "mkv": (("libx264", "mpeg4", "libvpx-vp9", "mjpeg", "mpeg2video"), ("aac", "libopus", "flac", "pcm_s16le")),
    "webm": (("libvpx", "libvpx-vp9"), ("libopus",)),
    "ts": (("libx264", "mpeg2video"), ("aac", "mp2", "libmp3lame")),
    "avi": (("mpeg4", "mjpeg"), ("libmp3lame", "pcm_s16le")),
}
"""Video and audio codecs by container."""
PIXELS = {"mjpeg": "yuvj420p"}
SHIFTS = (0.0, 0.4, 1.6)
"""Seconds by which one stream begins later than the other: whole frames at every rate."""
CLOCKS = (0.0, 97.6)
"""Seconds on the file's own clock at which it begins, where the container can tell."""
LENGTHS = (6.0, 11.0)
"""Seconds of each stream."""


@dataclass(frozen=True, slots=True)
class Recording:
    """How a recording is made."""

    container: str
    video: str
    sound: str
    fps: int
    picture_later: float
    """Seconds by which the picture begins after the sound; below zero before it."""
    clock: float
    """Seconds on the file's own clock at which it begins."""
    tracks: int
    length: float
    """Seconds of each stream."""

    @property
    def picture_at(self) -> float:
        """Seconds from the first picture or sound at which the picture turns bright."""
        return BRIGHT + max(self.picture_later, 0.0)

    @property
    def sound_at(self) -> float:
        """Seconds from the first picture or sound at which the sound sets in."""
        return LOUD + max(-self.picture_later, 0.0)

    @property
    def duration(self) -> float:
        """Seconds from the first picture or sound to the last."""
        return self.length + abs(self.picture_later)


@dataclass(frozen=True, slots=True)
class Found:
    """By how many seconds what was found of a recording is off; None where it was not found."""

    recording: Recording
    picture: float | None
    sound: float | None
    length: float

    @property
    def right(self) -> bool:
        """Whether everything is within what is allowed."""
        return (
            self.picture is not None
            and self.sound is not None
            and abs(self.picture) <= PICTURE
            and abs(self.sound) <= SOUND
            and abs(self.length) <= LENGTH
        )


def combinations(number: int, seed: int = 0) -> Iterator[Recording]:
    """Different recordings, as many as asked for, drawn by chance."""
    chance = random.Random(seed)
    known: set[Recording] = set()
    while len(known) < number:
        container = chance.choice(tuple(CONTAINERS))
        videos, sounds = CONTAINERS[container]
        video, shift = chance.choice(videos), chance.choice(SHIFTS) * chance.choice((-1, 1))
        one = Recording(
            container=container,
            video=video,
            sound=chance.choice(sounds),
            fps=chance.choice((25, 30) if video == "mpeg2video" else (10, 25, 30)),
            # AVI has no clock: what comes later is filled up
            picture_later=0.0 if container == "avi" else shift,
            clock=chance.choice(CLOCKS) if container in ("ts", "mkv") else 0.0,
            tracks=chance.choice((1, 2)),
            length=chance.choice(LENGTHS),
        )
        if one not in known:
            known.add(one)
            yield one


def made(recording: Recording, path: Path) -> Path:
    """Write a recording; the path's suffix must be its container's."""
    picture_start = recording.clock + max(recording.picture_later, 0.0)
    sound_start = recording.clock + max(-recording.picture_later, 0.0)
    options = {"avoid_negative_ts": "disabled"} if recording.container in ("mkv", "webm") else {}
    with av.open(str(path), "w", options=options) as file:
        video = cast(VideoStream, file.add_stream(recording.video, rate=recording.fps))
        video.width, video.height = SIZE
        video.pix_fmt = PIXELS.get(recording.video, "yuv420p")
        video.codec_context.time_base = Fraction(1, recording.fps)
        tracks = [
            cast(AudioStream, file.add_stream(recording.sound, rate=RATE, layout="mono"))
            for _ in range(recording.tracks)
        ]
        steps: list[tuple[float, int, np.ndarray]] = []
        for number in range(round(recording.length * recording.fps)):
            level = 230 if number / recording.fps >= BRIGHT else 20
            image = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
            steps.append((picture_start + number / recording.fps, -1, image))
        time = np.arange(round(recording.length * RATE)) / RATE
        wave = np.where(time >= LOUD, 0.5 * np.sin(2 * np.pi * 440 * time), 0).astype(np.float32)
        for first in range(0, len(wave), 1024):
            at = sound_start + first / RATE
            steps += [(at, track, wave[first : first + 1024]) for track in range(recording.tracks)]
        for at, track, data in sorted(steps, key=lambda step: step[0]):
            if track < 0:
                frame = VideoFrame.from_ndarray(data, format="rgb24")
                frame.pts, frame.time_base = round(at * recording.fps), Fraction(1, recording.fps)
                file.mux(video.encode(frame))
            else:
                piece = AudioFrame.from_ndarray(data[None], format="fltp", layout="mono")
                piece.sample_rate, piece.time_base, piece.pts = RATE, Fraction(1, RATE), round(at * RATE)
                file.mux(tracks[track].encode(piece))
        for stream in (video, *tracks):
            file.mux(stream.encode(None))
    return path


def found(recording: Recording, folder: Path) -> Found:
    """What is found of a recording, by how much it is off."""
    path = made(recording, folder / f"recording.{recording.container}")
    bright = next((frame.time for frame in frames(path, 2.0) if frame.image.mean() > 128), None)
    loud = None
    for chunk in audio(path):
        heard = np.flatnonzero(np.abs(chunk.samples) > 0.1)
        if len(heard):
            loud = chunk.start + float(heard[0]) / SAMPLE_RATE
            break
    return Found(
        recording,
        None if bright is None else round(bright - recording.picture_at, 3),
        None if loud is None else round(loud - recording.sound_at, 3),
        round(probe(path).duration - recording.duration, 3),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidscout.bench.measure.recordings.recordings", description=__doc__)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args()
    results: list[Found] = []
    with tempfile.TemporaryDirectory() as folder:
        for recording in combinations(asked.number, asked.seed):
            results.append(found(recording, Path(folder)))
            if asked.json:
                print(json.dumps(asdict(results[-1])), flush=True)
            elif not results[-1].right:
                print(results[-1], flush=True)
    off = {
        name: [abs(value) for one in results if (value := getattr(one, name)) is not None]
        for name in ("picture", "sound", "length")
    }
    for name, values in off.items():
        print(f"{name}: median {np.median(values):.3f} s off, at most {max(values):.3f} s, of {len(values)}")
    print(f"right: {sum(one.right for one in results)} of {len(results)}")


if __name__ == "__main__":
    main()
