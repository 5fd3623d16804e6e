"""Frames spread over time, whatever the question: what every other strategy is measured against."""

import numpy as np

from ....tools.records import FrameRef
from .base import Curve, selector


@selector
def uniform(curve: Curve, k: int) -> list[FrameRef]:
    """Of the kept frames k, evenly by number."""
    if len(curve) <= k:
        return curve.frames(range(len(curve)))
    return curve.frames(int((place + 0.5) * len(curve) / k) for place in range(k))


@selector
def segment_uniform(curve: Curve, k: int) -> list[FrameRef]:
    """One frame from each of k stretches of equal length: evenly by time (VideoGPT+, Maaz et al., 2024).

    It differs from `uniform` where a picture stands still, of which one frame was kept for minutes.
    """
    if len(curve) <= k:
        return curve.frames(range(len(curve)))
    start, end = float(curve.times[0]), float(curve.times[-1])
    middles = start + (np.arange(k) + 0.5) * (end - start) / k
    return curve.frames(int(np.abs(curve.times - middle).argmin()) for middle in middles)
