"""Which frames are worth looking at: those that differ from the last one that was looked at."""

import numpy as np

CELLS = 160
"""Cells along the longer side of the grey thumbnail that stands for a frame: 8 pixels each at 1280×720, the height of
small print."""
LEVELS = 6
"""Grey levels of 255 by which a cell's mean must change to count. Camera noise of standard deviation 6 and the flicker
of H.264 at CRF 35 move a cell by 4 at most."""
CHANGED = 16
"""Cells that must change, 0.1 % of a 16:9 frame. A mouse pointer that moves changes up to 13; another bullet on a slide
changes 59 and more in 14 pixel type, and 48 and more in pale 16 pixel type. One short new word in small type goes
unseen until something else changes, since frames are compared with the last kept one."""


class NearIdentical:
    """Tells, frame by frame in order of time, whether a frame looks like the last one that did not.

    A slide that stands for minutes is kept once; slow changes add up until they count. The first frame never looks
    the same as another, so whoever starts over at a kept frame keeps the same frames as before.
    """

    def __init__(self) -> None:
        self._kept: np.ndarray | None = None

    def __call__(self, image: np.ndarray) -> bool:
        """Whether an RGB frame, (H, W, 3) uint8, looks the same as the last one for which this was false."""
        cells = _cells(image)
        kept = self._kept
        if kept is not None and kept.shape == cells.shape and int((np.abs(cells - kept) > LEVELS).sum()) < CHANGED:
            return True
        self._kept = cells
        return False


def _cells(image: np.ndarray) -> np.ndarray:
    """The mean grey level of each cell, int16."""
    import cv2

    height, width = image.shape[:2]
    scale = CELLS / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    # scaled first: grey is a weighted mean as well, so the order does not matter, but there are 64 times fewer pixels
    return cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY).astype(np.int16)
