"""What several signals need of a run of pictures: motion between them, and what is left when they are smoothed."""

from itertools import pairwise

import numpy as np

BLOCK = 8


def dense_flow(grey: np.ndarray) -> np.ndarray:
    """Motion between neighbouring frames by dense inverse search (Kroeger et al., 2016), OpenCV's fastest preset.

    Args:
        grey: (n, h, w) uint8.

    Returns:
        (n-1, h, w, 2) float32, in pixels.
    """
    import cv2

    if min(grey.shape[1:]) < 16:  # its coarsest patch does not fit
        return np.zeros((len(grey) - 1, *grey.shape[1:], 2), np.float32)
    empty = np.zeros((0, 0), np.float32)  # no flow to start from
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    return np.stack([finder.calc(before, after, empty) for before, after in pairwise(grey)])


def residual(patches: np.ndarray) -> np.ndarray:
    """(…, s, s) brightness less its 3×3 mean, float32."""
    import cv2

    flat = patches.reshape(-1, *patches.shape[-2:])
    left = [cv2.subtract(one, cv2.blur(one, (3, 3)), dtype=cv2.CV_32F) for one in flat]
    return np.stack(left).reshape(patches.shape)


def in_blocks(values: np.ndarray) -> np.ndarray:
    """(n, p, s, s) as (n, blocks, 64): the 8×8 blocks of a codec's grid."""
    n, p, s, _ = values.shape
    k = s // BLOCK
    return values.reshape(n, p, k, BLOCK, k, BLOCK).swapaxes(3, 4).reshape(n, p * k * k, BLOCK * BLOCK)


def colourfulness(colour: np.ndarray) -> np.ndarray:
    """(n,) how colourful RGB pictures look, about 0 to 110 (Hasler and Süsstrunk, 2003).

    Args:
        colour: (n, h, w, 3) uint8.
    """
    red, green, blue = (colour[..., at].astype(np.float32) for at in range(3))
    warm, cold = red - green, (red + green) / 2 - blue
    spread = np.hypot(warm.std(axis=(1, 2)), cold.std(axis=(1, 2)))
    return spread + 0.3 * np.hypot(warm.mean(axis=(1, 2)), cold.mean(axis=(1, 2)))
