"""Pictures of single lines in the scripts of the world: words of the Unicode CLDR, drawn in given typefaces.

The words are names of territories, languages, currencies, months and days from `babel`, which carries the CLDR (Unicode
License v3); the typefaces are files that the caller names, as of Debian's packages `fonts-*`.
"""

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from ...tools.perception.screen_text.scripts import Script, script_of, script_of_letter

LOCALES = {
    Script.LATIN: "en de fr es it pt nl pl cs tr vi sv fi hu ro id".split(),
    Script.CYRILLIC: "ru uk bg sr be kk mk mn".split(),
    Script.GREEK: ["el"],
    Script.HAN: "zh_Hans zh_Hant ja".split(),
    Script.HANGUL: ["ko"],
    Script.ARABIC: "ar fa ur ps ckb".split(),
    Script.HEBREW: "he yi".split(),
    Script.DEVANAGARI: "hi mr ne".split(),
    Script.BENGALI: "bn as".split(),
    Script.GURMUKHI: ["pa_Guru"],
    Script.GUJARATI: ["gu"],
    Script.TAMIL: ["ta"],
    Script.TELUGU: ["te"],
    Script.KANNADA: ["kn"],
    Script.MALAYALAM: ["ml"],
    Script.SINHALA: ["si"],
    Script.THAI: ["th"],
    Script.LAO: ["lo"],
    Script.KHMER: ["km"],
    Script.MYANMAR: ["my"],
    Script.TIBETAN: "bo dz".split(),
    Script.ETHIOPIC: "am ti".split(),
    Script.GEORGIAN: ["ka"],
    Script.ARMENIAN: ["hy"],
}
"""Whose words a script's lines are made of, by CLDR's names."""

COVERED = 0.98
"""Share of a script's letters that a typeface must have to be used for it."""


@cache
def words(script: Script) -> tuple[str, ...]:
    """Names from the CLDR that are written in a script."""
    from babel import Locale

    found: set[str] = set()
    for name in LOCALES[script]:
        locale = Locale.parse(name)
        for table in (locale.territories, locale.languages, locale.currencies):
            found.update(str(word) for word in table.values())
        for table in (locale.months, locale.days):
            found.update(str(word) for kind in table.values() for word in kind["wide"].values())
    return tuple(sorted(word for word in found if len(word) > 1 and script_of(word) is script))


@cache
def _letters_of(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True) as typeface:
        return frozenset(typeface.getBestCmap() or {})


@cache
def covers(path: Path, script: Script) -> bool:
    """Whether a typeface has the letters of a script."""
    letters = {letter for word in words(script) for letter in word if script_of_letter(letter) is script}
    return sum(ord(letter) in _letters_of(path) for letter in letters) >= COVERED * len(letters)


@dataclass
class Drawer:
    """Draws lines of one script, each with looks of its own."""

    script: Script
    typefaces: Sequence[Path]
    chance: random.Random
    sizes: tuple[int, int] = (14, 48)
    """Pixels of type, least and most."""
    _fonts: dict[tuple[Path, int], object] = field(default_factory=dict)

    def line(self) -> np.ndarray:
        """A picture of one line, as it is cut out of a frame: (h, w, 3) uint8."""
        from PIL import Image, ImageDraw, ImageFilter, ImageFont

        chance = self.chance
        text = self.text()
        path, size = chance.choice(self.typefaces), chance.randint(*self.sizes)
        font = self._fonts.setdefault((path, size), ImageFont.truetype(path, size))
        assert isinstance(font, ImageFont.FreeTypeFont)
        left, top, right, bottom = (int(side) for side in font.getbbox(text))
        margins = [chance.randint(0, max(size // 3, 1)) for _ in range(4)]
        width, height = right - left + margins[0] + margins[2], bottom - top + margins[1] + margins[3]
        ground = chance.randrange(256)
        ink = (ground + chance.choice((-1, 1)) * chance.randint(80, 200)) % 256
        while abs(ink - ground) < 70:
            ink = chance.randrange(256)
        tint = [chance.randint(-25, 25) for _ in range(6)]
        image = Image.new("RGB", (max(width, 8), max(height, 8)), self._colour(ground, tint[:3]))
        place = (margins[0] - left, margins[1] - top)
        ImageDraw.Draw(image).text(place, text, self._colour(ink, tint[3:]), font)
        if chance.random() < 0.4:
            noise = np.random.default_rng(chance.randrange(1 << 30)).normal(
                0, chance.uniform(2, 14), (image.height, image.width, 1)
            )
            image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
        if chance.random() < 0.4:
            image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, size / 24)))
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=chance.randint(35, 92))
        return np.asarray(Image.open(packed).convert("RGB"))

    def text(self) -> str:
        """Some words, at times with a number among them."""
        chance = self.chance
        chosen = chance.choices(words(self.script), k=chance.randint(1, 4))
        text = chance.choice(("", " ")).join(chosen) if self.script is Script.HAN else " ".join(chosen)
        if chance.random() < 0.15:
            text = f"{text} {chance.randrange(1, 3000)}"
        if chance.random() < 0.2:
            text = text.upper()
        first = chance.randrange(max(len(text) - 24, 1))
        return text[first : first + 40].strip() or chosen[0]

    @staticmethod
    def _colour(level: int, tint: Sequence[int]) -> tuple[int, int, int]:
        red, green, blue = (min(max(level + shift, 0), 255) for shift in tint)
        return red, green, blue


def drawers(typefaces: Sequence[Path], seed: str) -> Iterator[Drawer]:
    """A drawer a script for which there is a typeface among these."""
    for script in Script:
        usable = [path for path in typefaces if covers(path, script)]
        if usable:
            yield Drawer(script, usable, random.Random(f"{seed} {script}"))
