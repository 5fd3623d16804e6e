"""Comparing frames with text, without a model that was trained for it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .base import Tool

if TYPE_CHECKING:
    from .tags import Tags


class ConSE:
    """ConSE: convex combination of semantic embeddings (Norouzi et al., 2014).

    A frame's vector is the mean of the text embeddings of its likeliest labels, weighted by their probabilities, so it
    lies in the space of the text embedding and compares with a question by dot product. It knows what the classifier
    has labels for, objects and some places, and nothing of attributes or actions.
    """

    def __init__(self, text_embedding: Tool[str, np.ndarray]) -> None:
        self._embed = text_embedding
        self._labels: dict[str, np.ndarray] = {}

    def vectors(self, tags: "Sequence[Tags]") -> np.ndarray:
        """Unit vectors (frames, dimensions), float32; a frame without labels has the vector of the word “nothing”."""
        names = [[tag.label for tag in frame.labels] or ["nothing"] for frame in tags]
        unknown = list(dict.fromkeys(label for labels in names for label in labels if label not in self._labels))
        self._labels.update(zip(unknown, self._embed.run(unknown), strict=True))
        rows = []
        for frame, labels in zip(tags, names, strict=True):
            weights = np.array([tag.score for tag in frame.labels] or [1.0], np.float32)
            row = weights @ np.stack([self._labels[label] for label in labels])
            rows.append(row / max(float(np.linalg.norm(row)), 1e-9))
        return np.stack(rows).astype(np.float32)
