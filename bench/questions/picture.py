"""What a scene of a made recording looks like: a slide, photo or clip, a lower third, and a ticker that runs."""

from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...tools.errors import UsageError
from ...tools.media import video as media
from ..data import fetched
from ..needles import pictures
from .recording import Scene

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 540
"""Pixels."""

FPS = 10

TICKER_TOP, TICKER_STEP = 500, 9
"""Pixels: where the ticker's band begins, and how far it runs a frame."""

THIRD = (40, 412, 920, 484)
"""Pixels: the band of the lower third, left, top, right and bottom."""

BOX = (560, 120, 910, 400)
"""Where a photo or clip stands beside a title or lines; without them it fills the picture."""

COLOURS = ("#12507b", "#7a1f3d", "#1d6b45", "#7a4a12", "#4b2c7a", "#0f6a6a")
"""Of a slide's title, one a scene in turn."""

PHOTOS = {
    "china": "pagoda",
    "flower": "orange dahlia",
    "bus": "city bus",
    "zidane": "men in dark suits",
    "motorcycle": "motorcycle",
    "lion": "lion",
}
"""Labels in `bench/needles/pictures.toml`."""

FETCHED = {
    "quokka": "quokka",
    "coffee": "coffee",
    "chelsea": "cat",
    "rocket": "rocket",
    "astronaut": "astronaut",
}
"""Names in `bench/data/fetched.py`."""

CLIPS = ("vtest", "bikes", "carphone", "tree", "world")

Size = tuple[int, int]


def frames(scene: Scene, number: int, first: int, count: int) -> Iterator[np.ndarray]:
    """The pictures of a scene, height × width × 3, RGB, uint8.

    Args:
        scene: what to show.
        number: which scene of its recording it is; it chooses colours.
        first: frames that the ticker has run before, when it stood under the scenes before too.
        count: how many frames.
    """
    ground = np.asarray(_ground(scene, number))
    moving = _clip(scene)
    third = np.asarray(_lower_third(scene.lower_third)) if scene.lower_third else None
    strip = _strip(scene.ticker) if scene.ticker else None
    left, top, right, bottom = _box(scene)
    picture = ground
    for tick in range(count):
        if moving is None and strip is None and tick:
            yield picture
            continue
        picture = ground.copy()
        if moving is not None:
            picture[top:bottom, left:right] = next(moving)
        if third is not None:
            picture[THIRD[1] : THIRD[3], THIRD[0] : THIRD[2]] = third
        if strip is not None:
            at = (first + tick) * TICKER_STEP % strip.shape[1]
            picture[TICKER_TOP:] = np.take(strip, range(at, at + WIDTH), axis=1, mode="wrap")
        yield picture


def photo(name: str) -> Path:
    """The file of a photo by the name that recordings use.

    Raises:
        UsageError: there is none of that name.
        MediaError: it could not be fetched.
    """
    if name in FETCHED:
        return fetched.fetch(FETCHED[name])
    if name not in PHOTOS:
        raise UsageError(f"no photo {name!r}; there are {', '.join([*FETCHED, *PHOTOS])}")
    return pictures.place(next(one for one in pictures.photos() if one.label == PHOTOS[name]))


def _ground(scene: Scene, number: int) -> "Image.Image":
    """All that stands still behind the lower third and the ticker."""
    from PIL import Image, ImageDraw, ImageOps

    kind, _, name = scene.picture.partition(":")
    paper = name if kind == "plain" else ("#fbfaf7", "#eef2f6")[number % 2]
    bare = not (scene.title or scene.lines)
    drawn = Image.new("RGB", (WIDTH, HEIGHT), paper if kind in {"slide", "plain"} or not bare else "black")
    if kind == "photo":
        left, top, right, bottom = _box(scene)
        with Image.open(photo(name)) as opened:
            shown = ImageOps.pad(
                opened.convert("RGB"), (right - left, bottom - top), Image.Resampling.LANCZOS, color=paper
            )
        drawn.paste(shown, (left, top))
    if not bare:
        pen = ImageDraw.Draw(drawn)
        dark = kind == "plain" and _is_dark(drawn)
        ink, colour = ("#f4f4f4", "#ffffff") if dark else ("#222222", COLOURS[number % len(COLOURS)])
        _write(pen, scene, ink, colour, BOX[0] - 30 if kind in {"photo", "clip"} else WIDTH - 50)
    return drawn


def _is_dark(picture: "Image.Image") -> bool:
    return picture.convert("L").getpixel((0, 0)) < 128  # pyright: ignore[reportOperatorIssue, reportOptionalOperand]


def _write(pen: "ImageDraw.ImageDraw", scene: Scene, ink: str, colour: str, right: int) -> None:
    """Title and lines, no further right than that and above the lower third; smaller when there is much of it."""
    bottom = (THIRD[1] if scene.lower_third else TICKER_TOP if scene.ticker else HEIGHT) - 8
    for size in (32, 28, 25, 22, 19, 16):
        title, body = _font(round(size * 1.4)), _font(size)
        heads = _wrapped(scene.title, title, WIDTH - 100)
        points = [_wrapped(line, body, right - 84) for line in scene.lines]
        under = 30 + len(heads) * round(size * 1.75)
        rows = sum(len(point) for point in points)
        gap = round(size * 0.55)
        if under + 20 + rows * round(size * 1.3) + len(points) * gap <= bottom:
            break
    else:
        raise UsageError(f"scene {scene.id!r}: its title and lines do not fit the picture")
    for row, head in enumerate(heads):
        pen.text((50, 30 + row * round(size * 1.75)), head, font=title, fill=colour)
    if heads:
        pen.rectangle((50, under, WIDTH - 50, under + 4), fill=colour)
    at = under + 20
    for point in points:
        pen.ellipse((52, at + size * 0.45, 62, at + size * 0.45 + 10), fill=colour)
        for line in point:
            pen.text((84, at), line, font=body, fill=ink)
            at += round(size * 1.3)
        at += gap


def _wrapped(text: str, font: "ImageFont.FreeTypeFont", room: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _font(size: int) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(fetched.fetch("lato"), size)


def _box(scene: Scene) -> tuple[int, int, int, int]:
    return BOX if scene.title or scene.lines else (0, 0, WIDTH, HEIGHT)


def _clip(scene: Scene) -> Iterator[np.ndarray] | None:
    """The pictures of a scene's clip without end, from its beginning again and again, in the size of their place."""
    from PIL import Image, ImageOps

    kind, _, name = scene.picture.partition(":")
    if kind != "clip":
        return None
    if name not in CLIPS:
        raise UsageError(f"no clip {name!r}; there are {', '.join(CLIPS)}")
    left, top, right, bottom = _box(scene)
    size = right - left, bottom - top
    source = fetched.fetch(name)
    rounds = (media.frames(source, rate=FPS, longest_side=WIDTH) for _ in repeat(None))
    return (
        np.asarray(ImageOps.pad(Image.fromarray(frame.image), size, Image.Resampling.BICUBIC))
        for frame in chain.from_iterable(rounds)
    )


def _lower_third(text: str) -> "Image.Image":
    from PIL import Image, ImageDraw

    width, height = THIRD[2] - THIRD[0], THIRD[3] - THIRD[1]
    band = Image.new("RGB", (width, height), "#16263a")
    pen = ImageDraw.Draw(band)
    pen.rectangle((0, 0, 8, height), fill="#e0a030")
    for size in (32, 28, 24, 20, 17):
        lines = _wrapped(text, _font(size), width - 48)
        if len(lines) * size * 1.3 <= height:
            break
    else:
        raise UsageError(f"a lower third of {len(text)} letters does not fit")
    top = (height - len(lines) * round(size * 1.3)) // 2
    for row, line in enumerate(lines):
        pen.text((28, top + row * round(size * 1.3)), line, font=_font(size), fill="white")
    return band


def _strip(text: str) -> np.ndarray:
    """The ticker's whole text on its band, made to be run round: height × length × 3, uint8."""
    from PIL import Image, ImageDraw

    font = _font(26)
    room = max(round(font.getlength(text)) + 120, WIDTH)
    band = Image.new("RGB", (room, HEIGHT - TICKER_TOP), "#a01818")
    ImageDraw.Draw(band).text((30, 3), text, font=font, fill="white")
    return np.asarray(band)
