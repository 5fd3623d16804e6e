"""Small videos, and stages without weights that read them, so that thousands of readings take minutes."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ...agent.scout import VideoScout
from ...graphs.ingest.graph import build
from ...graphs.ingest.stage import AudioStage, Cost, Found, FrameStage, Sampling, Stage, Watched, packed, unpacked
from ...graphs.ingest.stages.of_picture.thumbnails import Thumbnails
from ...graphs.ingest.state import Ingest, IngestState
from ...tools.index.video_index import VideoIndex
from ...tools.media.audio import SAMPLE_RATE, AudioChunk
from ...tools.media.video import Frame
from ...tools.payloads import Caption, Labels, Modality, Spoken, Tag
from ...tools.records import Record, Span
from ...tools.runtime.backend import Tool
from ...tools.videollm.interface import Finish, Message, VideoLLM

RATE = 5.0
"""Frames a second that are looked at."""
SIZE = 16
"""Numbers in each vector."""
SECONDS = 1.0
"""Length of a window of sound."""
WIDTH, HEIGHT = 96, 64
SOUND = 48_000
"""Samples a second of made sounds."""


def write(path: Path, seconds: float, codec: str = "mpeg4", sound: str | None = "aac", seed: int = 0) -> Path:
    """A film of moving noise with a tone; the path's suffix picks the container, an empty codec leaves the picture out.

    Args:
        path: of the file.
        seconds: that it lasts.
        codec: of the picture.
        sound: codec of the sound; None for none.
        seed: two films of one seed are the same.
    """
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as film:
        picture = cast(VideoStream, film.add_stream(codec, rate=10)) if codec else None
        if picture is not None:
            picture.width, picture.height = WIDTH, HEIGHT
            picture.pix_fmt = "yuvj420p" if codec == "mjpeg" else "rgb8" if codec == "gif" else "yuv420p"
        track = cast(AudioStream, film.add_stream(sound, rate=SOUND, layout="mono")) if sound else None
        for number in range(round(seconds * 10) if picture is not None else 0):
            image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            image[:, : 2 + 3 * number % WIDTH] = rng.integers(40, 255, 3)
            frame = VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            assert picture is not None
            film.mux(picture.encode(frame))
        if picture is not None:
            film.mux(picture.encode(None))
        if track is not None:
            _tone(film, track, seconds, float(rng.integers(200, 900)))
    return path


def _tone(film: Any, track: AudioStream, seconds: float, pitch: float) -> None:
    size = track.codec_context.frame_size or 1024
    for first in range(0, round(seconds * SOUND), size):
        at = np.arange(first, first + size) / SOUND
        samples = (0.5 * np.sin(2 * np.pi * pitch * at)).astype(np.float32)[None]
        frame = AudioFrame.from_ndarray(samples, format="flt" if track.format.name == "flt" else "fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND, first, Fraction(1, SOUND)
        film.mux(track.encode(frame))
    film.mux(track.encode(None))


class HashedTexts(Tool[str, np.ndarray]):
    """A vector for each text by its hash."""

    role = "text_embedding"
    name = "hashed-for-reliability"

    def setup(self) -> None:
        """Needs nothing."""

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        """One vector of (16,) a text."""
        return [
            np.frombuffer(hashlib.sha256(text.encode()).digest()[:SIZE], np.uint8).astype(np.float32) - 127.5
            for text in batch
        ]


class Colours(FrameStage):
    """One record a frame: its mean colour; a vector of each frame as well."""

    name = "colours"
    writes = (Modality.FRAME,)
    cost = Cost.FREE

    @property
    def fingerprint(self) -> str:
        """Of these options, of which there are none."""
        return "colours/1"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        """Write the vectors, and down what the colours are."""
        colours = [frame.image.reshape(-1, 3).mean(axis=0) for frame in frames]
        rows = np.stack([np.resize(colour - 100.0, SIZE) for colour in colours])
        video.index.add_frame_vectors(video.id, [frame.time for frame in frames], {"": rows})
        return [packed(str, "-".join(f"{part:.0f}" for part in colour)) for colour in colours]

    def records(self, found: Found) -> list[Record]:
        """One a frame."""
        return [
            Record.of(found.video, span, Labels((Tag(f"colour {unpacked(str, row)}", 0.5),)), 1.0, self.fingerprint)
            for span, row in found.standing(self.name)
        ]


class Tones(AudioStage):
    """One record a second of sound: how loud it is."""

    name = "tones"
    writes = (Modality.SPEECH,)

    @property
    def fingerprint(self) -> str:
        """Of these options, of which there are none."""
        return "tones/1"

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """Of a second each."""
        start, held, size = None, np.zeros(0, np.float32), round(SECONDS * SAMPLE_RATE)
        for chunk in chunks:
            start = chunk.start if start is None else start
            held = np.concatenate([held, chunk.samples])
            while len(held) >= size:
                yield AudioChunk(start, held[:size])
                start, held = start + SECONDS, held[size:]
        if start is not None and len(held):
            yield AudioChunk(start, held)

    def observe(self, video: Watched, window: AudioChunk) -> list[tuple[float, Any]]:
        """The loudness of one."""
        return [(window.start, packed(float, round(float(np.sqrt(np.mean(window.samples**2))), 3)))]

    def records(self, found: Found) -> list[Record]:
        """One a window."""
        heard = [(at, f"tone of {unpacked(float, row)} at {at:g}") for at, row in found.observations(self.name)]
        return [Record.of(found.video, Span(at, at + SECONDS), Spoken(text), 1.0, "t/1") for at, text in heard]


class Summary(Stage):
    """One record about what the others found."""

    name = "summary"
    needs = ("colours", "tones")
    writes = (Modality.CAPTION,)
    cost = Cost.FREE

    @property
    def fingerprint(self) -> str:
        """Of these options, of which there are none."""
        return "summary/1"

    def records(self, found: Found) -> list[Record]:
        """The one."""
        counts = [len(found.records(name)) for name in self.needs]
        said = Caption(f"{counts[0]} colours, {counts[1]} tones")
        return [Record.of(found.video, Span(0, found.duration), said, 1.0, "summary/1")]


STAGES: Callable[[], tuple[Stage, ...]] = lambda: (Thumbnails(Sampling(RATE)), Colours(), Tones(), Summary())  # noqa: E731


def read(index: VideoIndex, path: Path, **options: Any) -> dict[str, Any]:
    """Read a film by all the stages; the state in which the graph ended."""
    stages = STAGES()
    ingest = Ingest(
        index.library, index.library.journal, index, stages, HashedTexts(), Sampling(RATE, longest_side=256), **options
    )
    state: Any = IngestState(str(path), index.library.identify(path))
    return build(stages).compile().invoke(state, context=ingest)


class HashedLabels(HashedTexts):
    """The same for labels."""

    role = "label_embedding"
    name = "hashed-labels-for-reliability"


class Parrot(VideoLLM):
    """Answers with the last line of evidence that it was given, and takes the first option."""

    role = "answerer"
    name = "parrot-for-reliability"

    def setup(self) -> None:
        """Needs nothing."""

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        """Repeat what stands in the last quotation marks."""
        yield f"{messages[-1].text.rpartition(': ')[0].rpartition('said: ')[2].split(chr(10))[0]}."
        return Finish.STOP

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """`A`."""
        return {"A": -0.1, "B": -2.0}

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """A word is a token."""
        return sum(len(message.text.split()) for message in messages)


def scout(home: Path, **settings: Any) -> VideoScout:
    """A whole `VideoScout` whose tools need no weights."""
    roles = {
        "text_embedding": HashedTexts.name,
        "label_embedding": HashedLabels.name,
        "answerer": Parrot.name,
        "judge": False,
    }
    return VideoScout("toys", home, profiles={"toys": {"base": "embedded", "roles": roles}}, **settings)
