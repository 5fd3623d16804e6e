"""PP-OCRv5 with transformers: for a GPU, and for Chinese, Japanese, English and their like in one model."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...records import TextLine
from ...runtime.hub_model import FromHub
from .ppocr import LINE_HEIGHT, WIDTH_STEP, cut_out
from .readers import ScreenText, legible, line_of

GREY = 127
"""What lines are filled up with on the right: nothing, once it is normalised."""


class HubPPOCR(FromHub, ScreenText):
    """Two checkpoints: one finds lines, the other reads them. What a frame says depends on no other frame."""

    name = "pp-ocr-v5"
    requires = ("torch", "transformers", "torchvision", "cv2")
    install = "pip install 'vidscout[gpu]'"
    default = "pp-ocr-v5-reads"
    weights = ("pp-ocr-v5-finds", "pp-ocr-v5-reads")
    batch: ClassVar[int] = 4
    gpu_batch: ClassVar[int] = 32

    def __init__(self, model: str | Path | None = None, *, finds: str | Path | None = None, **options: Any) -> None:
        """Choose the weights.

        Args:
            model: the checkpoint that reads lines, as in `hub_model.Checkpoint`.
            finds: the checkpoint that finds them.
            options: further ones of `hub_model.FromHub`; `revision` is that of the one that reads.
        """
        super().__init__(model, **options)
        self.finder = replace(self.checkpoint, model=finds or self.weights[0], revision=None)
        self._finder: Any = None
        self._searching: Any = None

    @property
    def source(self) -> str:
        return f"{self.name}/{self.finder.identity}+{self.checkpoint.identity}.{self.version}"

    def setup(self) -> None:
        self._searching = self.finder.processor("AutoImageProcessor")
        self._finder = self.finder.load("AutoModelForObjectDetection")
        self._processor = self.checkpoint.processor("AutoImageProcessor")
        self._model = self.checkpoint.load("AutoModelForTextRecognition")

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[TextLine]]:
        places: list[list[np.ndarray]] = [[] for _ in batch]
        for rows in self._of_one_shape(batch):
            for row, corners in zip(rows, self._find([batch[row] for row in rows]), strict=True):
                places[row] = corners
        cut = [cut_out(image, corners) for image, of_one in zip(batch, places, strict=True) for corners in of_one]
        read = iter(self._read(cut))
        return [
            legible([line_of(next(read), corners, image) for corners in of_one])
            for image, of_one in zip(batch, places, strict=True)
        ]

    def _of_one_shape(self, images: Sequence[np.ndarray]) -> Iterator[Sequence[int]]:
        shapes: dict[tuple[int, ...], list[int]] = {}
        for row, image in enumerate(images):
            shapes.setdefault(image.shape, []).append(row)
        for rows in shapes.values():
            yield from self.portions(rows)

    def _find(self, images: list[np.ndarray]) -> list[list[np.ndarray]]:
        """The corners of each frame's lines, clockwise from the top left: float32 (4, 2), in pixels."""
        import torch

        inputs = self._searching(images=images, return_tensors="pt")
        sizes = inputs.pop("target_sizes")
        with torch.inference_mode():
            pixels = inputs["pixel_values"].to(self._finder.device, self._finder.dtype)
            output = self._finder(pixel_values=pixels)
        output.last_hidden_state = output.last_hidden_state.float()  # OpenCV takes no half precision
        found = self._searching.post_process_object_detection(output, target_sizes=sizes)
        return [
            [corners for corners in one["boxes"].cpu().numpy().astype(np.float32) if _is_line(corners)] for one in found
        ]

    def _read(self, lines: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        """What each line says, with the mean probability of its characters.

        Lines of about one width are read together: the processor scales all that it gets to the width of the widest.
        """
        import torch

        together: dict[int, list[tuple[int, np.ndarray]]] = {}
        for number, line in enumerate(lines):
            scaled = _scaled(line)
            together.setdefault(scaled.shape[1], []).append((number, scaled))
        read: dict[int, tuple[str, float]] = {}
        for group in together.values():
            for part in self.portions(group):
                inputs = self._processor(images=[line for _, line in part], return_tensors="pt")
                with torch.inference_mode():
                    output = self._model(**self.on_device(inputs))
                output.last_hidden_state = output.last_hidden_state.float()
                told = self._processor.post_process_text_recognition(output)
                for (number, _), one in zip(part, told, strict=True):
                    read[number] = (one["text"], one["score"] if one["text"] else 0.0)
        return [read[number] for number in range(len(lines))]

    def close(self) -> None:
        self._finder = self._searching = None
        super().close()


def _is_line(corners: np.ndarray) -> bool:
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return bool(sides.min() >= 1)


def _scaled(line: np.ndarray) -> np.ndarray:
    """A line at the height that the reader wants, filled up on the right to a multiple of `WIDTH_STEP` pixels."""
    import cv2

    width = max(round(LINE_HEIGHT * line.shape[1] / line.shape[0]), 1)
    filled = np.full((LINE_HEIGHT, -(-width // WIDTH_STEP) * WIDTH_STEP, 3), GREY, np.uint8)
    filled[:, :width] = cv2.resize(np.ascontiguousarray(line), (width, LINE_HEIGHT))
    return filled
