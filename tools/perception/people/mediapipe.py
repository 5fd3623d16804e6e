"""What MediaPipe's finders of faces and palms share: a grid of cells that answer (SSD), and points fitted upright."""

from collections.abc import Callable
from functools import cache

import numpy as np

from ...records import Box

Grids = tuple[tuple[int, int], ...]
"""Stride in pixels of each of a detector's grids, and how many answers a cell gives."""


@cache
def cells(side: int, grids: Grids) -> np.ndarray:
    """Middles of the cells, (answers, 2), in pixels of the detector's square input, in the order of its answers."""
    rows = []
    for stride, answers in grids:
        middles = (np.arange(side // stride) + 0.5) * stride
        y, x = np.meshgrid(middles, middles, indexing="ij")
        rows.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), answers, axis=0))
    return np.concatenate(rows)


def distinct(scores: np.ndarray, places: np.ndarray, sure: float, same: float) -> list[int]:
    """Numbers of the sure answers, surest first, without those that overlap a surer one.

    Args:
        scores: (answers,), 0..1.
        places: (answers, 4 or more): middle, width and height in pixels.
        sure: least score.
        same: intersection over union from which two boxes are one thing.
    """
    kept: list[int] = []
    boxes: dict[int, Box] = {}
    for at in np.argsort(-scores):
        if scores[at] < sure:
            break
        middle, size = places[at, :2], np.maximum(places[at, 2:4], 1e-3)
        box = Box(*(middle - size / 2).tolist(), *(middle + size / 2).tolist())
        if all(box.overlap(boxes[other]) < same for other in kept):
            kept.append(int(at))
            boxes[int(at)] = box
    return kept


def fitted(
    image: np.ndarray,
    middle: np.ndarray,
    angle: float,
    reach: float,
    side: int,
    fit: Callable[[np.ndarray], tuple[np.ndarray, float]],
) -> tuple[np.ndarray, float]:
    """Points that a network finds in a square which is turned upright, on the image again, and how sure it is.

    Args:
        image: (height, width, 3) uint8.
        middle: of the square, x and y in pixels.
        angle: degrees by which the square is turned.
        reach: side of the square in pixels.
        side: of the network's input.
        fit: (1, side, side, 3) float32 in 0..1 to points, of three numbers each in pixels of the input, and a score.

    Returns:
        (points, 3) float32, x and y in pixels of the image and depth on the same scale; and the score.
    """
    import cv2

    scale = side / max(reach, 1e-6)
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, scale)
    turn[:, 2] += side / 2 - middle
    upright = cv2.warpAffine(image, turn, (side, side))
    points, score = fit(upright[None].astype(np.float32) / 255)
    points = points.reshape(-1, 3)
    back = cv2.invertAffineTransform(turn)
    placed = points[:, :2] @ back[:, :2].T + back[:, 2]
    return np.column_stack([placed, points[:, 2:] / scale]).astype(np.float32), score
