"""A constant number of memories, whatever the length of the video."""

from itertools import pairwise

import numpy as np

from ....tools.records import FrameRef
from .base import Curve, best, selector

RECALLED = 0.5
"""Share of the wanted frames that are recalled by the question; the rest are the memories that cover most time."""


@selector
def stream_memory(curve: Curve, k: int) -> list[FrameRef]:
    """Read the frames once in order with 4 k memories, merging the two most alike neighbours when they overflow.

    Memories that fit the question are recalled first (VideoStreaming, Qian et al., 2024, does so with trained
    encodings), then those that stand for the longest stretches.
    """
    slots = 4 * k
    members: list[list[int]] = []
    means: list[np.ndarray] = []
    for n in range(len(curve)):
        members.append([n])
        means.append(curve.vectors[n].astype(np.float64))
        if len(members) > slots:
            alike = [float(a @ b) for a, b in pairwise(means)]
            at = int(np.argmax(alike))
            left, right = len(members[at]), len(members[at + 1])
            mean = means[at] * left + means[at + 1] * right
            means[at] = mean / max(float(np.linalg.norm(mean)), 1e-9)
            members[at] += members.pop(at + 1)
            means.pop(at + 1)
    if not members:
        return []
    face = [max(group, key=lambda n: (curve.similar[n], -n)) for group in members]
    fit = curve.similar[face]
    recalled = best(fit, max(1, int(np.ceil(k * RECALLED)))).tolist()
    longest = best(np.array([float(len(group)) for group in members]), len(members)).tolist()
    kept = list(dict.fromkeys([*recalled, *longest]))[:k]
    return curve.frames(face[at] for at in kept)
