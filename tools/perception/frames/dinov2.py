"""How much two frames look alike, whatever words there are for it: features of DINOv2 (Oquab et al., 2023)."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ...runtime.backend import Tool
from ...runtime.hub_model import FromHub
from .encoders import unit_rows


class VisualSimilarity(Tool[np.ndarray, np.ndarray]):
    """The role: an RGB frame, (H, W, 3) uint8, becomes a unit vector; the dot product of two is their likeness."""

    role = "visual_similarity"


class DINOv2(FromHub, VisualSimilarity):
    """The class token of DINOv2, or the pooled output of another image model without text tower."""

    name = "dinov2"
    default = "dinov2-base"
    weights = ("dinov2-base",)
    batch: ClassVar[int] = 32

    def setup(self) -> None:
        self._processor = self.checkpoint.processor("AutoImageProcessor")
        self._model = self.checkpoint.load("AutoModel")

    def perceive(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        import torch

        found: list[np.ndarray] = []
        for images in self.portions(batch):
            inputs = self._processor(images=list(images), return_tensors="pt")
            with torch.inference_mode():
                output = self._model(**self.on_device(inputs))
            found += list(unit_rows(output.pooler_output.float().flatten(1).cpu().numpy()))
        return found


def likeness(frames: Sequence[np.ndarray], others: Sequence[np.ndarray], model: VisualSimilarity) -> np.ndarray:
    """(frames, others) float32: the cosine of each frame's features with those of each other frame, -1..1."""
    vectors = model.run([*frames, *others])
    return np.stack(vectors[: len(frames)]) @ np.stack(vectors[len(frames) :]).T
