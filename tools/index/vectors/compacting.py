"""Fewer kept frames for the same search: one stands for many that look alike (TL;DR, Wang et al., 2023).

TL;DR makes a smaller set to train on by keeping the samples at the middle of clusters; here they are a video's frames.
"""

import numpy as np

ROUNDS = 20
"""Rounds of k-means at most; it ends sooner where nothing moves."""


def representatives(vectors: np.ndarray, keep: float) -> np.ndarray:
    """Positions of the frames that stand for all, ascending: the one nearest to the middle of each of the clusters.

    Spherical k-means from centres evenly over time: the same frames give the same clusters.

    Args:
        vectors: unit vectors, (frames, dimensions).
        keep: share of the frames that stays, above 0 and at most 1.
    """
    number = max(1, round(len(vectors) * keep))
    if number >= len(vectors):
        return np.arange(len(vectors))
    centres = vectors[np.linspace(0, len(vectors) - 1, number).round().astype(int)]
    belongs = np.full(len(vectors), -1)
    for _ in range(ROUNDS):
        now = np.argmax(vectors @ centres.T, axis=1)
        if (now == belongs).all():
            break
        belongs = now
        sums = np.zeros_like(centres)
        np.add.at(sums, belongs, vectors)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres)
    near = np.einsum("fd,fd->f", vectors, centres[belongs])
    best = {int(group): int(at) for at in np.argsort(near) for group in [belongs[at]]}  # the nearest comes last
    return np.array(sorted(best.values()))
