"""Subtitles of a clip: as a SubRip file on the clip's own clock, or drawn into its pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Span
from .results import Cut

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

HIGH = 0.05
"""Height of a letter as a share of the picture's."""
WIDE = 0.9
"""Share of the picture's width that a line may take."""


@dataclass(frozen=True, slots=True)
class Line:
    """A subtitle."""

    span: Span
    """Seconds of the source."""
    text: str


def srt(lines: Sequence[Line], cuts: Sequence[Cut]) -> str:
    """The lines that a clip has, as SubRip on its own clock."""
    shown: list[tuple[float, float, str]] = []
    for one in cuts:
        for line in lines:
            start, end = max(line.span.start, one.span.start), min(line.span.end, one.span.end)
            if start < end:
                shift = one.at - one.span.start
                shown.append((start + shift, end + shift, line.text))
    blocks = [f"{n}\n{_time(start)} --> {_time(end)}\n{text}\n" for n, (start, end, text) in enumerate(shown, start=1)]
    return "\n".join(blocks)


def _time(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"


def burner(lines: Sequence[Line]) -> Callable[[np.ndarray, float], np.ndarray]:
    """What draws the line that stands at a time (seconds of the source) into a picture (height × width × 3, uint8)."""

    def burn(image: np.ndarray, time: float) -> np.ndarray:
        text = next((line.text for line in lines if line.span.contains(time)), None)
        return image if text is None else _drawn(image, text)

    return burn


def _drawn(image: np.ndarray, text: str) -> np.ndarray:
    from PIL import Image, ImageDraw

    picture = Image.fromarray(image)
    pen, font = ImageDraw.Draw(picture), _font(max(round(picture.height * HIGH), 10))
    rows = _wrapped(text, font, picture.width * WIDE)
    block = "\n".join(rows)
    left, top, right, bottom = pen.multiline_textbbox((0, 0), block, font=font, align="center")
    at = (picture.width - (right - left)) / 2 - left, picture.height * 0.95 - (bottom - top) - top
    pen.multiline_text(
        at,
        block,
        font=font,
        fill="white",
        align="center",
        stroke_width=max(picture.height // 240, 1),
        stroke_fill="black",
    )
    return np.asarray(picture)


@lru_cache(8)
def _font(size: int) -> "FreeTypeFont | ImageFont":
    """Pillow's own typeface, which has the Latin letters."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _wrapped(text: str, font: "FreeTypeFont | ImageFont", room: float) -> list[str]:
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and font.getlength(longer) <= room:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows
