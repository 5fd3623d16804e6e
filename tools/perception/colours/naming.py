"""Which of the eleven basic colour terms (Berlin and Kay, 1969) names a colour.

Colours are compared in OKLab (Ottosson, 2020), in which equal distances look equally large. A colour of little chroma
is black, grey or white by its lightness; any other is called what people call the colours near to it (`named.toml`).
"""

import tomllib
from functools import cache
from pathlib import Path

import numpy as np

NAMED = Path(__file__).with_name("named.toml")
COLOURS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
"""The basic colour terms."""
LEVELS = 32
"""Steps of each of red, green and blue in the table of names."""
GREYISH, GREYISH_DARK = 0.03, 0.05
"""OKLab chroma below which a colour is black, grey or white, and below which a dark one is black."""
DARK, LIGHT = 0.38, 0.85
"""OKLab lightness below which such a colour is black, and from which it is white."""
BLACK = 0.22
"""OKLab lightness below which any colour is black."""


def oklab(rgb: np.ndarray) -> np.ndarray:
    """sRGB, (…, 3) in 0..1, as OKLab: lightness 0..1, and two axes of colour of about −0.4..0.4."""
    return oklab_of_linear(linear(rgb))


def linear(rgb: np.ndarray) -> np.ndarray:
    """SRGB in 0..1 as amounts of light, 0..1 (IEC 61966-2-1)."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    """Amounts of light, 0..1, as sRGB in 0..1."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def oklab_of_linear(light: np.ndarray) -> np.ndarray:
    """Amounts of red, green and blue light, (…, 3), as OKLab."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    axes = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(light @ cones.T) @ axes.T


def names(rgb: np.ndarray) -> np.ndarray:
    """The place in `COLOURS` of each colour's name, (…) uint8, of sRGB (…, 3) uint8."""
    step = rgb // (256 // LEVELS)
    return _table()[step[..., 0], step[..., 1], step[..., 2]]


@cache
def _table() -> np.ndarray:
    """Names of all colours, (LEVELS, LEVELS, LEVELS) uint8."""
    middles = (np.arange(LEVELS) + 0.5) / LEVELS
    lab = oklab(np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1)).reshape(-1, 3)
    return named(lab).reshape(LEVELS, LEVELS, LEVELS)


def named(lab: np.ndarray) -> np.ndarray:
    """The place in `COLOURS` of each colour's name, (n,) uint8, of OKLab (n, 3)."""
    known = _known()
    scores = np.stack([_nearness(lab, known[colour]) for colour in COLOURS[3:]], axis=1)
    result = (scores.argmax(axis=1) + 3).astype(np.uint8)
    light, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    shade = np.where(light < DARK, 0, np.where(light >= LIGHT, 1, 2)).astype(np.uint8)
    result = np.where(chroma < np.where(light < DARK, GREYISH_DARK, GREYISH), shade, result)
    return np.where(light < BLACK, 0, result).astype(np.uint8)


def _nearness(lab: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How near colours, (n, 3), lie to those of one name: less the mean distance from the three nearest of them."""
    square = (lab**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * lab @ known.T
    nearest = np.partition(np.maximum(square, 0), 2, axis=1)[:, :3]
    return -np.sqrt(nearest).mean(axis=1)


@cache
def _known() -> dict[str, np.ndarray]:
    """The colours of each name, (n, 3) OKLab."""
    table = tomllib.loads(NAMED.read_text(encoding="utf-8"))
    return {name: oklab(np.array([list(bytes.fromhex(one)) for one in codes]) / 255) for name, codes in table.items()}
