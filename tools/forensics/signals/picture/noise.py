"""Sensor noise: how much there is, and how much of it stays where it is from frame to frame."""

from itertools import pairwise

import numpy as np

from ..pictures import in_blocks
from ..signal import Reading, Signal, Window

FLATTEST = 0.5
"""Share of blocks, those with the least structure, in which what is left counts as noise."""


class NoiseLevel(Signal):
    """Mean size of the residual in the flattest half of the 8×8 blocks, in grey levels.

    Cameras leave noise that compression only partly removes; decoders of latent models leave less or another kind
    (Corvi et al., 2023). Noise is read in the flattest blocks, as block-based estimators do. Fooled by strong
    compression, denoising phones, night scenes, film grain that is added, clipped skies and every downscaling.
    """

    name = "noise_level"
    title = "Noise level"
    unit = "grey levels"
    kind = "noise"
    needs_native = True
    logarithmic = True

    def look(self, window: Window) -> Reading:
        size = np.abs(in_blocks(window.residuals))
        content = in_blocks(window.patches.astype(np.float32))
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


class NoiseRenewal(Signal):
    """How much of the residual is new after one step, as a share of what is new after two.

    The noise of a sensor is new in each frame, so that two steps change no more than one: the share is near 1, and
    texture that stands still cancels out. Mixing neighbouring frames hands noise on and lowers it. Fooled by codecs
    that copy blocks from frame to frame, denoising over time, slow motion of fine texture, and pictures without noise.
    """

    name = "noise_renewal"
    title = "Noise that is new"
    unit = "share"
    kind = "noise"
    unusual = "low"
    needs_native = True
    logarithmic = True

    def look(self, window: Window) -> Reading:
        import cv2

        left = window.residuals
        one = np.array([cv2.norm(a.ravel(), b.ravel(), cv2.NORM_L2SQR) for a, b in pairwise(left)])
        two = np.array([cv2.norm(a.ravel(), b.ravel(), cv2.NORM_L2SQR) for a, b in zip(left, left[2:], strict=False)])
        curve = (one[1:] + one[:-1]) / 2 / (two + 0.05 * left[0].size)
        return Reading(float(np.median(curve)), self.unit, window.times[1:-1], curve)
