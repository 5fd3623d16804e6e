"""Fast detectors of the labels that they were trained on, with transformers: RT-DETRv2 and D-FINE.

They answer in one pass and need no text, so that they look at every frame of a video; what a question names is looked
for by a detector of any name (`grounding_dino.py`), on a few frames.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...records import Box, Detection
from ...runtime.hub_model import FromHub
from .nanodet import MOST, SAME_OBJECT, ObjectDetector

THRESHOLD = 0.5
"""Least score of a detection: the default of transformers' `post_process_object_detection` for both."""


class FixedLabels(FromHub, ObjectDetector):
    """A detector of transformers' `AutoModelForObjectDetection`: an RGB frame becomes its objects, surest first."""

    requires = ("torch", "transformers", "torchvision")
    install = "pip install 'vidscout[gpu]'"
    batch: ClassVar[int] = 4

    def __init__(self, model: str | Path | None = None, *, threshold: float = THRESHOLD, **options: Any) -> None:
        """Choose the weights, and how sure the model must be.

        Args:
            model: as in `hub_model.Checkpoint`.
            threshold: least score of a detection, 0..1.
            options: further ones of `hub_model.FromHub`.
        """
        super().__init__(model, **options)
        self.threshold = threshold

    @property
    def source(self) -> str:
        return super().source if self.threshold == THRESHOLD else f"{super().source}@{self.threshold:g}"

    def setup(self) -> None:
        self._processor = self.checkpoint.processor("AutoImageProcessor")
        self._model = self.checkpoint.load("AutoModelForObjectDetection")
        self._labels = {
            int(number): " ".join(str(label).lower().replace("_", " ").split())
            for number, label in self._model.config.id2label.items()
        }

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Detection]]:
        return [found for images in self.portions(batch) for found in self._found(list(images))]

    def _found(self, images: list[np.ndarray]) -> list[list[Detection]]:
        import torch

        inputs = self._processor(images=images, return_tensors="pt")  # every frame is scaled to one size
        with torch.inference_mode():
            output = self._model(**self.on_device(inputs))
        told = self._processor.post_process_object_detection(output, threshold=self.threshold)
        return [self._kept(*(one[part].float().tolist() for part in ("labels", "scores", "boxes"))) for one in told]

    def _kept(self, labels: list[float], scores: list[float], boxes: list[list[float]]) -> list[Detection]:
        """Detections of one frame, the surest first, without those that repeat a surer one of their label.

        Args:
            labels: numbers of them.
            scores: 0..1.
            boxes: left, top, right and bottom, as shares of the frame.
        """
        kept: list[Detection] = []
        for score, number, sides in sorted(zip(scores, labels, boxes, strict=True), key=lambda one: -round(one[0], 4)):
            label = self._labels[int(number)]
            left, top, right, bottom = (round(min(max(side, 0.0), 1.0), 4) for side in sides)
            if left > right or top > bottom or len(kept) >= MOST:
                continue
            box = Box(left, top, right, bottom)
            if not any(one.label == label and one.box.overlap(box) > SAME_OBJECT for one in kept):
                kept.append(Detection(label, round(score, 4), box))
        return kept


class RTDetr(FixedLabels):
    """RT-DETRv2 (Lv et al., 2024): COCO's eighty labels."""

    name = "rt-detr"
    default = "rt-detr-v2-r18"
    weights = ("rt-detr-v2-r18",)


class DFine(FixedLabels):
    """D-FINE (Peng et al., 2024): COCO's eighty labels, with finer boxes."""

    name = "d-fine"
    default = "d-fine-small"
    weights = ("d-fine-small",)
