"""The colours of parts of a picture: each pixel is named once, in white light, and parts count the names in them."""

import numpy as np

from ...geometry import Box
from .light import balanced
from .naming import COLOURS, names

WIDTH = 160
"""Pixels of the longer side of the picture whose pixels are named."""


def label_map(picture: np.ndarray) -> np.ndarray:
    """The name of each pixel's colour, (height, width) uint8 by their place in `COLOURS`, longer side 160 pixels.

    Args:
        picture: (height, width, 3) uint8, RGB.
    """
    import cv2

    height, width = picture.shape[:2]
    scale = WIDTH / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return names(balanced(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)))


def inside(labels: np.ndarray, box: Box) -> np.ndarray:
    """How many pixels of each colour are in a box, (11,); at least one pixel is looked at."""
    height, width = labels.shape
    top, left = min(max(int(box.top * height), 0), height - 1), min(max(int(box.left * width), 0), width - 1)
    bottom, right = max(round(box.bottom * height), top + 1), max(round(box.right * width), left + 1)
    return np.bincount(labels[top:bottom, left:right].ravel(), minlength=len(COLOURS))


def within(labels: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """How many pixels of each colour are in a convex shape, (11,).

    Args:
        corners: (n, 2), x and y as shares of the picture.
    """
    import cv2

    height, width = labels.shape
    mask = np.zeros(labels.shape, np.uint8)
    pixels = np.round(corners * (width, height)).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(pixels), 1)
    return np.bincount(labels[mask > 0], minlength=len(COLOURS))


def most(counts: np.ndarray) -> str:
    """The most frequent colour."""
    return COLOURS[int(counts.argmax())]
