"""Florence-2 (Xiao et al., 2023) by its tasks: text with its place, objects with their boxes. Captions are its own
backend, in `captions/captioner.py`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..records import Box, Detection, TextLine
from ..runtime.hub_model import FromHub, quiet
from .objects.nanodet import MOST, ObjectDetector
from .screen_text.readers import ScreenText, legible, line_of

MAX_TOKENS = 1024
"""Tokens of one answer at most: a crowded slide takes several hundred, eight of which are a line's corners."""


class FlorenceTask(FromHub):
    """One task of the checkpoint for every frame; what it says is parsed by transformers' own processor.

    It tells no probabilities, so everything that it finds has a score of 1.
    """

    default = "florence-2-base"
    weights = ("florence-2-base",)
    requires = ("torch", "transformers", "torchvision", "PIL")
    install = "pip install 'vidscout[gpu]'"
    batch: ClassVar[int] = 4
    gpu_batch: ClassVar[int] = 16
    task: ClassVar[str]

    def __init__(self, model: str | Path | None = None, *, max_tokens: int = MAX_TOKENS, **options: Any) -> None:
        """Choose the weights and how much may be said of one frame.

        Args:
            model: as in `hub_model.Checkpoint`.
            max_tokens: of one frame.
            options: further ones of `hub_model.FromHub`.
        """
        super().__init__(model, **options)
        self.max_tokens = max_tokens

    @property
    def source(self) -> str:
        return f"{super().source}{self.task}"

    def setup(self) -> None:
        self._processor = self.checkpoint.processor(needs=("image_processor", "tokenizer"))
        self._model = self.checkpoint.load("AutoModelForImageTextToText")

    def told(self, images: Sequence[np.ndarray]) -> list[dict[str, Any]]:
        """What the task says of each frame, by the task's name, in pixels of the frame."""
        import torch

        found: list[dict[str, Any]] = []
        for part in self.portions(images):
            inputs = self._processor(text=[self.task] * len(part), images=list(part), return_tensors="pt")
            with torch.inference_mode(), quiet():
                written = self._model.generate(
                    **self.on_device(inputs), max_new_tokens=self.max_tokens, do_sample=False, num_beams=1
                )
            texts = self._processor.batch_decode(written, skip_special_tokens=False)
            for text, image in zip(texts, part, strict=True):
                size = image.shape[1], image.shape[0]
                found.append(self._processor.post_process_generation(text, task=self.task, image_size=size)[self.task])
        return found


class FlorenceOCR(FlorenceTask, ScreenText):
    """Lines of text with their corners."""

    name = "florence-2"
    task = "<OCR_WITH_REGION>"

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[TextLine]]:
        return [lines_of(told, image) for told, image in zip(self.told(batch), batch, strict=True)]


class FlorenceObjects(FlorenceTask, ObjectDetector):
    """Objects under the names that it gives them."""

    name = "florence-2"
    task = "<OD>"

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Detection]]:
        return [objects_of(told, image) for told, image in zip(self.told(batch), batch, strict=True)]


def lines_of(told: dict[str, Any], image: np.ndarray) -> list[TextLine]:
    """Lines from `quad_boxes` (four corners each, as x and y in turn) and `labels`."""
    lines = []
    for corners, text in zip(told.get("quad_boxes", []), told.get("labels", []), strict=False):
        words = " ".join(str(text).replace("</s>", " ").split())
        if len(corners) == 8 and words:
            lines.append(line_of((words, 1.0), np.array(corners, np.float32).reshape(4, 2), image))
    return legible(lines)


def objects_of(told: dict[str, Any], image: np.ndarray) -> list[Detection]:
    """Objects from `bboxes` (left, top, right, bottom) and `labels`, in the order in which they were said."""
    height, width = image.shape[:2]
    found: list[Detection] = []
    for (left, top, right, bottom), label in zip(told.get("bboxes", []), told.get("labels", []), strict=False):
        sides = (left / width, top / height, right / width, bottom / height)
        inside = [round(min(max(float(side), 0.0), 1.0), 4) for side in sides]
        name = " ".join(str(label).lower().split())
        if name and inside[0] < inside[2] and inside[1] < inside[3] and len(found) < MOST:
            found.append(Detection(name, 1.0, Box(*inside)))
    return found
