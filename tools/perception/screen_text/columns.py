"""Columns of upright letters, as Chinese, Japanese and Korean are written from top to bottom.

A column is cut into its letters, which are then laid side by side and read as a line.
"""

from itertools import pairwise

import numpy as np

BLANK = 0.08
"""Share of a column's contrast below which a row of pixels has no ink."""
APART = 0.12
"""Of a column's width: the ground that is left between two letters that are laid side by side."""


def as_line(column: np.ndarray) -> np.ndarray | None:
    """A column's letters side by side; None where it cannot be cut into letters.

    Args:
        column: (h, w, 3) uint8, with its letters upright, h larger than w.
    """
    import cv2

    cells = letters(column)
    if len(cells) < 2:
        return None
    width = column.shape[1]
    ground = np.median(np.concatenate([column[:, 0], column[:, -1]]), axis=0).astype(np.uint8)
    gap = np.broadcast_to(ground, (width, max(round(APART * width), 1), 3))
    laid: list[np.ndarray] = [gap]
    for first, last in cells:
        cell = column[first:last]
        square = np.broadcast_to(ground, (width, width, 3)).copy()
        if len(cell) > width:
            cell = cv2.resize(cell, (width, width), interpolation=cv2.INTER_AREA)
        top = (width - len(cell)) // 2
        square[top : top + len(cell)] = cell
        laid += [square, gap]
    return np.concatenate(laid, axis=1)


def letters(column: np.ndarray) -> list[tuple[int, int]]:
    """The first row of each letter and the one after its last: runs of rows with ink, those of one letter together.

    A letter may have gaps, as 三 has; it is about as high as its column is wide.
    """
    grey = column.astype(np.int16).max(axis=2)
    ground = int(np.median(np.concatenate([grey[:, 0], grey[:, -1]])))
    ink = np.abs(grey - ground).max(axis=1)
    inked = np.concatenate([[False], ink > max(BLANK * 255, 0.25 * ink.max()), [False]])
    edges = np.flatnonzero(inked[1:] != inked[:-1]).reshape(-1, 2)
    width = column.shape[1]
    cells: list[tuple[int, int]] = []
    for first, last in edges.tolist():
        if cells and last - cells[-1][0] <= 0.95 * width:
            cells[-1] = cells[-1][0], last
        else:
            cells.append((first, last))
    return [part for first, last in cells for part in _parted(first, last, width)]


def _parted(first: int, last: int, width: int) -> list[tuple[int, int]]:
    """A run of rows that is several letters high, in equal parts: letters that touch."""
    number = max(round((last - first) / (0.95 * width)), 1)
    edges = np.linspace(first, last, number + 1).round().astype(int).tolist()
    return list(pairwise(edges))
