"""Where a video cuts, from the features of its kept frames."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .records import Span

SOURCE = "scenetilling/1"
DEEP = 0.5
"""Standard deviations above the mean depth at which a dip in similarity is a cut (Hearst, 1997; VideoLLaMB, 2024)."""
LEAST_DEPTH = 0.25
"""Depth below which a dip is no cut however still the rest of the video is."""


def shots(times: Sequence[float], features: Sequence[bytes], duration: float) -> list[Span]:
    """The stretches between cuts, in order, from the first frame to the end.

    SceneTilling, the segmentation of VideoLLaMB: similarity of neighbouring frames, and at each dip its depth against
    the peaks on either side; deep dips are cuts.

    Args:
        times: of the kept frames, seconds, ascending.
        features: float16 unit vectors of the same frames; an empty one is a frame that could not be looked at.
        duration: of the video, seconds.
    """
    seen = [
        (time, np.frombuffer(f, np.float16).astype(np.float32)) for time, f in zip(times, features, strict=True) if f
    ]
    if not seen:
        return [Span(0.0, duration)] if duration > 0 else []
    vectors = np.stack([vector for _, vector in seen])
    similar = (vectors[1:] * vectors[:-1]).sum(axis=1)
    cuts = [seen[at + 1][0] for at in deep_dips(similar)]
    edges = [0.0, *cuts, max(duration, seen[-1][0])]
    return [Span(start, end) for start, end in pairwise(edges) if end > start]


def deep_dips(similar: np.ndarray) -> list[int]:
    """Positions of the local minima whose depth stands out."""
    depths = []
    for at, value in enumerate(similar):
        left = right = at
        while left > 0 and similar[left - 1] >= similar[left]:
            left -= 1
        while right + 1 < len(similar) and similar[right + 1] >= similar[right]:
            right += 1
        before = similar[left] if left < at else 1.0
        after = similar[right] if right > at else 1.0
        depths.append((before + after) / 2 - value)
    depth = np.array(depths)
    if not len(depth):
        return []
    limit = max(LEAST_DEPTH, float(depth.mean() + DEEP * depth.std()))
    return [at for at in range(len(depth)) if depth[at] >= limit]
