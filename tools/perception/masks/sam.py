"""Masks of anything in a box, by models of the Segment Anything family from a model hub."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ...runtime.hub_model import FromHub
from .segmenter import Marked, Segmenter, connected


class SegmentAnything(FromHub, Segmenter):
    """Segment Anything (Kirillov et al., 2023) and SAM 2 (Ravi et al., 2024), asked with the box; each frame alone."""

    name = "sam"
    default = "sam2.1-hiera-tiny"
    default_dtype: ClassVar[str] = "float32"
    weights = ("sam2.1-hiera-tiny",)
    batch: ClassVar[int] = 1
    gpu_batch: ClassVar[int] = 1

    def setup(self) -> None:
        self._processor = self.checkpoint.processor(needs=("image_processor",))
        self._model = self.checkpoint.load("AutoModelForMaskGeneration")

    def perceive(self, batch: Sequence[Marked]) -> list[np.ndarray | None]:
        return [connected(self.mask(one), one.box) for one in batch]

    def mask(self, marked: Marked) -> np.ndarray:
        """What the model takes for the thing in the box, all of it, (H, W) bool."""
        import torch

        height, width = marked.image.shape[:2]
        box = marked.box
        sides = [box.left * width, box.top * height, box.right * width, box.bottom * height]
        inputs = self._processor(images=marked.image, input_boxes=[[sides]], return_tensors="pt")
        sizes = [inputs.pop(name) for name in ("original_sizes", "reshaped_input_sizes") if name in inputs]
        with torch.inference_mode():
            found = self._model(**self.on_device(inputs), multimask_output=False)
        [masks] = self._processor.post_process_masks(found.pred_masks.float().cpu(), *sizes)
        return masks[0, 0].numpy().astype(bool)
