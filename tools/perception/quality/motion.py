"""What pictures tell of quality only one after another: flicker, shake, standing still.

Each function takes small luma pictures, (N, H, W) float32 in 0..255, all that the video has in a stretch, in order.
"""

from itertools import pairwise

import numpy as np

SIDE = 160
"""Pixels of the longest side at which pictures are compared."""
SAME = 0.18
"""Mean difference in grey levels up to which two pictures of usual contrast are one, encoded twice: that of two clips
that H.264 repeats pictures of (CRF 18) is at most 0.18, their others', blurred or overexposed, 0.19 and more."""
CONTRAST = 40.0
"""Standard deviation of luma below which pictures differ less, and must be the more alike, in proportion."""
CUT = 20.0
"""Mean difference in grey levels from which there is a cut between two pictures."""
FROZEN = 0.5
"""Seconds of one picture from which a video counts as frozen; shorter ones are duplicated frames."""
SURE = 0.05
"""Response of the phase correlation below which no motion of the whole picture is told."""


def differences(pictures: np.ndarray) -> np.ndarray:
    """(N−1,): the mean difference between each picture and the next, in grey levels."""
    return np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2))


def flicker(pictures: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N−2,): grey levels by which the mean luma of a picture departs from the straight line between its neighbours'
    at `times` (seconds); 0 at cuts."""
    if len(pictures) < 3:
        return np.zeros(0)
    means = pictures.mean(axis=(1, 2))
    shapes = pictures - means[:, None, None]
    cuts = np.abs(np.diff(shapes, axis=0)).mean(axis=(1, 2)) > CUT
    share = (times[1:-1] - times[:-2]) / (times[2:] - times[:-2])
    departs = np.abs(means[1:-1] - (means[:-2] * (1 - share) + means[2:] * share))
    return np.where(cuts[1:] | cuts[:-1], 0.0, departs)


def shake(pictures: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N−2,): how unsteadily the whole picture moves: the change of its shift from one picture to the next, in
    hundredths of the width (phase correlation; Kuglin and Hines, 1975). Even pans do not count.

    Args:
        pictures: as above.
        times: of the pictures, in seconds; a shift over a longer gap counts by the usual one.
    """
    import cv2

    if len(pictures) < 3:
        return np.zeros(0)
    height, width = pictures.shape[1:]
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    edges = [_edges(picture) for picture in pictures]
    gaps = np.diff(times)
    shifts = []
    for (before, after), gap in zip(pairwise(edges), gaps / np.median(gaps), strict=True):
        (across, down), response = cv2.phaseCorrelate(before, after, window)
        told = response > SURE and gap * np.median(gaps) < FROZEN  # what changes after a rest does not move on
        shifts.append((across / gap, down / gap) if told else (0.0, 0.0))
    return np.linalg.norm(np.diff(np.array(shifts), axis=0), axis=1) * 100 / width


def still(pictures: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """(N−1,) twice, bool: which pictures are frozen, and which are duplicated.

    Args:
        pictures: as above.
        seconds: from one picture to the next.
    """
    contrast = pictures.std(axis=(1, 2))
    same = differences(pictures) <= SAME * np.minimum(contrast[1:] / CONTRAST, 1.0)
    frozen = np.zeros(len(same), bool)
    start = 0
    for at in range(1, len(same) + 1):
        if at == len(same) or same[at] != same[start]:
            if same[start] and (at - start) * seconds >= FROZEN:
                frozen[start:at] = True
            start = at
    return frozen, same & ~frozen


def _edges(picture: np.ndarray) -> np.ndarray:
    """What flicker does not change: the picture less its mean, divided by its contrast."""
    return ((picture - picture.mean()) / max(float(picture.std()), 1e-3)).astype(np.float32)
