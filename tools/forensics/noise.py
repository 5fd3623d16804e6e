"""Sensor noise: how much there is, and how much of it stays where it is from frame to frame."""

import numpy as np

from .base import Reading, Signal, Window

BLOCK = 8
FLATTEST = 0.5
"""Share of blocks, those with the least structure, in which what is left counts as noise."""


def residual(patches: np.ndarray) -> np.ndarray:
    """(…, s, s) brightness less its 3×3 mean, float32."""
    import cv2

    flat = patches.reshape(-1, *patches.shape[-2:])
    left = [cv2.subtract(one, cv2.blur(one, (3, 3)), dtype=cv2.CV_32F) for one in flat]
    return np.stack(left).reshape(patches.shape)


class NoiseLevel(Signal):
    """Mean size of the residual in the flattest half of the 8×8 blocks, in grey levels.

    Cameras leave noise that compression only partly removes; decoders of latent models leave less or another kind
    (Corvi et al., 2023; the flat-block estimate follows Immerkær, 1996). Fooled by strong compression, denoising
    phones,
    night scenes, film grain that is added, clipped skies and every downscaling.
    """

    name = "noise_level"
    title = "Noise level"
    unit = "grey levels"
    kind = "noise"
    needs_native = True
    logarithmic = True

    def look(self, window: Window) -> Reading:
        size = np.abs(_in_blocks(window.residuals))
        content = _in_blocks(window.patches.astype(np.float32))
        level, spread = size.mean(axis=-1), content.std(axis=-1)
        curve = []
        for levels, spreads, mean in zip(level, spread, content.mean(axis=-1), strict=True):
            open_to_noise = (mean > 16) & (mean < 240)  # clipped blacks and whites carry none
            if not open_to_noise.any():
                curve.append(0.0)
                continue
            spreads, levels = spreads[open_to_noise], levels[open_to_noise]
            curve.append(float(levels[spreads <= np.quantile(spreads, FLATTEST)].mean()))
        return Reading(float(np.median(curve)), self.unit, window.times, np.array(curve))


class NoiseCorrelation(Signal):
    """Correlation of the residual with that of the next frame, pixel by pixel, where the picture does not move.

    A sensor's pattern stays in place while the scene moves (Lukáš, Fridrich and Goljan, 2006); noise that a model
    invents may be new in each frame, or stick to things. Fooled by still scenes, whose texture stays as well, by
    stabilisation, and by codecs that copy blocks from frame to frame.
    """

    name = "noise_correlation"
    title = "Noise that stays"
    unit = "correlation"
    kind = "noise"
    needs_native = True

    def look(self, window: Window) -> Reading:
        flat = window.residuals.reshape(len(window.times), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        lengths = np.maximum(np.linalg.norm(flat, axis=1), 1e-6)
        curve = np.einsum("ij,ij->i", flat[1:], flat[:-1]) / (lengths[1:] * lengths[:-1])
        return Reading(float(np.median(curve)), self.unit, window.between(), curve)


def _in_blocks(values: np.ndarray) -> np.ndarray:
    """(n, p, s, s) as (n, blocks, 64)."""
    n, p, s, _ = values.shape
    k = s // BLOCK
    return values.reshape(n, p, k, BLOCK, k, BLOCK).swapaxes(3, 4).reshape(n, p * k * k, BLOCK * BLOCK)
