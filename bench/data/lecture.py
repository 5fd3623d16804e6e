"""The made lecture: slides drawn with Pillow, a synthesised voice, and a list of what is shown and said when."""

import hashlib
import os
import tempfile
import tomllib
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...tools.errors import UsageError
from . import fetched
from .voice import SAMPLE_RATE, speak

if TYPE_CHECKING:
    from PIL import Image

SCRIPT = Path(__file__).with_name("lecture.toml")

WIDTH, HEIGHT = 1280, 720
"""Pixels."""

FPS = 25

LEAD, PAUSE, TAIL = 0.7, 0.6, 0.4
"""Seconds of silence before a slide's first sentence, between two sentences, and (at least) after the last."""

WORDS_PER_MINUTE = 130
"""Slow enough for small speech recognisers to follow a synthetic voice."""

COLOURS = ("#7a1f3d", "#12507b", "#1d6b45", "#7a4a12", "#4b2c7a", "#0f6a6a")
"""Of the title and the line under it, one a slide in turn, so that a new slide is also a new picture."""


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide and what is said while it stands."""

    start: float
    """Seconds."""
    end: float
    title: str
    bullets: tuple[str, ...]
    spoken: tuple[str, ...]
    """Sentences."""
    photo: str | None = None
    """A name in `fetched.PHOTOS`."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and where its sound stands."""

    start: float
    """Seconds."""
    text: str
    samples: np.ndarray
    """Mono int16 at the voice's rate."""

    @property
    def end(self) -> float:
        """Seconds at which it ends."""
        return self.start + len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Lecture:
    """A whole lecture, slide after slide without a gap."""

    title: str
    slides: tuple[Slide, ...]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.slides[-1].end

    def slide_at(self, time: float) -> Slide:
        """The slide that stands at a time in seconds."""
        for slide in self.slides:
            if slide.start <= time < slide.end:
                return slide
        raise UsageError(f"the lecture runs from 0 to {self.duration} s, {time} was asked for")

    def sentences(self) -> list[Sentence]:
        """Every sentence as it is spoken, with its time.

        Raises:
            UsageError: the speech over a slide is longer than the slide stands.
        """
        sounds = iter(speak([text for slide in self.slides for text in slide.spoken], WORDS_PER_MINUTE))
        sentences: list[Sentence] = []
        for slide in self.slides:
            at = slide.start + LEAD
            for text in slide.spoken:
                sentences.append(Sentence(at, text, next(sounds)))
                at = sentences[-1].end + PAUSE
            if at - PAUSE + TAIL > slide.end:
                raise UsageError(f"slide {slide.title!r} ends at {slide.end} s, its speech at {at - PAUSE:.1f} s")
        return sentences

    def varied(self, words: dict[str, str]) -> "Lecture":
        """The same lecture with some words replaced, on the slides and in the speech."""

        def new(text: str) -> str:
            for old, other in words.items():
                text = text.replace(old, other)
            return text

        def all_new(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new(text) for text in texts)

        slides = (
            replace(slide, title=new(slide.title), bullets=all_new(slide.bullets), spoken=all_new(slide.spoken))
            for slide in self.slides
        )
        return Lecture(new(self.title), tuple(slides))


@cache
def _script() -> tuple[Lecture, ...]:
    script = tomllib.loads(SCRIPT.read_text(encoding="utf-8"))
    slides = [
        Slide(**entry | {"bullets": tuple(entry["bullets"]), "spoken": tuple(entry["spoken"])})
        for entry in script["slides"]
    ]
    lecture = Lecture(script["title"], tuple(slides))
    return lecture, *(lecture.varied(words) for words in script["variants"])


LECTURES = _script()
"""The demo's lecture, then its variants about other projects with other facts."""

LECTURE = LECTURES[0]
"""The lecture that the demo and the question sets are about."""


def make(lecture: Lecture, path: Path) -> Path:
    """Write a lecture as H.264 and AAC in MP4; the same lecture gives the same bytes.

    Raises:
        BackendUnavailableError: there is no voice.
        MediaError: a photo could not be fetched.
    """
    import av
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

    sound = _sound(lecture)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        # Threads are fixed because they are part of what an encoder's result depends on.
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23", "threads": "2"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        speech = container.add_stream("aac", rate=SAMPLE_RATE, options={"b": "64k"})
        speech.layout = "mono"
        for number, slide in enumerate(lecture.slides):
            picture = VideoFrame.from_image(draw(slide, number)).reformat(format="yuv420p")
            for tick in range(round(slide.start * FPS), round(slide.end * FPS)):
                picture.pts, picture.time_base = tick, Fraction(1, FPS)
                container.mux(video.encode(picture))
            first, last = round(slide.start * SAMPLE_RATE), round(slide.end * SAMPLE_RATE)
            samples = AudioFrame.from_ndarray(sound[None, first:last], format="s16", layout="mono")
            samples.sample_rate, samples.pts, samples.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
            container.mux(speech.encode(samples))
        container.mux(video.encode(None))
        container.mux(speech.encode(None))
    return path


def made(number: int = 0) -> Path:
    """One of LECTURES as a video file, from the cache folder or made now."""
    lecture = LECTURES[number]
    name = "lecture" if number == 0 else f"lecture-{number}"
    return kept(name, repr((WIDTH, HEIGHT, FPS, WORDS_PER_MINUTE, COLOURS, lecture)), lambda path: make(lecture, path))


def kept(name: str, recipe: str, make_at) -> Path:
    """A made video from the cache folder, made when its recipe has changed or it was never made."""
    key = hashlib.blake2b(recipe.encode(), digest_size=4).hexdigest()
    target = fetched.folder() / f"made-{key}" / f"{name}.mp4"
    if not target.is_file():
        target.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as making:
            os.replace(make_at(Path(making) / target.name), target)
    return target


def draw(slide: Slide, number: int) -> "Image.Image":
    """A slide as a picture: its title, its points, and its photo on the right."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (WIDTH, HEIGHT), "#fbfaf7" if number % 2 == 0 else "#eef2f6")
    pen = ImageDraw.Draw(picture)
    colour = COLOURS[number % len(COLOURS)]
    pen.text((80, 70), slide.title, font=ImageFont.load_default(68), fill=colour)
    pen.rectangle((80, 168, 1200, 174), fill=colour)
    font = ImageFont.load_default(40)
    for row, bullet in enumerate(slide.bullets):
        top = 250 + row * 100
        pen.ellipse((84, top + 18, 100, top + 34), fill=colour)
        pen.text((124, top), bullet, font=font, fill="#222222")
    if slide.photo:
        with Image.open(fetched.fetch(slide.photo)) as photo:
            shown = photo.convert("RGB")
        shown = shown.resize(_within(shown.size, (480, 440)), Image.Resampling.LANCZOS)
        picture.paste(shown, (1200 - shown.width, 220 + (440 - shown.height) // 2))
    return picture


def _within(size: tuple[int, int], limit: tuple[int, int]) -> tuple[int, int]:
    scale = min(limit[0] / size[0], limit[1] / size[1])
    return round(size[0] * scale), round(size[1] * scale)


def _sound(lecture: Lecture) -> np.ndarray:
    sound = np.zeros(round(lecture.duration * SAMPLE_RATE), np.int16)
    for sentence in lecture.sentences():
        first = round(sentence.start * SAMPLE_RATE)
        sound[first : first + len(sentence.samples)] = sentence.samples
    return sound
