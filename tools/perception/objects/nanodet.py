"""Things on a frame: COCO's eighty kinds of object, each with its box."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...records import Box, Detection
from ...runtime import out_of_memory
from ...runtime.backend import Tool
from ...runtime.counters import count
from ...runtime.onnx import session
from ...weights import catalogue as weights
from .coco import COCO_LABELS

SIDE = 416
"""Pixels of the detector's square input."""
MEAN = (103.53, 116.28, 123.675)
DEVIATION = (57.375, 57.12, 58.395)
"""Of blue, green and red, as in NanoDet's configuration."""
STRIDES = (8, 16, 32)
"""Pixels between the points of the three maps on which the detector answers."""
BINS = 11
"""Each side's distance is a distribution over 0 to 10 strides (generalized focal loss, Li et al., 2020)."""
THRESHOLD = 0.45
"""Least score of a detection. On 22 photographs and frames of street scenes 14 of the 15 detections from here up are
right, and 4 of the 9 between 0.4 and 0.45."""
GREY = 114
"""What fills the square beside a frame that is not square. Scaling the frame out of proportion instead costs most of
the cars and cyclists in wide street scenes."""
SAME_OBJECT = 0.5
"""Intersection over union from which two boxes of one label are one object; NanoDet's own 0.6 leaves doubles."""
MOST = 60
"""Objects kept a frame, the surest first."""
FRAMES_AT_ONCE = 4


class ObjectDetector(Tool[np.ndarray, list[Detection]]):
    """The role: an RGB frame, (H, W, 3) uint8, becomes its objects, surest first."""

    role: ClassVar[str] = "objects"
    open_vocabulary: ClassVar[bool] = False
    """Whether it finds things under any name, rather than those it was trained on."""

    def detect(self, batch: Sequence[np.ndarray], labels: Sequence[str]) -> list[list[Detection]]:
        """Where the things of these names are on each frame; loads the model on first use.

        A detector without open vocabulary finds only those of the names that it knows.

        Raises:
            OutOfMemoryError: half the batch does not fit either, even with every idle model unloaded.
        """
        if not batch or not labels:
            return [[] for _ in batch]
        with self.in_use():
            found = out_of_memory.perceive(self, lambda part: self.find(part, labels), batch)
        count("detector_calls", len(batch))
        return found

    def find(self, batch: Sequence[np.ndarray], labels: Sequence[str]) -> list[list[Detection]]:
        """The work of `detect`; `setup` has run."""
        wanted = {" ".join(label.lower().split()) for label in labels}
        return [[seen for seen in of_one if seen.label in wanted] for of_one in self.perceive(batch)]


class NanoDet(ObjectDetector):
    """NanoDet (RangiLyu, 2020) trained on COCO: an RGB frame, (H, W, 3) uint8, becomes its objects, surest first.

    It knows photographs. In animation it mistakes characters for persons, cats or teddy bears.
    """

    name = "nanodet"
    requires = ("onnxruntime",)
    weights = ("nanodet-coco",)

    def __init__(self, threads: int | None = None, threshold: float = THRESHOLD) -> None:
        """Choose how sure it must be.

        Args:
            threads: of one forward pass; by default onnxruntime takes all physical cores.
            threshold: least score of a detection, 0..1.
        """
        super().__init__()
        self.threads = threads
        self.threshold = threshold
        self._session: Any = None

    @property
    def source(self) -> str:
        return super().source if self.threshold == THRESHOLD else f"{super().source}@{self.threshold:g}"

    def setup(self) -> None:
        self._session = session(weights.folder("nanodet-coco") / "nanodet.onnx", self.threads)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Detection]]:
        return [
            objects
            for first in range(0, len(batch), FRAMES_AT_ONCE)
            for objects in self._detect(batch[first : first + FRAMES_AT_ONCE])
        ]

    def _detect(self, images: Sequence[np.ndarray]) -> list[list[Detection]]:
        pixels = np.stack([_in_a_square(image) for image in images])
        pixels = (pixels[..., ::-1] - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
        names = [f"{kind}_{stride}" for kind in ("scores", "boxes") for stride in STRIDES]
        outputs = self._session.run(names, {"image": np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))})
        scores = np.concatenate(outputs[: len(STRIDES)], axis=1)
        sides = np.concatenate(outputs[len(STRIDES) :], axis=1)
        return [
            self._objects(of_one, sides_of_one, image.shape)
            for of_one, sides_of_one, image in zip(scores, sides, images, strict=True)
        ]

    def _objects(self, scores: np.ndarray, sides: np.ndarray, shape: tuple[int, ...]) -> list[Detection]:
        """One frame's detections from its (points, 80) scores and (points, 4 × 11) logits of the boxes' sides."""
        import cv2

        at, label = np.nonzero(scores > self.threshold)
        if not len(at):
            return []
        score = scores[at, label]
        x, y, stride = POINTS[at].T
        logits = sides[at].reshape(-1, 4, BINS)
        weight = np.exp(logits - logits.max(axis=2, keepdims=True))
        left, top, right, bottom = (weight @ np.arange(BINS) / weight.sum(axis=2)).T * stride
        height, width = _fitted(shape)
        margin = np.array([SIDE - width, SIDE - height] * 2) // 2
        corners = (np.stack([x - left, y - top, x + right, y + bottom], axis=1) - margin) / ([width, height] * 2)
        corners = np.clip(corners, 0, 1)
        sizes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        kept = cv2.dnn.NMSBoxesBatched(
            sizes.tolist(), score.tolist(), label.tolist(), self.threshold, SAME_OBJECT, top_k=1000
        )
        best = sorted(np.asarray(kept).flatten(), key=lambda row: (-round(float(score[row]), 4), int(row)))[:MOST]
        return [
            Detection(
                COCO_LABELS[label[row]],
                round(float(score[row]), 4),
                Box(*(round(float(side), 4) for side in corners[row])),
            )
            for row in best
        ]

    def close(self) -> None:
        super().close()
        self._session = None


def _fitted(shape: Sequence[int]) -> tuple[int, int]:
    """Height and width of a frame that is scaled into the detector's square."""
    scale = SIDE / max(shape[:2])
    return max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1)


def _in_a_square(image: np.ndarray) -> np.ndarray:
    import cv2

    height, width = _fitted(image.shape)
    square = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    shrinking = max(image.shape[:2]) > SIDE
    square[top : top + height, left : left + width] = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    )
    return square


def _points() -> np.ndarray:
    """(points, 3): x, y and stride of each place where the detector answers, in pixels of its input."""
    grids = []
    for stride in STRIDES:
        places = (np.arange(SIDE // stride) + 0.5) * stride
        y, x = np.meshgrid(places, places, indexing="ij")
        grids.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], axis=1))
    return np.concatenate(grids).astype(np.float32)


POINTS = _points()
