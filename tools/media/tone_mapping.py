"""HDR pictures as ordinary screens show them: PQ and HLG (ITU-R BT.2100) become sRGB.

Light above that of a white page is compressed by the curve of ITU-R BT.2390, 5.4; what is darker stays as it is. The
brightest of the three channels decides, so that colours keep their hue.
"""

from functools import lru_cache

import numpy as np

PQ, HLG = 16, 18
"""Transfer characteristics as files name them (ITU-T H.273, table 3)."""

BT2020 = 9
"""Colour primaries of BT.2020 (ITU-T H.273, table 2)."""

WHITE = 203.0
"""cd/m² of a white page in HDR pictures (ITU-R BT.2408); white on the screen."""

PEAK = 1000.0
"""cd/m² up to which light is told apart: what HLG is defined for, and most PQ pictures are made for."""

BRIGHTEST = 10_000.0
"""The same for PQ pictures that have brighter parts: as far as PQ goes."""

BRIGHTER = 0.002
"""Share of the pixels above `PEAK` from which a picture has such parts; a glint of the sun is less."""

STEPS = 4096
"""Of the curves that are looked up: four for each level that a screen shows."""

_TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
"""From the primaries of BT.2020 to those of BT.709 (ITU-R BT.2087)."""

_LUMA = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
"""Of BT.2020's primaries."""


def is_hdr(transfer: int) -> bool:
    """Whether a picture with these transfer characteristics is to be mapped."""
    return transfer in (PQ, HLG)


def mapped(image: np.ndarray, transfer: int, primaries: int = BT2020) -> np.ndarray:
    """An HDR picture as an ordinary screen shows it.

    Args:
        image: (H, W, 3) uint16, RGB, as it is stored: 65,535 is the largest value.
        transfer: `PQ` or `HLG`.
        primaries: of the picture, by ITU-T H.273.

    Returns:
        (H, W, 3) uint8, RGB, sRGB.
    """
    import cv2

    light = _light(transfer)[image >> 4]  # in units of WHITE
    if transfer == HLG:  # the screen's own curve: the brighter a pixel, the more contrast (BT.2100, table 5)
        light = _shown(light, cv2.transform(light, _LUMA))
    strongest = light.max(axis=2) * np.float32(WHITE)
    peak = BRIGHTEST if np.mean(strongest > PEAK * 1.05) > BRIGHTER else PEAK
    share = np.sqrt(np.clip(strongest / np.float32(peak), 0, 1))
    light *= _gain(peak)[(share * (STEPS - 1)).astype(np.uint16)][:, :, None]
    if primaries == BT2020:
        light = cv2.transform(light, _TO_709)
    return _levels()[(np.sqrt(np.clip(light, 0, 1)) * (STEPS - 1)).astype(np.uint16)]


def _shown(scene: np.ndarray, bright: np.ndarray) -> np.ndarray:
    """Light of a scene, 0..1, as a screen of `PEAK` cd/m² shows it, in units of `WHITE`."""
    gain = bright.reshape(scene.shape[:2]) ** np.float32(0.2)
    return scene * gain[:, :, None] * np.float32(PEAK / WHITE)


@lru_cache(maxsize=2)
def _light(transfer: int) -> np.ndarray:
    """Light by the upper 12 bits of a stored value: of PQ in units of `WHITE`, of HLG that of the scene, 0..1."""
    stored = np.linspace(0, 1, STEPS)
    if transfer == PQ:
        return (_pq_light(stored) / WHITE).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    dark, bright = stored**2 / 3, (np.exp((stored - c) / a) + b) / 12
    return np.where(stored <= 0.5, dark, bright).astype(np.float32)


@lru_cache(maxsize=2)
def _gain(most_light: float) -> np.ndarray:
    """What light is multiplied by, by the square root of its share of the most that there is, in cd/m²."""
    light = np.linspace(0, 1, STEPS) ** 2 * most_light
    source, target = (_pq_stored(np.array([peak]))[0] for peak in (most_light, WHITE))
    share, most = _pq_stored(light) / source, target / source
    knee = 1.5 * most - 0.5
    t = np.clip((share - knee) / (1 - knee), 0, 1)
    curve = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * most
    compressed = _pq_light(np.where(share < knee, share, curve) * source)
    return np.divide(compressed, light, out=np.ones_like(light), where=light > 1e-3).astype(np.float32)


@lru_cache(maxsize=1)
def _levels() -> np.ndarray:
    """The stored level of sRGB, 0..255, by the square root of light, 0..1."""
    light = np.linspace(0, 1, STEPS) ** 2
    stored = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(stored * 255).astype(np.uint8)


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
"""Constants of PQ (SMPTE ST 2084)."""


def _pq_light(stored: np.ndarray) -> np.ndarray:
    """cd/m² of stored values, 0..1."""
    power = stored ** (1 / _M2)
    return 10_000 * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)


def _pq_stored(light: np.ndarray) -> np.ndarray:
    """Stored values, 0..1, of cd/m²."""
    power = (light / 10_000) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
