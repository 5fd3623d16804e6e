"""The contract of what tells a thing's pixels from those around it, and what is made of its masks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ...geometry import Box
from ...runtime.backend import Tool

FINENESS = 0.004
"""Share of an outline's length by which it may be off where it is simplified."""
LEAST = 0.02
"""Share of the box below which a mask is none."""
LINE = (255, 64, 64)
"""Colour of a drawn outline, RGB."""

Points = tuple[tuple[float, float], ...]
"""Corners of an outline, as shares of the picture across and down."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A frame and where a thing is on it."""

    image: np.ndarray = field(repr=False)
    """RGB, (H, W, 3) uint8."""
    box: Box
    label: str = ""
    """What a detector calls it, where it knows such a thing."""


class Segmenter(Tool[Marked, np.ndarray | None]):
    """A backend of the role `masks`: the pixels that the thing in a box covers, (H, W) bool, or `None` if unknown."""

    role = "masks"
    knows: ClassVar[frozenset[str] | None] = None
    """The detector's labels of which it can tell; `None` for anything."""

    def can(self, label: str) -> bool:
        """Whether it can tell the pixels of a thing of that label."""
        return self.knows is None or label in self.knows


def connected(mask: np.ndarray, box: Box) -> np.ndarray | None:
    """The connected part of a mask that covers most of a box; `None` where hardly anything of the box is covered.

    Args:
        mask: (H, W) bool.
        box: around the thing.
    """
    import cv2

    height, width = mask.shape
    top, left = round(box.top * height), round(box.left * width)
    within = slice(top, max(round(box.bottom * height), top + 1)), slice(left, max(round(box.right * width), left + 1))
    _, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    sizes = np.bincount(parts[within].reshape(-1), minlength=int(parts.max()) + 1)
    sizes[0] = 0
    if sizes.max() < LEAST * parts[within].size:
        return None
    return parts == int(sizes.argmax())


def outline(mask: np.ndarray) -> Points:
    """The outline of a mask's largest part, simplified.

    Args:
        mask: (H, W) bool, with something in it.
    """
    import cv2

    height, width = mask.shape
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)
    corners = cv2.approxPolyDP(largest, FINENESS * cv2.arcLength(largest, True), True)[:, 0]
    return tuple((round(float(x) / width, 4), round(float(y) / height, 4)) for x, y in corners)


def cut(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """What a mask covers of a picture on white, no larger than it need be: RGB, (h, w, 3) uint8."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.ascontiguousarray(np.where(mask[part][..., None], image[part], np.uint8(255)))


def drawn(image: np.ndarray, points: Sequence[tuple[float, float]]) -> np.ndarray:
    """A picture with an outline on it: RGB, (H, W, 3) uint8."""
    import cv2

    height, width = image.shape[:2]
    corners = np.round(np.array(points) * (width, height)).astype(np.int32)
    return cv2.polylines(image.copy(), [corners], True, LINE, max(round(max(height, width) / 320), 1), cv2.LINE_AA)
