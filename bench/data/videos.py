"""Where the demo's, the tests' and the benchmarks' videos come from: fetched real ones, a made lecture, long versions.

    python -m vidscout.bench.data.videos lecture
    python -m vidscout.bench.data.videos lecture --minutes 60
    python -m vidscout.bench.data.videos trailer

prints the path of the file. Files are kept in the user's cache folder, or in the one that VIDSCOUT_TEST_VIDEOS names.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np

from ...tools.errors import UsageError, VidscoutError
from ...tools.media import video as media
from .fetched import VIDEOS, fetch
from .lecture import LECTURE, LECTURES, kept, made

__all__ = ["LECTURE", "LECTURES", "fetch", "lecture", "long_film", "long_lecture"]

FILM_PARTS = ("trailer", "bikes", "bigbuckbunny", "carphone")
FILM_SIZE = (640, 360)
"""Pixels."""
FILM_FPS = 25

LONGEST = 24 * 60
"""Minutes."""


def lecture(path: str | Path | None = None, minutes: float | None = None) -> Path:
    """The made lecture of about two minutes, whose script is LECTURE; or, with `minutes`, a long one.

    Args:
        path: where to put it; None leaves it in the cache folder.
        minutes: length of a long lecture.
    """
    found = made() if minutes is None else long_lecture(minutes)
    if path is None:
        return found
    return Path(shutil.copyfile(found, path))


def long_lecture(minutes: float) -> Path:
    """A lecture of any length: the made lectures, one after another, in rotation.

    From second `n * LECTURE.duration` on it is `LECTURES[n % len(LECTURES)]`. The first call encodes them all, later
    ones copy packets.
    """
    return _long("lecture", [partial(made, number) for number in range(len(LECTURES))], minutes)


def long_film(minutes: float) -> Path:
    """A video of any length with cuts, motion and music: real clips at 640×360, one after another, in rotation."""
    return _long("film", [partial(_film_part, name) for name in FILM_PARTS], minutes)


def _long(name: str, makers: Sequence[Callable[[], Path]], minutes: float) -> Path:
    if not 0 < minutes <= LONGEST:
        raise UsageError(f"a made video is up to {LONGEST} minutes long, got {minutes}")
    parts = [make() for make in makers]
    recipe = repr([(part.parent.name, part.name) for part in parts])
    return kept(f"{name}-{minutes:g}min", recipe, lambda path: concatenate(parts, path, minutes * 60))


def concatenate(parts: Sequence[Path], path: Path, seconds: float) -> Path:
    """Copy the packets of videos with the same encoding, one video after another and again, up to a length.

    Args:
        parts: MP4 files with one video and one audio stream, written by the same encoder with the same settings.
        path: the MP4 file to write.
        seconds: where to stop.
    """
    import av
    from av.stream import Stream

    with av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        streams: dict[str, Stream] = {}
        offset = Fraction(0)
        for part in cycle(parts):
            if offset >= seconds:
                break
            with av.open(str(part)) as source:
                video, sound = source.streams.video[0], source.streams.audio[0]
                if not streams:
                    streams = {stream.type: target.add_stream_from_template(stream) for stream in (video, sound)}
                elif streams["video"].codec_context.extradata != video.codec_context.extradata:
                    raise UsageError(f"{part}: is encoded differently from {parts[0]}")
                length = Fraction(video.duration or 0) * (video.time_base or 0)
                for packet in source.demux(video, sound):
                    if packet.pts is None or packet.dts is None:
                        continue
                    # An audio encoder's lead-in and padding would overlap the neighbours.
                    spills = packet.pts < 0 or (packet.pts + (packet.duration or 0)) * packet.time_base > length
                    if (packet.stream is sound and spills) or offset + packet.dts * packet.time_base >= seconds:
                        continue
                    shift = round(offset / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = streams[packet.stream.type]
                    target.mux(packet)
            offset += length
    return path


def _film_part(name: str) -> Path:
    source = fetch(name)
    return kept(f"film-{name}", repr((FILM_SIZE, FILM_FPS, VIDEOS[name])), lambda path: _encode_film_part(source, path))


def _encode_film_part(source: Path, path: Path) -> Path:
    """A clip at the common size, rate and encoding, with black bars where its shape differs."""
    import av
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

    count = round(media.probe(source).duration * FILM_FPS)
    with av.open(str(path), "w") as target:
        video = target.add_stream("libx264", rate=FILM_FPS, options={"preset": "veryfast", "crf": "23", "threads": "2"})
        (video.width, video.height), video.pix_fmt = FILM_SIZE, "yuv420p"
        audio = target.add_stream("aac", rate=media.SAMPLE_RATE, options={"b": "48k"})
        audio.layout = "mono"
        for tick, picture in enumerate(_steady(source, count)):
            shown = VideoFrame.from_ndarray(picture, format="rgb24")
            shown.pts, shown.time_base = tick, Fraction(1, FILM_FPS)
            target.mux(video.encode(shown))
        target.mux(video.encode(None))
        sound = np.zeros(count * media.SAMPLE_RATE // FILM_FPS, np.float32)
        for chunk in media.audio(source):
            first = round(chunk.start * media.SAMPLE_RATE)
            room = sound[first : first + len(chunk.samples)]
            room[:] = chunk.samples[: len(room)]
        samples = AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        samples.sample_rate, samples.pts, samples.time_base = media.SAMPLE_RATE, 0, Fraction(1, media.SAMPLE_RATE)
        target.mux(audio.encode(samples))
        target.mux(audio.encode(None))
    return path


def _steady(source: Path, count: int) -> Iterator[np.ndarray]:
    """The picture that stands at each tick of the common frame rate, at the common size."""
    coming = media.frames(source, rate=FILM_FPS, longest_side=max(FILM_SIZE))
    picture, following = np.zeros((FILM_SIZE[1], FILM_SIZE[0], 3), np.uint8), next(coming, None)
    for tick in range(count):
        while following is not None and round(following.time * FILM_FPS) <= tick:
            picture, following = _boxed(following.image), next(coming, None)
        yield picture


def _boxed(image: np.ndarray) -> np.ndarray:
    from PIL import Image, ImageOps

    return np.asarray(ImageOps.pad(Image.fromarray(image), FILM_SIZE, Image.Resampling.BICUBIC, color="black"))


def main() -> None:
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m vidscout.bench.data.videos", description="Print the path of a video."
    )
    parser.add_argument("name", choices=["lecture", "film", *VIDEOS])
    parser.add_argument("--minutes", type=float, help="length; for lecture and film")
    asked = parser.parse_args()
    try:
        if asked.name == "lecture":
            print(lecture(minutes=asked.minutes))
        elif asked.name == "film":
            print(long_film(asked.minutes or 10))
        else:
            print(fetch(asked.name))
    except VidscoutError as error:
        parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()
