"""Which objects stand where on a frame."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from . import weights
from .base import Tool
from .onnx_session import session
from .records import Box, Detection

COCO_LABELS = tuple(
    label.strip()
    for label in """
    person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
    parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella,
    handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard,
    surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
    broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv,
    laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase,
    scissors, teddy bear, hair drier, toothbrush
    """.split(",")
)
"""The 80 classes of COCO (Lin et al., 2014), in the order of the detector's outputs."""

SIDE = 416
"""Pixels of the detector's square input."""
STRIDES = (8, 16, 32)
BINS = 11
"""Each side of a box is a distribution over 0..10 strides (generalised focal loss, Li et al., 2020)."""
LEAST_SCORE = 0.4
"""Score from which a detection counts; below it NanoDet sees people in tree trunks."""
SAME_OBJECT = 0.5
"""Intersection over union from which two boxes of one label are one object."""
AT_MOST = 50
"""Detections kept a frame."""

MEAN = np.array([103.53, 116.28, 123.675], np.float32)
DEVIATION = np.array([57.375, 57.12, 58.395], np.float32)


class ObjectDetector(Tool[np.ndarray, list[Detection]]):
    """Role `objects`: RGB images (height, width, 3) uint8 to detections, best first."""

    role = "objects"
    counter = "detector_calls"


class NanoDet(ObjectDetector):
    """NanoDet on COCO's 80 classes: 24 ms a frame on two CPU threads.

    Trained on photographs: on drawn and animated pictures its labels are guesses.
    """

    name = "nanodet"
    requires = ("onnxruntime",)
    weights: ClassVar[tuple[str, ...]] = ("nanodet-coco",)

    def __init__(self, least_score: float = LEAST_SCORE, threads: int | None = None) -> None:
        super().__init__()
        self.least_score = least_score
        self.threads = threads
        self._session: Any = None

    def setup(self) -> None:
        self._session = session(weights.folder("nanodet-coco") / "nanodet.onnx", self.threads)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Detection]]:
        names = [f"{kind}_{stride}" for stride in STRIDES for kind in ("scores", "boxes")]
        outputs = self._session.run(names, {"image": np.stack([prepared(image) for image in batch])})
        scores = np.concatenate(outputs[0::2], axis=1)
        sides = np.concatenate(outputs[1::2], axis=1)
        return [self._decoded(scores[row], sides[row]) for row in range(len(batch))]

    def close(self) -> None:
        super().close()
        self._session = None

    def _decoded(self, scores: np.ndarray, sides: np.ndarray) -> list[Detection]:
        cells, labels = np.nonzero(scores >= self.least_score)
        if not len(cells):
            return []
        boxes = corners(cells, sides[cells])
        found = scores[cells, labels]
        return [
            Detection(COCO_LABELS[labels[at]], float(found[at]), Box(*(float(side) for side in boxes[at])))
            for at in suppressed(boxes, found, labels)[:AT_MOST]
        ]


def prepared(image: np.ndarray) -> np.ndarray:
    """A frame as the detector takes it: squeezed to a square, BGR, its training set's mean and deviation removed."""
    small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return ((np.asarray(small, np.float32)[:, :, ::-1] - MEAN) / DEVIATION).transpose(2, 0, 1)


def centres() -> np.ndarray:
    """Middle of every cell and its stride: (cells, 3) as x, y, stride, in pixels of the input."""
    rows = []
    for stride in STRIDES:
        across = SIDE // stride
        y, x = np.divmod(np.arange(across * across), across)
        rows.append(np.stack([(x + 0.5) * stride, (y + 0.5) * stride, np.full(across * across, stride)], axis=1))
    return np.concatenate(rows).astype(np.float32)


CENTRES = centres()


def corners(cells: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) as left, top, right, bottom in fractions of the frame, from logits of the sides' distributions."""
    odds = np.exp(sides.reshape(-1, 4, BINS) - sides.reshape(-1, 4, BINS).max(axis=2, keepdims=True))
    reach = (odds / odds.sum(axis=2, keepdims=True)) @ np.arange(BINS, dtype=np.float32)
    x, y, stride = CENTRES[cells].T
    reach = reach * stride[:, None]
    boxes = np.stack([x - reach[:, 0], y - reach[:, 1], x + reach[:, 2], y + reach[:, 3]], axis=1)
    return np.clip(boxes / SIDE, 0, 1)


def suppressed(boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray) -> list[int]:
    """Which boxes stay, best first, when of boxes of one label that overlap only the best does."""
    left: list[int] = np.argsort(-scores, kind="stable").tolist()
    kept: list[int] = []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while left:
        best, *rest = left
        kept.append(best)
        others = np.array(rest, dtype=int)
        corner = np.minimum(boxes[best, 2:], boxes[others, 2:]) - np.maximum(boxes[best, :2], boxes[others, :2])
        shared = np.clip(corner, 0, None).prod(axis=1)
        union = area[best] + area[others] - shared
        doubles = (labels[others] == labels[best]) & (shared > SAME_OBJECT * union)
        left = others[~doubles].tolist()
    return kept
