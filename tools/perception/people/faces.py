"""Faces on a frame, each with the 468 points of a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...records import Box
from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights
from .mediapipe import Grids, cells, distinct, fitted

DETECTOR_SIDE, MESH_SIDE = 256, 192
"""Pixels of the networks' square inputs."""
GRIDS: Grids = ((16, 2), (32, 6))
SURE = 0.6
"""Least score of a face."""
SURE_OF_MESH = 0.5
"""Least score of the mesh that is fitted to it."""
SAME_FACE = 0.3
"""Intersection over union from which two boxes are one face."""
MOST = 4
"""Faces kept a frame, the largest first."""
MARGIN = 1.5
"""Side of the square that the mesh is fitted in, in sides of the detected box."""
RIGHT_EYE, LEFT_EYE = 33, 263
"""Points of the mesh at the outer corners of the eyes."""
UPPER_LIP, LOWER_LIP = 13, 14
"""Points in the middle of the lips, where they meet."""
STEADY = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 10, 151, 9, 8, 234, 454, 127, 356)
"""Points that expressions hardly move: corners of the eyes, ridge of the nose, forehead, and the face's outline."""


@dataclass(frozen=True)
class Face:
    """One face on one frame."""

    box: Box
    score: float
    points: np.ndarray = field(repr=False)
    """(468, 3) float32: x and y in pixels of the frame, and depth on the same scale."""

    @property
    def eye_distance(self) -> float:
        """Pixels between the outer corners of the eyes."""
        return float(np.linalg.norm(self.points[RIGHT_EYE] - self.points[LEFT_EYE]))

    @property
    def mouth_opening(self) -> float:
        """Distance of the lips in eye distances."""
        return float(np.linalg.norm(self.points[UPPER_LIP] - self.points[LOWER_LIP])) / max(self.eye_distance, 1e-6)


class FaceMesh(Tool[np.ndarray, list[Face]]):
    """BlazeFace and MediaPipe's face mesh (Bazarevsky et al.; Kartynnik et al., 2019): an RGB frame becomes its faces.

    It knows frontal faces of a tenth of the picture and more; it also finds the faces of animated people.
    """

    role = "faces"
    name = "facemesh"
    requires = ("onnxruntime",)
    weights = ("facemesh",)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self._detector: Any = None
        self._mesh: Any = None

    def setup(self) -> None:
        folder = weights.folder("facemesh")
        self._detector = session(folder / "blazeface.onnx", self.threads)
        self._mesh = session(folder / "facemesh.onnx", self.threads)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Face]]:
        return [self._faces(image) for image in batch]

    def close(self) -> None:
        super().close()
        self._detector = self._mesh = None

    def _faces(self, image: np.ndarray) -> list[Face]:
        import cv2

        height, width = image.shape[:2]
        side = max(height, width)
        scale = DETECTOR_SIDE / side
        square = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.uint8)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        square[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        names = [f"{kind}_{stride}" for kind in ("scores", "boxes") for stride, _ in GRIDS]
        found = self._detector.run(names, {"image": square[None].astype(np.float32) / 127.5 - 1})
        logits, places = (np.concatenate([one[0] for one in found[at : at + 2]]) for at in (0, 2))
        scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30)))
        places[:, :2] += cells(DETECTOR_SIDE, GRIDS)
        faces = []
        for at in distinct(scores, places, SURE, SAME_FACE)[:MOST]:
            middle = places[at, :2] / scale
            eyes = (places[at, 4:8].reshape(2, 2) + cells(DETECTOR_SIDE, GRIDS)[at]) / scale
            reach = float(places[at, 2:4].max()) / scale
            points = self._points(image, middle, eyes, reach * MARGIN)
            if points is not None:
                low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
                edges = np.clip(np.concatenate([low, high]) / (width, height, width, height), 0, 1).tolist()
                faces.append(Face(Box(*edges), float(scores[at]), points))
        return sorted(faces, key=lambda face: -face.box.area)

    def _points(self, image: np.ndarray, middle: np.ndarray, eyes: np.ndarray, reach: float) -> np.ndarray | None:
        """The mesh in an upright square around a face; None where the mesh finds no face there."""
        across = eyes[1] - eyes[0]
        angle = float(np.degrees(np.arctan2(across[1], across[0])))
        points, score = fitted(image, middle, angle, reach, MESH_SIDE, self._fit)
        return points if score >= SURE_OF_MESH else None

    def _fit(self, upright: np.ndarray) -> tuple[np.ndarray, float]:
        points, face = self._mesh.run(["points", "face"], {"image": upright})
        return points, float(face[0, 0])
