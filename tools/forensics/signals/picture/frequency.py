"""Fine detail at the stored resolution: the radial power spectrum, and what a codec's transform left of it."""

from functools import cache

import numpy as np

from ..pictures import in_blocks
from ..signal import Plot, Reading, Signal, Window

HIGH = (0.3, 0.5)
LOW = (0.05, 0.15)
"""Cycles a pixel, of the bands whose energies are compared."""
BINS = 48


class Spectrum(Signal):
    """Energy of the highest frequencies over that of middle ones, in decibels, with the whole radial spectrum as plot.

    Upsampling leaves the top of the spectrum empty or with peaks (Durall et al., 2020; Corvi et al., 2023); only the
    emptiness counts, peaks are for the eye. Fooled by real footage that was scaled up or denoised, strong compression
    and defocus, and by the sharpening of phones, which hides it.
    """

    name = "spectrum"
    title = "High frequencies"
    unit = "dB"
    kind = "frequency"
    unusual = "low"
    needs_native = True

    def look(self, window: Window) -> Reading:
        side = window.patches.shape[-1]
        ring, counts = _rings(side)
        taper = np.hanning(side).astype(np.float32)
        patches = window.patches[::2].astype(np.float32)
        patches = (patches - patches.mean(axis=(-2, -1), keepdims=True)) * taper[:, None] * taper
        power = np.abs(np.fft.rfft2(patches)).astype(np.float32) ** 2
        power = power.mean(axis=1).reshape(len(patches), -1)
        profile = np.stack([np.bincount(ring, one, BINS + 1)[:BINS] for one in power]) / np.maximum(counts, 1)
        at = (np.arange(BINS) + 0.5) / BINS / 2
        high = profile[:, (at >= HIGH[0]) & (at < HIGH[1])].mean(axis=1)
        low = profile[:, (at >= LOW[0]) & (at < LOW[1])].mean(axis=1)
        # half a grey level of rounding noise is the floor: an empty picture has no spectrum to speak of
        floor = float((taper**2).mean() ** 2 * side**2 / 12)
        curve = 10 * np.log10((high + floor) / (low + floor))
        spectrum = Plot(at, 10 * np.log10(profile.mean(axis=0) + floor), "cycles a pixel", "dB")
        return Reading(float(np.median(curve)), self.unit, window.times[::2], curve, spectrum)


class Blocks(Signal):
    """Share of high-frequency 8×8 DCT coefficients that are next to nothing: what a quantiser threw away.

    A camera file that was compressed once keeps more of them than one compressed again and again (double compression:
    Wang and Farid, 2006); pictures that were never compressed before keep them all. Fooled by flat scenes, denoising,
    and by every platform that compresses uploads.
    """

    name = "blocks"
    title = "Quantised detail"
    unit = "share"
    kind = "frequency"
    needs_native = True

    def look(self, window: Window) -> Reading:
        basis, high = _dct()
        frames = window.patches[::4].astype(np.float32)
        coefficients = in_blocks(frames) @ basis[high].T
        curve = (np.abs(coefficients) < 1.0).mean(axis=(1, 2))
        return Reading(float(np.median(curve)), self.unit, window.times[::4], curve)


class Grid(Signal):
    """Steps across the borders of 8×8 blocks over the steps inside them; 1 where there is no grid.

    Blocking artefacts of a codec (Fan and de Queiroz, 2003); a grid that is off its place tells of cropping after
    compression. Fooled by deblocking filters, which leave none, and by architecture with such a grid.
    """

    name = "grid"
    title = "Block grid"
    unit = "ratio"
    kind = "frequency"
    needs_native = True
    logarithmic = True

    def look(self, window: Window) -> Reading:
        patches = window.patches[::2].astype(np.int16)
        across = np.abs(np.diff(patches, axis=-1)).mean(axis=(1, 2), dtype=np.float64)
        down = np.abs(np.diff(patches, axis=-2)).mean(axis=(1, 3), dtype=np.float64)
        steps = across + down
        border = np.arange(steps.shape[1]) % 8 == 7
        curve = (steps[:, border].mean(axis=1) + 0.1) / (steps[:, ~border].mean(axis=1) + 0.1)
        return Reading(float(np.median(curve)), self.unit, window.times[::2], curve)


@cache
def _rings(side: int) -> tuple[np.ndarray, np.ndarray]:
    """For each coefficient of a half spectrum its ring (the last holds the corners), and how many each ring has."""
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    ring = np.minimum((radius * 2 * BINS).astype(int), BINS).ravel()
    return ring, np.bincount(ring, minlength=BINS + 1)[:BINS]


@cache
def _dct() -> tuple[np.ndarray, np.ndarray]:
    """(64, 64) orthonormal DCT-II basis of a block, and which rows are high frequencies."""
    at = np.arange(8)
    one = np.sqrt(2 / 8) * np.cos(np.pi * (2 * at[None] + 1) * at[:, None] / 16)
    one[0] /= np.sqrt(2)
    u, v = np.meshgrid(at, at, indexing="ij")
    return np.kron(one, one).astype(np.float32), ((u + v) >= 6).ravel()
