"""People on a frame by 17 points of their bodies: the role `poses`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...records import Box
from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights

SIDE, CELLS = 256, 64
"""Pixels of the network's square input, and cells of a side of its outputs."""
MOST = 6
"""People found on a frame, the surest first."""
SURE = 0.2
"""Least score of a person: the mean of his points'."""
SEEN = 0.3
"""Least score of a point that is seen."""
SAME_PERSON = 0.6
"""Intersection over union from which two people are one."""
SPREAD = 0.3
"""How far a point's score falls off with the squared distance from where it is guessed, as the network was made."""

NOSE, SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES, ANKLES = 0, (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)
"""Places of points, left before right as the person has them (COCO's order)."""


@dataclass(frozen=True)
class Pose:
    """One person on one frame."""

    box: Box
    score: float
    points: np.ndarray = field(repr=False)
    """(17, 3) float32: x and y as shares of the picture, and score 0..1."""

    def seen(self, *points: int) -> bool:
        """Whether all of these points are seen."""
        return bool((self.points[list(points), 2] >= SEEN).all())


class MoveNet(Tool[np.ndarray, list[Pose]]):
    """MoveNet MultiPose (Google, 2021): an RGB frame becomes up to six people.

    The graph gives its heads; people are picked from them here, as CenterNet does (Zhou et al., 2019).
    """

    role = "poses"
    name = "movenet"
    requires = ("onnxruntime",)
    weights = ("movenet-multipose",)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self._network: Any = None

    def setup(self) -> None:
        self._network = session(weights.folder("movenet-multipose") / "movenet-multipose.onnx", self.threads)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Pose]]:
        return [self._people(image) for image in batch]

    def close(self) -> None:
        super().close()
        self._network = None

    def _people(self, image: np.ndarray) -> list[Pose]:
        import cv2

        height, width = image.shape[:2]
        scale = SIDE / max(height, width)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        square = np.zeros((SIDE, SIDE, 3), np.uint8)
        square[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        names = ["people", "sizes", "offsets", "guesses", "points", "point_offsets"]
        heads = self._network.run(names, {"image": square[None].astype(np.float32) / 127.5 - 1})
        return picked(*(head[0] for head in heads), used=(size[0] / SIDE, size[1] / SIDE))


def picked(
    people: np.ndarray,
    sizes: np.ndarray,
    offsets: np.ndarray,
    guesses: np.ndarray,
    points: np.ndarray,
    point_offsets: np.ndarray,
    used: tuple[float, float] = (1.0, 1.0),
) -> list[Pose]:
    """The people in the network's heads, the surest first.

    Args:
        people: how surely a person's middle is in a cell, (64, 64, 1).
        sizes: of a person, height and width in cells, (64, 64, 2).
        offsets: of the middle within its cell, y and x, (64, 64, 2).
        guesses: of each point from the middle, y and x in cells, (64, 64, 34).
        points: how surely each point is in a cell, (64, 64, 17).
        point_offsets: of each point within its cell, y and x, (64, 64, 34).
        used: share of the square that the picture fills, across and down.
    """
    import cv2

    middles = people[..., 0]
    peaks = np.where(middles >= cv2.dilate(middles, np.ones((3, 3), np.uint8)), middles, 0)
    found: list[Pose] = []
    for cell in np.argsort(-peaks, axis=None)[:MOST]:
        y, x = divmod(int(cell), CELLS)
        if peaks[y, x] <= 0:
            break
        pose = _pose(y, x, sizes, offsets, guesses, points, point_offsets, np.array(used))
        if pose.score >= SURE and not any(pose.box.overlap(other.box) >= SAME_PERSON for other in found):
            found.append(pose)
    return sorted(found, key=lambda pose: -pose.score)


def _pose(
    y: int,
    x: int,
    sizes: np.ndarray,
    offsets: np.ndarray,
    guesses: np.ndarray,
    points: np.ndarray,
    point_offsets: np.ndarray,
    used: np.ndarray,
) -> Pose:
    """The person whose middle is in a cell."""
    tall, wide = np.maximum(sizes[y, x], 0.0)
    middle = np.array([y, x]) + offsets[y, x]
    half = np.array([tall, wide]) / 2
    top, left = np.clip(middle - half, 0, CELLS)
    bottom, right = np.clip(middle + half, 0, CELLS)
    rows, columns = np.mgrid[0:CELLS, 0:CELLS].astype(np.float32)
    guess = guesses[y, x].reshape(17, 2) + np.array([y, x])
    away = (rows[..., None] - guess[:, 0]) ** 2 + (columns[..., None] - guess[:, 1]) ** 2
    likely = points * np.exp(-away / (CELLS * SPREAD))
    inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    likely = (likely * inside[..., None]).reshape(-1, 17)
    best = likely.argmax(axis=0)
    at = np.stack(np.divmod(best, CELLS), axis=1)
    exact = at + point_offsets.reshape(CELLS, CELLS, 17, 2)[at[:, 0], at[:, 1], np.arange(17)]
    scores = likely.max(axis=0)
    placed = np.concatenate([np.clip(exact[:, ::-1] / CELLS / used, 0, 1), scores[:, None]], axis=1)
    edges = np.clip(np.array([left, top, right, bottom]) / CELLS / np.tile(used, 2), 0, 1).tolist()
    told = scores[scores > 0.127]  # what the graph takes for seen at all
    return Pose(Box(*edges), float(told.mean()) if len(told) > 3 else 0.0, placed.astype(np.float32))
