"""Open-vocabulary detection: things on a frame under whatever names a question gives them."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError
from ...records import Box, Detection
from ...runtime.hub_model import FromHub
from .coco import COCO_LABELS
from .nanodet import MOST, SAME_OBJECT, ObjectDetector

THRESHOLD = 0.3
"""Least score of a detection. The authors' demo takes 0.35 for boxes; their evaluation on COCO keeps 300 boxes a
frame whatever their scores (Liu et al., 2023)."""
MOST_TOKENS = 256
"""Length of the text that the model was trained on; longer lists of labels are looked for in several passes."""


class GroundingDINO(FromHub, ObjectDetector):
    """Grounding DINO (Liu et al., 2023): looks for phrases, and puts each box under the one that fits it best.

    In float32 also on a GPU: its deformable attention mixes precisions in half.
    """

    name = "grounding-dino"
    default = "grounding-dino-tiny"
    default_dtype: ClassVar[str] = "float32"
    weights = ("grounding-dino-tiny",)
    batch: ClassVar[int] = 4
    gpu_batch: ClassVar[int] = 8
    open_vocabulary = True

    def __init__(
        self,
        model: Any = None,
        *,
        labels: Sequence[str] = tuple(COCO_LABELS),
        threshold: float = THRESHOLD,
        **options: Any,
    ) -> None:
        """Choose what is looked for when nobody says what, and how sure the model must be.

        Args:
            model: as in `hub.Checkpoint`.
            labels: looked for by `run`, which ingest uses; questions bring their own to `detect`.
            threshold: least score of a detection, 0..1.
            options: further ones of `hub.FromHub`.
        """
        super().__init__(model, **options)
        self.labels = tuple(labels)
        self.threshold = threshold

    @property
    def source(self) -> str:
        sure = "" if self.threshold == THRESHOLD else f"@{self.threshold:g}"
        named = "" if self.labels == tuple(COCO_LABELS) else f"[{', '.join(self.labels)}]"
        return f"{super().source}{sure}{named}"

    def setup(self) -> None:
        self._processor = self.checkpoint.processor(needs=("image_processor", "tokenizer"))
        self._model = self.checkpoint.load("AutoModelForZeroShotObjectDetection")

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[Detection]]:
        return self._detect(batch, self.labels)

    def find(self, batch: Sequence[np.ndarray], labels: Sequence[str]) -> list[list[Detection]]:
        return self._detect(batch, labels)

    def _detect(self, images: Sequence[np.ndarray], labels: Sequence[str]) -> list[list[Detection]]:
        found: list[list[tuple[str, float, np.ndarray]]] = [[] for _ in images]
        for phrases in self._passes(labels):
            text, places = self._prompt(phrases)
            for rows in self._of_one_shape(images):
                for row, boxes in zip(rows, self._boxes([images[n] for n in rows], text, places), strict=True):
                    found[row] += [(phrases[label], score, box) for label, score, box in boxes]
        return [_kept(boxes) for boxes in found]

    def _passes(self, labels: Sequence[str]) -> Iterator[list[str]]:
        """The labels in lists that fit into one text each."""
        tokenizer = self._processor.tokenizer
        part: list[str] = []
        length = 2  # [CLS] and [SEP]
        for label in dict.fromkeys(_phrase(label) for label in labels):
            size = len(tokenizer(f"{label}.", add_special_tokens=False)["input_ids"])
            if part and length + size > MOST_TOKENS:
                yield part
                part, length = [], 2
            part.append(label)
            length += size
        if part:
            yield part

    def _prompt(self, phrases: Sequence[str]) -> tuple[Any, np.ndarray]:
        """The tokens of `a person. a red car.`, and for each phrase which of them are its own, (phrases, tokens)."""
        text, ends = "", []
        for phrase in phrases:
            text += f"{phrase}. "
            ends.append((len(text) - len(phrase) - 2, len(text) - 2))
        tokens = self._processor.tokenizer(
            text.strip(), return_offsets_mapping=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt"
        )
        [offsets] = tokens.pop("offset_mapping").tolist()
        places = np.array([[start >= a and end <= b and end > start for start, end in offsets] for a, b in ends])
        return tokens, places

    def _of_one_shape(self, images: Sequence[np.ndarray]) -> Iterator[list[int]]:
        """Rows of images of one size, so that none is padded and each gives what it gives alone."""
        shapes: dict[tuple[int, ...], list[int]] = {}
        for row, image in enumerate(images):
            shapes.setdefault(image.shape, []).append(row)
        for rows in shapes.values():
            yield from self.portions(rows)  # pyright: ignore[reportReturnType]

    def _boxes(
        self, images: list[np.ndarray], text: Any, places: np.ndarray
    ) -> Iterator[list[tuple[int, float, np.ndarray]]]:
        """For each image the number of a phrase, its score, and a box of centre, width and height in 0..1."""
        import torch

        pictures = self._processor.image_processor(images=images, return_tensors="pt")
        repeated = {name: value.expand(len(images), -1) for name, value in text.items()}
        with torch.inference_mode():
            output = self._model(**self.on_device({**pictures, **repeated}))
        scores = output.logits.float().sigmoid().cpu().numpy()[:, :, : places.shape[1]]
        boxes = output.pred_boxes.float().cpu().numpy()
        for of_one, sides in zip(scores, boxes, strict=True):
            # a phrase is as sure as the surest of its words, as the authors' own evaluation has it
            fit = np.stack([np.where(own, of_one, 0).max(axis=1) for own in places], axis=1)
            best = fit.argmax(axis=1)
            sure = fit.max(axis=1)
            yield [(int(best[n]), float(sure[n]), sides[n]) for n in np.flatnonzero(sure >= self.threshold)]


def _phrase(label: str) -> str:
    """A label as the model was trained to read it: lower case, and without full stops, which end a phrase."""
    phrase = " ".join(label.lower().replace(".", " ").split())
    if not phrase:
        raise UsageError("an empty label cannot be looked for")
    return phrase


def _kept(found: Sequence[tuple[str, float, np.ndarray]]) -> list[Detection]:
    """Detections of one frame, the surest first, without those that repeat a surer one of their label."""
    kept: list[Detection] = []
    for label, score, (x, y, width, height) in sorted(found, key=lambda item: -round(item[1], 4)):
        corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        box = Box(*(round(min(max(float(side), 0.0), 1.0), 4) for side in corners))
        if len(kept) < MOST and not any(o.label == label and o.box.overlap(box) > SAME_OBJECT for o in kept):
            kept.append(Detection(label, round(score, 4), box))
    return kept


class NamedByQuestions(GroundingDINO):
    """The same for what questions name, where another detector looks at every frame."""

    role: ClassVar[str] = "named_objects"
    name = "grounding-dino"
