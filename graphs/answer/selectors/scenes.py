"""Frames chosen by the structure of the video: one for each scene, or one for each thing that is not a repetition."""

from itertools import pairwise

import numpy as np

from ....tools.media.shots import depths
from ....tools.records import FrameRef
from .base import Curve, best, selector

DUPLICATE = 0.9
"""Cosine above which two frames show the same (VideoEspresso, Han et al., 2024, drops semantic duplicates)."""


@selector
def scenetilling(curve: Curve, k: int) -> list[FrameRef]:
    """The frame most like the question from each of `k` scenes (VideoLLaMB, Wang et al., 2024).

    Cut is where the likeness of neighbouring frames has its deepest dips: by how much each lies below the peaks on both
    sides. In a stretch that moves all the time frames are unalike without a dip, and so without a cut.
    """
    if len(curve) <= k:
        return curve.frames(range(len(curve)))
    likeness = (curve.vectors[1:] * curve.vectors[:-1]).sum(axis=1)
    depth = depths(likeness)
    depth[[a != b for a, b in pairwise(curve.videos)]] = np.inf
    cuts = np.sort(best(depth, k - 1)) + 1
    scenes = np.split(np.arange(len(curve)), cuts)
    return curve.frames(int(scene[best(curve.similar[scene], 1)[0]]) for scene in scenes)


@selector
def core_frames(curve: Curve, k: int) -> list[FrameRef]:
    """Frames that show something of their own, and of those the ones most like the question."""
    core: list[int] = []
    for n in best(curve.similar, len(curve)).tolist():
        if len(core) >= k:
            break
        if not core or float((curve.vectors[core] @ curve.vectors[n]).max()) <= DUPLICATE:
            core.append(n)
    return curve.frames(core)
