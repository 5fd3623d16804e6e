"""Hands on a frame, each with its 21 points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...records import Box
from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights
from .mediapipe import Grids, cells, distinct, fitted

PALM_SIDE, HAND_SIDE = 256, 224
"""Pixels of the networks' square inputs."""
GRIDS: Grids = ((8, 2), (16, 2), (32, 6))
SURE = 0.5
"""Least score of a palm, and of the hand that is fitted to it."""
SAME_HAND = 0.3
"""Intersection over union from which two boxes are one palm."""
MOST = 4
"""Hands kept a frame, the largest first."""
WRIST, MIDDLE = 0, 2
"""The detector's points at the wrist and at the base of the middle finger: from one to the other is up."""
REACH, FORWARD = 2.6, 0.5
"""Side of the square that the points are fitted in, and how far it is moved toward the fingers, in sides of the palm's
box: MediaPipe's own."""
PALM = (0, 1, 5, 9, 13, 17)
"""Points of the palm, which fingers that bend hardly move: the wrist and the lowest joint of each finger."""


@dataclass(frozen=True)
class Hand:
    """One hand on one frame."""

    box: Box
    score: float
    points: np.ndarray = field(repr=False)
    """(21, 3) float32: x and y in pixels of the frame, and depth on the same scale."""

    @property
    def palm_length(self) -> float:
        """Pixels between the wrist and the base of the middle finger."""
        return float(np.linalg.norm(self.points[0] - self.points[9]))


class HandLandmarks(Tool[np.ndarray, list[Hand]]):
    """MediaPipe Hands (Zhang et al., 2020): an RGB frame becomes its hands.

    Measured: it found a hand before a face on 76 % of the frames, one that holds a cup on 76 %, a box on 49 %, a dark
    open hand against the light on none, and few once the picture was cropped to the hand.
    """

    role = "hands"
    name = "mediapipe-hands"
    requires = ("onnxruntime",)
    weights = ("mediapipe-hands",)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self._detector: Any = None
        self._landmarks: Any = None

    def setup(self) -> None:
        folder = weights.folder("mediapipe-hands")
        self._detector = session(folder / "palms.onnx", self.threads)
        self._landmarks = session(folder / "hand.onnx", self.threads)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Hand]]:
        return [self._hands(image) for image in batch]

    def close(self) -> None:
        super().close()
        self._detector = self._landmarks = None

    def _hands(self, image: np.ndarray) -> list[Hand]:
        import cv2

        height, width = image.shape[:2]
        scale = PALM_SIDE / max(height, width)
        square = np.zeros((PALM_SIDE, PALM_SIDE, 3), np.uint8)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        # in the middle it finds more than in a corner
        left, top = (PALM_SIDE - size[0]) // 2, (PALM_SIDE - size[1]) // 2
        square[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        [answers] = self._detector.run(["palms"], {"image": square[None].astype(np.float32) / 127.5 - 1})
        scores = 1 / (1 + np.exp(-np.clip(answers[0, :, 0], -30, 30)))
        places = answers[0, :, 1:]
        hands: list[Hand] = []
        grid = cells(PALM_SIDE, GRIDS) - (left, top)
        places[:, :2] += grid
        for at in distinct(scores, places, SURE, SAME_HAND)[:MOST]:
            middle = places[at, :2] / scale
            palm = (places[at, 4:].reshape(7, 2) + grid[at]) / scale
            points, score = self._points(image, middle, palm, float(places[at, 2:4].max()) / scale)
            if score < SURE:
                continue
            low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
            edges = np.clip(np.concatenate([low, high]) / (width, height, width, height), 0, 1).tolist()
            hands.append(Hand(Box(*edges), score, points))
        return sorted(hands, key=lambda hand: -hand.box.area)

    def _points(self, image: np.ndarray, middle: np.ndarray, palm: np.ndarray, side: float) -> tuple[np.ndarray, float]:
        """Points in a square around a palm whose fingers point up, and how sure it is that a hand is there."""
        up = palm[MIDDLE] - palm[WRIST]
        up = up / max(float(np.linalg.norm(up)), 1e-6)
        angle = float(np.degrees(np.arctan2(up[0], -up[1])))
        return fitted(image, middle + up * side * FORWARD, angle, side * REACH, HAND_SIDE, self._fit)

    def _fit(self, upright: np.ndarray) -> tuple[np.ndarray, float]:
        points, hand = self._landmarks.run(["points", "hand"], {"image": upright})
        return points, float(hand[0, 0])
