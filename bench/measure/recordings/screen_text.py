"""How well and how fast text on the screen is read: lines of known wording, drawn and filmed.

    python -m vidscout.bench.measure.recordings.screen_text [--backend pp-ocr] [--threads 2] [--captions 24] [--json]

*Lines*: single lines in four typefaces and sizes on light, dark and filmed grounds, then lines on whole frames (the
trailer's cards, a lecture's slides, captions from 12 pixels up over film): how many are read exactly, exactly but for
spaces, and approximately, and the character error rate. *False*: lines read on film on which nothing is written.
"""

import argparse
import io
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....tools.errors import VidscoutError
from ....tools.media import video as media
from ....tools.perception.screen_text.lines_over_time import BELIEVED
from ....tools.runtime.backend import Tool, backend
from ...data.videos import LECTURE, fetch, lecture

if TYPE_CHECKING:
    from PIL import ImageFont

    from ....tools.records import TextLine

Written = tuple[np.ndarray, Sequence[str]]
"""A frame, (H, W, 3) uint8, RGB, and the lines that are written on it."""
Reader = Tool[np.ndarray, "list[TextLine]"]

CARDS = {
    6: ("The Blender Foundation and", "Peach Project presents"),
    12: ("An unlucky bird",),
    18: ("A (slightly overweight) bunny",),
    34: ("And three rodent pests",),
    50: ("Revenge is coming...",),
}
"""What is written in the trailer at which second."""
BARE = (2, 16, 26, 28, 30, 37, 39, 41, 43, 45, 46)
"""Seconds at which nothing is written in the trailer."""
BARE_FILMS = ("bikes", "carphone", "caminandes", "woman", "cup")
"""Videos on which nothing is written that a person could read."""
LINES = (
    "Revenue grew by 12 percent in the second quarter",
    "The storming of the Bastille on 14 July 1789",
    "Contact us at info@example.org",
    "Mail jane.doe+talks@example.org by Friday",
    "https://example.org/slides?id=42",
    "Lecture 12: Binary Search Trees",
    "Parking is available behind the building",
    "Die Brücke über den Fluss wurde größer",
    "Äpfel, Öl und Übermut für 3,50 €",
    "Le théâtre était fermé à Noël",
    "El niño comió piñas en España",
    "Ação e coração em São Paulo",
    "Smörgåsbord på Åland",
    "Tel. +49 221 555-0142",
    "2 + 2 = 4, 10 % of 250 is 25",
    "$1,200,000 (net) vs. $980,500 (gross)",
    "“To be, or not to be?” he asked.",
    "def merge(lines: list[str]) -> str:",
    "Room B-204, 09:30-11:00",
    "I am in it; if it is, I'll do so",
    "MINUTES OF THE MEETING",
    "Temperature 29 °C, wind 12 km/h",
)
TYPEFACES = ("lato", "caladea", "source sans", "manrope")
SIZES = (16, 20, 28, 40)
"""Pixels of type of single lines."""
CAPTION_SIZES = (12, 14, 16, 20, 28, 60)
"""Pixels of type, on frames of 1280×720."""
ALIKE = 90
"""rapidfuzz ratio, spaces and case aside, from which a line counts as read approximately."""
STRIP = (1280, 160)
"""Pixels, width and height, of the ground of a single line."""
GROUNDS = {"light": ("white", "#f4efe0", "#dfe8f0"), "dark": ("black", "#102040", "#2a1a1a")}
INKS = {"light": ("black", "#203050", "#444444"), "dark": ("white", "#f0f0d0", "#ffcc66")}
QUALITY = 80
"""Of JPEG, which stands for what a video's encoder loses."""


@dataclass(frozen=True, slots=True)
class KnownLines:
    """Lines whose wording is known."""

    where: str
    lines: int
    exact: int
    unspaced: int
    """Exact but for spaces."""
    alike: int
    """Approximately: by rapidfuzz ratio, spaces and case aside."""
    errors: float
    """Characters to insert, delete or replace in the most similar line read, as a share of all."""
    processor: float
    """Milliseconds of processor time a frame."""

    def row(self) -> str:
        """The figures as a row of the table."""
        return (
            f"| {self.where} | {self.lines} | {self.exact} | {self.unspaced} | {self.alike} | {self.errors:.4f} "
            f"| {self.processor:.0f} |"
        )


@dataclass(frozen=True, slots=True)
class FalseLines:
    """Lines read where nothing is written."""

    where: str
    frames: int
    lines: int
    believed: int
    """Those that would become a record."""
    processor: float
    """Milliseconds of processor time a frame."""

    def row(self) -> str:
        """The figures as a row of the table."""
        return f"| {self.where} | {self.frames} | {self.lines} | {self.believed} | {self.processor:.0f} |"


HEADERS = {
    KnownLines: (
        "| where | lines | exact | spaces aside | approximately | character errors | processor ms a frame |\n"
        "|---|---|---|---|---|---|---|"
    ),
    FalseLines: "| without text | frames | lines | believed | processor ms a frame |\n|---|---|---|---|---|",
}


def known_lines(reader: Reader, captions: int, seed: int = 0) -> Iterator[KnownLines]:
    """How a reader reads lines of known wording.

    Args:
        reader: ready to run.
        captions: lines drawn over film frames, of each size.
        seed: chooses typefaces, colours and places.
    """
    shown = film("trailer")
    bare = [shown[at] for at in BARE]
    for ground in ("light", "dark", "film"):
        yield compared(f"single lines, {ground}", list(single_lines(ground, bare, seed)), reader)
    yield compared("cards of the trailer", [(shown[at], lines) for at, lines in CARDS.items()], reader)
    slides = film(lecture())
    written = [(slides[int(slide.start) + 1], (slide.title, *slide.bullets)) for slide in LECTURE.slides]
    yield compared("slides of the lecture", written, reader)
    for size in CAPTION_SIZES:
        drawn = [captioned(bare[n % len(bare)], size, seed + n) for n in range(captions)]
        yield compared(f"captions of {size} pixels over film", drawn, reader)


def false_lines(reader: Reader) -> Iterator[FalseLines]:
    """What a reader reads on film without text."""
    trailer = film("trailer")
    yield _false("trailer", [trailer[at] for at in BARE], reader)
    for name in BARE_FILMS:
        yield _false(name, list(film(name, 0.5).values()), reader)


def _false(where: str, images: Sequence[np.ndarray], reader: Reader) -> FalseLines:
    read, processor = _timed(images, reader)
    lines = [line for found in read for line in found]
    return FalseLines(where, len(images), len(lines), sum(line.score >= BELIEVED for line in lines), processor)


def compared(where: str, written: Sequence[Written], reader: Reader) -> KnownLines:
    """What was read against what is written."""
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.fuzz import ratio

    read, processor = _timed([image for image, _ in written], reader)
    exact = unspaced = alike = errors = 0
    wanted = [
        (line, [found.text for found in lines])
        for (_, known), lines in zip(written, read, strict=True)
        for line in known
    ]
    for line, texts in wanted:
        exact += line in texts
        unspaced += _closed(line) in map(_closed, texts)
        alike += any(ratio(_closed(line).casefold(), _closed(text).casefold()) >= ALIKE for text in texts)
        errors += min((Levenshtein.distance(line, text) for text in [*texts, ""]), default=0)
    total = sum(len(line) for line, _ in wanted)
    return KnownLines(where, len(wanted), exact, unspaced, alike, errors / total, processor)


def _closed(text: str) -> str:
    return "".join(text.split())


def _timed(images: Sequence[np.ndarray], reader: Reader) -> "tuple[list[list[TextLine]], float]":
    """The lines of each frame, read one by one, and the milliseconds of processor time a frame."""
    began = time.process_time()
    read = [reader.run([image])[0] for image in images]
    return read, (time.process_time() - began) / len(images) * 1e3


def single_lines(ground: str, frames: Sequence[np.ndarray], seed: int) -> Iterator[Written]:
    """Every line in every size, each in a typeface of its own, on a strip of `ground`: `light`, `dark` or `film`."""
    from PIL import Image, ImageDraw

    chance = random.Random(f"{seed} {ground}")
    width, height = STRIP
    for line in LINES:
        for size in SIZES:
            font = typeface(chance.choice(TYPEFACES), size)
            if ground == "film":
                picture = frames[chance.randrange(len(frames))]
                top = chance.randrange(picture.shape[0] - height)
                image = Image.fromarray(picture[top : top + height, :width])
            else:
                image = Image.new("RGB", STRIP, chance.choice(GROUNDS[ground]))
            ink = "white" if ground == "film" else chance.choice(INKS[ground])
            border = 1 if ground == "film" else 0
            ImageDraw.Draw(image).text((20, 50), line, ink, font, stroke_width=border, stroke_fill="black")
            yield _encoded(image), (line,)


def captioned(frame: np.ndarray, size: int, number: int) -> Written:
    """A frame with a line somewhere on it: outlined, on a dark bar, or in plain white."""
    from PIL import Image, ImageDraw

    chance = random.Random(f"{number} {size}")
    image, line = Image.fromarray(frame), LINES[number % len(LINES)]
    font, pen = typeface(chance.choice(TYPEFACES), size), ImageDraw.Draw(image)
    width, height = pen.textbbox((0, 0), line, font)[2:]
    x = chance.randrange(8, max(image.width - int(width) - 8, 9))
    y = chance.randrange(8, image.height - int(height) - 8)
    look = chance.choice(("outlined", "bar", "plain"))
    if look == "bar":
        pen.rectangle((x - 6, y - 3, x + width + 6, y + height + 3), fill="#202020")
    pen.text((x, y), line, "white", font, stroke_width=1 if look == "outlined" else 0, stroke_fill="black")
    return _encoded(image), (line,)


def typeface(name: str, size: int) -> "ImageFont.FreeTypeFont":
    """One of TYPEFACES, fetched where it is not here yet."""
    from PIL import ImageFont

    return ImageFont.truetype(fetch(name), size)


def film(source: str | Path, rate: float = 1.0) -> dict[int, np.ndarray]:
    """The frames of a fetched video or of a file, `rate` a second, by the whole second."""
    path = fetch(source) if isinstance(source, str) else source
    return {round(frame.time): frame.image for frame in media.frames(path, rate)}


def _encoded(image: Any) -> np.ndarray:
    from PIL import Image

    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(packed).convert("RGB"))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vidscout.bench.measure.recordings.screen_text", description=__doc__
    )
    parser.add_argument("--backend", default="pp-ocr")
    parser.add_argument("--threads", type=int, default=2, help="of one forward pass")
    parser.add_argument("--captions", type=int, default=24, help="lines drawn over film frames, of each size")
    parser.add_argument("--seed", type=int, default=0, help="chooses typefaces, colours and places")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of tables")
    asked = parser.parse_args()
    try:
        made = backend("screen_text", asked.backend)
        assert issubclass(made, Tool)
        options = {"threads": asked.threads} if asked.backend == "pp-ocr" else {}
        reader = made(**options)  # pyright: ignore[reportCallIssue]
        reader.run([np.zeros((64, 64, 3), np.uint8)])
        for kind, rows in (
            (KnownLines, known_lines(reader, asked.captions, asked.seed)),
            (FalseLines, false_lines(reader)),
        ):
            if not asked.json:
                print(f"\n{HEADERS[kind]}")
            for row in rows:
                print(json.dumps(asdict(row)) if asked.json else row.row(), flush=True)
    except VidscoutError as error:
        parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()
