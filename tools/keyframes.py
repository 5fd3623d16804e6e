"""Which sampled frames are worth looking at: those that differ from the kept frame before them."""

import numpy as np
from PIL import Image

GRID = (64, 36)
"""Cells, across and down, whose mean brightness stands for a frame: 20 × 20 pixels at 1280 × 720."""
CHANGED = 10.0
"""Grey levels of 255 by which a cell must change; codec noise on a still picture stays below."""
FEW_CELLS = 6
"""Changed cells of 2304 that make another picture: a new bullet changes more, a blinking cursor fewer."""


class NearIdentical:
    """Says of each frame in turn whether it looks like the last one that was kept.

    It compares with the last *kept* frame, not with the one before, so a slow fade cannot creep past it unseen.
    """

    def __init__(self) -> None:
        self._kept: np.ndarray | None = None

    def __call__(self, image: np.ndarray) -> bool:
        """Whether an RGB frame (height, width, 3) can be dropped; otherwise it becomes the kept one."""
        seen = signature(image)
        if self._kept is not None and int((np.abs(seen - self._kept) > CHANGED).sum()) < FEW_CELLS:
            return True
        self._kept = seen
        return False


def signature(image: np.ndarray) -> np.ndarray:
    """Mean brightness of each cell of the grid, float32 (36, 64)."""
    grey = Image.fromarray(image).convert("L")
    return np.asarray(grey.resize(GRID, Image.Resampling.BOX), np.float32)
