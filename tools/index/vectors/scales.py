"""Windows of several lengths around each frame, after the multi-scale index of VidLA (Rizve et al., 2024).

The vector of a window is the mean of the vectors of the frames in it, each counted for as long as it stands, scaled to
length one. It follows from the frames' own vectors, so it is computed where it is asked for instead of being kept: 16
times the vectors would be 16 times the file and no other answer.
"""

import numpy as np

BASE = 1.0
"""Seconds of a window of scale 1, which is the frame itself: frames are looked at once a second by default."""


def windowed(times: np.ndarray, vectors: np.ndarray, scale: int) -> np.ndarray:
    """The unit vector of the window around each frame, (frames, dimensions).

    Args:
        times: seconds, ascending, (frames,).
        vectors: unit vectors, (frames, dimensions).
        scale: how many times `BASE` seconds a window lasts; 1 gives the frames as they are.
    """
    if scale == 1 or not len(times):
        return vectors
    stands = np.diff(times, append=times[-1] + BASE)  # a kept frame stands until the next one is kept
    begins = np.concatenate([times, [times[-1] + BASE]])
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors * stands[:, None], axis=0, dtype=float)])
    half = scale * BASE / 2
    middles = times + np.minimum(stands, BASE) / 2
    total = _until(middles + half, begins, sums) - _until(middles - half, begins, sums)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _until(moments: np.ndarray, begins: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The sum of all that stands until each moment, (moments, dimensions), by parts where a frame stands on."""
    at = np.clip(moments, begins[0], begins[-1])
    frame = np.clip(np.searchsorted(begins, at, side="right") - 1, 0, len(begins) - 2)
    part = (at - begins[frame]) / np.maximum(begins[frame + 1] - begins[frame], 1e-9)
    return sums[frame] + (sums[frame + 1] - sums[frame]) * part[:, None]
