"""Masks of people by MediaPipe's Selfie Segmentation, on the CPU."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...runtime.onnx import session
from ...weights import catalogue as weights
from .segmenter import Marked, Segmenter, connected

SIDE = 256
"""Pixels of the network's square input."""
AROUND = 0.15
"""Share of a box by which the part that the network sees is larger on each side."""
SURE = 0.5
"""Probability from which a pixel is of a person."""


class SelfieSegmentation(Segmenter):
    """Selfie Segmentation (MediaPipe, 2021): which pixels of the part around a box are of a person."""

    name = "selfie"
    requires = ("onnxruntime",)
    weights = ("selfie-segmentation",)
    knows: ClassVar[frozenset[str] | None] = frozenset({"person"})

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self._network: Any = None

    def setup(self) -> None:
        self._network = session(weights.folder("selfie-segmentation") / "selfie.onnx", self.threads)

    def perceive(self, batch: Sequence[Marked]) -> list[np.ndarray | None]:
        return [self._mask(one) if self.can(one.label) else None for one in batch]

    def close(self) -> None:
        super().close()
        self._network = None

    def _mask(self, marked: Marked) -> np.ndarray | None:
        import cv2

        height, width = marked.image.shape[:2]
        box = marked.box
        across, down = AROUND * (box.right - box.left), AROUND * (box.bottom - box.top)
        left, top = math.floor(max(box.left - across, 0) * width), math.floor(max(box.top - down, 0) * height)
        right, bottom = math.ceil(min(box.right + across, 1) * width), math.ceil(min(box.bottom + down, 1) * height)
        part = marked.image[top:bottom, left:right]
        seen = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        [[sure]] = self._network.run(["mask"], {"image": seen[None]})
        whole = np.zeros((height, width), bool)
        whole[top:bottom, left:right] = cv2.resize(sure[..., 0], (right - left, bottom - top)) >= SURE
        return connected(whole, box)
