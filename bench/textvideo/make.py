"""A long text as a video of one page a picture, and questions that only who has read the pages can answer.

T2Vid renders long texts as pictures to train on; here such a video tests reading and retrieval without any network or
photograph. It has no sound. The set has the fields and files of a needle set, so `bench run` reads it.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import UsageError
from .ask import TURNS, Asked, draw

if TYPE_CHECKING:
    from PIL import Image

WIDTH, HEIGHT = 1280, 720
MARGIN, SIZE, LINE = 70, 34, 46
"""Pixels: around the text, of a letter, and from line to line."""

LINES = (HEIGHT - 2 * MARGIN) // LINE

FPS = 4

GROUNDS, INK = ("#fbfaf7", "#f1ece2"), "#1d1d1f"
"""Of even and odd pages, so that a change of page can be told from a change of words."""

LEAST_PAGES = 4


@dataclass(frozen=True, slots=True)
class Made:
    """A set on disk."""

    folder: Path
    questions: int
    pages: int
    seconds: float
    """Length of the video."""


def make(text: Path, out: Path, seed: int, questions: int = 40, seconds: float = 3.0) -> Made:
    """Make a set from a text; the same text, seed and numbers give the same questions.

    Args:
        text: a UTF-8 file of words that spaces separate.
        out: the set's folder.
        seed: of the questions.
        questions: at most so many.
        seconds: how long each page stands.

    Raises:
        UsageError: the text cannot be read or is too short, or the folder holds another set.
    """
    try:
        written = text.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{text}: cannot be read as UTF-8 text ({error})") from error
    pages = paged(written)
    if len(pages) < LEAST_PAGES:
        raise UsageError(f"{text}: {len(pages)} pages of text; at least {LEAST_PAGES} are needed")
    asked = draw([" ".join(page) for page in pages], seed, questions, seconds)
    if not asked:
        raise UsageError(f"{text}: no sentence in it can be asked about; it needs sentences that come once")
    video = f"videos/{seed}.mp4"
    _keep(out / "questions.json", [record for one in asked for record in _records(one, video, seed, pages, seconds)])
    _keep(out / "needles.json", [_page(number, page, seconds) for number, page in enumerate(pages)])
    path = out / video
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as making:
            os.replace(_filmed(pages, Path(making) / path.name, seconds), path)
    return Made(out, len(asked), len(pages), len(pages) * seconds)


def paged(text: str) -> list[list[str]]:
    """A text as pages of lines that fit the picture; paragraphs begin on lines of their own."""
    from PIL import ImageFont

    font = ImageFont.load_default(SIZE)
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > WIDTH - 2 * MARGIN:
                lines.append(line)
                longer = word
            line = longer
        if line:
            lines.append(line)
    return [lines[start : start + LINES] for start in range(0, len(lines), LINES)]


def drawn(page: Sequence[str], number: int) -> "Image.Image":
    """A page as a picture."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (WIDTH, HEIGHT), GROUNDS[number % len(GROUNDS)])
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(SIZE)
    for row, line in enumerate(page):
        pen.text((MARGIN, MARGIN + row * LINE), line, font=font, fill=INK)
    return picture


def _filmed(pages: Sequence[Sequence[str]], path: Path, seconds: float) -> Path:
    import av
    from av.video.frame import VideoFrame

    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "20", "threads": "2"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, page in enumerate(pages):
            picture = VideoFrame.from_image(drawn(page, number)).reformat(format="yuv420p")
            for tick in range(round(number * seconds * FPS), round((number + 1) * seconds * FPS)):
                picture.pts, picture.time_base = tick, Fraction(1, FPS)
                container.mux(video.encode(picture))
        container.mux(video.encode(None))
    return path


def _records(
    asked: Asked, video: str, seed: int, pages: Sequence[Sequence[str]], seconds: float
) -> list[dict[str, Any]]:
    """A question in each rotation of its options."""
    told = []
    for turn in range(TURNS):
        options = [*asked.options[turn:], *asked.options[:turn]]
        told.append(
            {
                "id": f"{seed}_{asked.type}_{asked.number}_{turn}",
                "video": video,
                "question": asked.question,
                "options": options,
                "needle_time": [page * seconds for page in asked.pages],
                "needle_end": [(page + 1) * seconds for page in asked.pages],
                "gt": asked.answer,
                "gt_option": "ABCD"[options.index(asked.answer)],
                "length": len(pages) * seconds,
                "type": asked.type,
                "try": turn,
                "seed": seed,
                "medium": "text",
            }
        )
    return told


def _page(number: int, page: Sequence[str], seconds: float) -> dict[str, Any]:
    return {"page": number, "start": number * seconds, "end": (number + 1) * seconds, "text": "\n".join(page)}


def _keep(path: Path, items: Sequence[dict[str, Any]]) -> None:
    """Write a file, one item a line, or find it as it would be written."""
    text = "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n"
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise UsageError(f"{path} belongs to another set; choose another folder, or remove this one")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
