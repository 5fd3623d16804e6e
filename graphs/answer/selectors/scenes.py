"""Frames chosen by the structure of the video: one for each scene, or one for each thing that is not a repetition."""

import numpy as np

from ....tools.records import FrameRef
from .base import Curve, best, selector

DUPLICATE = 0.9
"""Cosine above which two frames show the same (VideoEspresso, Han et al., 2024, drops semantic duplicates)."""


@selector
def scenetilling(curve: Curve, k: int) -> list[FrameRef]:
    """The frame most like the question from each scene; cuts are where neighbouring frames differ most (VideoLLaMB)."""
    if len(curve) <= k:
        return curve.frames(range(len(curve)))
    likeness = (curve.vectors[1:] * curve.vectors[:-1]).sum(axis=1)
    likeness = np.where([a != b for a, b in zip(curve.videos, curve.videos[1:], strict=False)], -1.0, likeness)
    cuts = np.sort(best(-likeness, k - 1)) + 1
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
