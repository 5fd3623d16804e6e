"""What a face is like, as a vector: the role `face_embedding`, and the backend of the embedded profile."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights

SIDE = 224
"""Pixels of the network's square input."""
PLACES = np.array([(38.29, 51.70), (73.53, 51.50), (56.03, 71.74), (41.55, 92.37), (70.73, 92.20)], np.float32) * (
    SIDE / 112
)
"""Where eyes, tip of the nose and corners of the mouth come to lie: those of ArcFace (Deng et al., 2019)."""
EYES, NOSE, MOUTH = ((33, 133), (362, 263)), 1, (61, 291)
"""The same points of MediaPipe's face mesh; an eye lies in the middle of its corners."""
MEAN = np.array([103.939, 116.779, 123.68], np.float32)
"""Of blue, green and red in the pictures that the network learnt with."""


@dataclass(frozen=True)
class FaceOnFrame:
    """A face whose vector is wanted."""

    image: np.ndarray = field(repr=False)
    """(height, width, 3) uint8, RGB."""
    points: np.ndarray = field(repr=False)
    """(468, 2 or more): of the face mesh, in pixels."""


class FaceEncoder(Tool[FaceOnFrame, np.ndarray]):
    """A face becomes a vector of unit length; alike for one person."""

    role = "face_embedding"
    same: float = 0.6
    """Mean cosine from which two groups of faces are one person's; of each encoder its own. A person who turns away in
    a clip is still one, so that it lies lower than `known`."""
    known: float = 0.72
    """Cosine from which somebody is who was shown. Of FaceRes, the people of the development half of
    `bench/measure/perceiving/faces.py` come to 0.70 at most with one another, and to 0.84 and more with other pictures
    of themselves."""


class FaceRes(FaceEncoder):
    """The descriptor of HSE-FaceRes, a MobileNet that learnt to tell people apart (Savchenko, 2019).

    The same network guesses age and gender; those of its outputs are not converted.
    """

    name = "faceres"
    requires = ("onnxruntime",)
    weights = ("faceres",)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self._network: Any = None

    def setup(self) -> None:
        self._network = session(weights.folder("faceres") / "faceres.onnx", self.threads)

    def close(self) -> None:
        super().close()
        self._network = None

    def perceive(self, batch: Sequence[FaceOnFrame]) -> list[np.ndarray]:
        found = []
        for face in batch:
            picture = upright(face.image, face.points)[..., ::-1].astype(np.float32) - MEAN
            [[vector]] = self._network.run(["embedding"], {"image": picture[None]})
            found.append(vector / max(float(np.linalg.norm(vector)), 1e-6))
        return found


def upright(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A face turned and scaled so that eyes, nose and mouth lie at their places: (SIDE, SIDE, 3) uint8."""
    import cv2

    eyes = [points[list(corners), :2].mean(axis=0) for corners in EYES]
    there = np.array([*eyes, points[NOSE, :2], *points[list(MOUTH), :2]], np.float32)
    turn, _ = cv2.estimateAffinePartial2D(there, PLACES, method=cv2.LMEDS)
    if turn is None:  # points that lie on one another
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    return cv2.warpAffine(image, turn, (SIDE, SIDE))
