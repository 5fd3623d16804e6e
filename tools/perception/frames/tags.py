"""What a whole frame looks like: ImageNet labels with their probabilities, and the features they were read from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from ...payloads import Labels
from ...records import Record, Span, Tag
from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights

FEATURES = 1280
"""Length of EfficientNet-lite0's feature vector."""
SIDE = 224
"""Pixels to which a frame is scaled. The whole frame, not its centre: what a video shows may be at its edge."""
KEPT = 10
"""Labels kept a frame, as many as ConSE weighs (Norouzi et al., 2014)."""
FRAMES_AT_ONCE = 8
PLAUSIBLE = 0.2
"""Probability from which a frame's best label is worth a record. Where nothing that ImageNet names is to be seen, as on
title cards and in most of an animation, the best of its thousand labels stays below."""
ALSO_NAMED = 0.1
"""Probability from which a further label is named beside the best."""
NAMED = 3
"""Labels named in a record."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What the classifier says of one frame."""

    labels: tuple[Tag, ...] = ()
    """The most probable labels, best first, with their synonyms in WordNet: `racer, race car, racing car`."""
    features: np.ndarray = field(default_factory=lambda: np.zeros(FEATURES, np.float32))
    """(1280,) float32, unit length."""

    @classmethod
    def none(cls) -> Self:
        """What stands for a frame that could not be looked at: no labels, a zero vector."""
        return cls()


class EfficientNetLite0(Tool[np.ndarray, Tags]):
    """EfficientNet-lite0 trained on ImageNet (Tan and Le, 2019): an RGB frame, (H, W, 3) uint8, becomes its `Tags`."""

    role = "tags"
    name = "efficientnet-lite0"
    requires = ("onnxruntime",)
    weights = ("efficientnet-lite0",)

    def __init__(self, threads: int | None = None) -> None:
        """Set the number of CPU threads of one forward pass; by default onnxruntime takes all physical cores."""
        super().__init__()
        self.threads = threads
        self._session: Any = None
        self._names: list[str] = []

    def setup(self) -> None:
        folder = weights.folder("efficientnet-lite0")
        self._session = session(folder / "efficientnet-lite0.onnx", self.threads)
        self._names = (folder / "labels.txt").read_text(encoding="utf-8").splitlines()

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Tags]:
        return [
            tags
            for first in range(0, len(batch), FRAMES_AT_ONCE)
            for tags in self._classify(batch[first : first + FRAMES_AT_ONCE])
        ]

    def _classify(self, images: Sequence[np.ndarray]) -> list[Tags]:
        import cv2

        small = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for image in images]
        pixels = ((np.stack(small).astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2)
        features, logits = self._session.run(["features", "logits"], {"image": np.ascontiguousarray(pixels)})
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        lengths = np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
        return [
            Tags(tuple(self._tag(row, at) for at in np.argsort(-row, kind="stable")[:KEPT]), vector)
            for row, vector in zip(likely, features / lengths, strict=True)
        ]

    def _tag(self, likely: np.ndarray, at: np.intp) -> Tag:
        return Tag(self._names[at], round(float(likely[at]), 4))

    def close(self) -> None:
        super().close()
        self._session = None


def frame_records(video: str, observations: Iterable[tuple[Span, Sequence[Tag]]], source: str) -> list[Record]:
    """One record for as long as frames look alike: the labels worth naming, best first.

    Consecutive frames whose best label is the same are one record, which names the labels that are most probable on
    average. Frames without a plausible label say nothing.

    Args:
        video: content id.
        observations: in order of time: how long a frame's picture stood, and its labels.
        source: tool and version.
    """
    stretches: list[tuple[Span, list[tuple[float, Sequence[Tag]]]]] = []
    for span, tags in observations:
        if not tags or tags[0].score < PLAUSIBLE:
            continue
        weighed = (max(span.duration, 0.001), tags)
        if stretches:
            before, seen = stretches[-1]
            if before.end >= span.start and seen[-1][1][0].label == tags[0].label:
                seen.append(weighed)
                stretches[-1] = Span(before.start, span.end), seen
                continue
        stretches.append((span, [weighed]))
    return [_record(video, span, seen, source) for span, seen in stretches]


def _record(video: str, span: Span, seen: Sequence[tuple[float, Sequence[Tag]]], source: str) -> Record:
    whole = sum(duration for duration, _ in seen)
    means: dict[str, float] = {}
    for duration, tags in seen:
        for tag in tags:
            means[tag.label] = means.get(tag.label, 0.0) + tag.score * duration / whole
    [best, *others] = sorted(means.items(), key=lambda item: (-round(item[1], 4), item[0]))[:NAMED]
    named = [best, *(other for other in others if other[1] >= ALSO_NAMED)]
    labels = Labels(tuple(Tag(label, round(mean, 4)) for label, mean in named))
    return Record.of(video, span, labels, round(best[1], 4), source)
