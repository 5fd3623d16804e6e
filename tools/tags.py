"""What a whole frame looks like, as labels of an image classifier, with the features that they were read from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from . import weights
from .base import Tool
from .onnx_session import session
from .records import Modality, Record, Span, Tag

TOP = 10
"""Labels kept a frame: what ConSE takes its weighted mean over."""
WORTH_SAYING = 0.25
"""Probability from which a label goes into words. Below it the classifier is guessing between many."""
SIDE = 224
"""Pixels of the classifier's square input."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What a classifier says of one frame."""

    labels: tuple[Tag, ...]
    """The likeliest labels, best first."""
    features: np.ndarray
    """Float32 unit vector before the classification layer; frames that look alike have a high dot product."""

    @classmethod
    def none(cls) -> "Tags":
        """Of a frame that could not be looked at."""
        return cls((), np.zeros(0, np.float32))


class Tagger(Tool[np.ndarray, Tags]):
    """Role `tags`: RGB images (height, width, 3) uint8 to labels and features."""

    role = "tags"

    labels: Sequence[str]
    """Every label the classifier knows; loaded by `setup`."""


class EfficientNetLite0(Tagger):
    """EfficientNet-lite0 (Tan and Le, 2019) on ImageNet's 1000 classes: objects, animals and some places.

    It knows no actions and no attributes, and it always names something, so read probabilities, not only names.
    """

    name = "efficientnet-lite0"
    requires = ("onnxruntime",)
    weights: ClassVar[tuple[str, ...]] = ("efficientnet-lite0",)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self.labels = ()
        self._session: Any = None

    def setup(self) -> None:
        folder = weights.folder("efficientnet-lite0")
        self._session = session(folder / "efficientnet-lite0.onnx", self.threads)
        # A line lists a class's synonyms; the first is the common one.
        lines = (folder / "labels.txt").read_text(encoding="utf-8").splitlines()
        self.labels = tuple(line.split(",")[0].strip() for line in lines)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Tags]:
        features, logits = self._session.run(["features", "logits"], {"image": np.stack([prepared(i) for i in batch])})
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        features /= np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
        found = []
        for row, vector in zip(odds, features, strict=True):
            best = np.argsort(-row)[:TOP]
            found.append(Tags(tuple(Tag(self.labels[n], float(row[n])) for n in best), vector.astype(np.float32)))
        return found

    def close(self) -> None:
        super().close()
        self._session = None


def prepared(image: np.ndarray) -> np.ndarray:
    """A frame as the classifier takes it: squeezed to a square, so that the edges of a wide frame count too."""
    small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return ((np.asarray(small, np.float32) - 127) / 128).transpose(2, 0, 1)


def frame_records(video: str, observations: Iterable[tuple[Span, Sequence[Tag]]], source: str) -> list[Record]:
    """A record for each kept frame whose labels are worth saying.

    Args:
        observations: how long each kept frame's picture stood, and its labels, in order of time.
    """
    records = []
    for span, tags in observations:
        said = [tag for tag in tags if tag.score >= WORTH_SAYING]
        if said:
            text = ", ".join(tag.label for tag in said)
            records.append(Record(video, span, Modality.FRAME, text, said[0].score, source))
    return records
