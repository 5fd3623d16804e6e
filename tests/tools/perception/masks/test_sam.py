"""Masks of what is in a box, with tiny models of the real classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.geometry import Box
from vidscout.tools.perception.masks.sam import SegmentAnything
from vidscout.tools.perception.masks.segmenter import Marked

BOX = Box(0.2, 0.25, 0.7, 0.75)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (48, 80, 3), dtype=np.uint8)


@pytest.mark.parametrize("family", ["sam", "sam2"])
def test_the_mask_is_what_transformers_makes_of_the_box(
    checkpoint: Callable[[str], Path], image: np.ndarray, family: str
):
    import torch
    from transformers import AutoModelForMaskGeneration, AutoProcessor

    folder = checkpoint(family)
    model, processor = AutoModelForMaskGeneration.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
    inputs = processor(images=image, input_boxes=[[[16.0, 12.0, 56.0, 36.0]]], return_tensors="pt")
    with torch.inference_mode():
        logits = model.eval()(**inputs, multimask_output=False).pred_masks
    sizes = [inputs[name] for name in ("original_sizes", "reshaped_input_sizes") if name in inputs]
    theirs = processor.post_process_masks(logits, *sizes, binarize=False)[0][0, 0].numpy()

    tool = SegmentAnything(folder, device="cpu")
    assert tool.can("anything at all")
    tool.ready()
    ours = tool.mask(Marked(image, BOX))
    assert ours.shape == image.shape[:2]
    assert ours.any()
    assert not ours.all()
    assert (ours == (theirs > 0)).mean() > 0.999
    [part] = tool.run([Marked(image, BOX)])
    assert part is None or not (part & ~ours).any()
