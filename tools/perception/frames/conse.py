"""Frames and words in one space, with an image classifier and a text embedding: ConSE (Norouzi et al., 2014).

A frame's vector is the sum of the text vectors of its labels' names, weighted by their probabilities. It lies in the
space of the embedding that the names are given to, so that a question's vector by it compares with the frame's. It
knows the objects and places that ImageNet has labels for, and what is close to them in meaning; attributes and actions
it does not see.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..embeddings.text_embedding import OnnxTextEmbedding
    from .tags import Tags


class ConSE:
    """Convex combination of semantic embeddings: the vectors of frames from their tags."""

    def __init__(self, label_embedding: "OnnxTextEmbedding") -> None:
        """Take the embedding whose space is shared; each label's name is embedded once, when it first occurs."""
        self._label_embedding = label_embedding
        self._names: dict[str, np.ndarray] = {}

    def vectors(self, frames: "Sequence[Tags]") -> np.ndarray:
        """(N, dimensions) float32: a unit vector a frame; zeros for one without labels, which is similar to nothing."""
        new = sorted({tag.label for tags in frames for tag in tags.labels} - self._names.keys())
        if new:
            self._names.update(zip(new, self._label_embedding.run(new), strict=True))
        vectors = np.zeros((len(frames), self._label_embedding.dimensions), np.float32)
        for row, tags in enumerate(frames):
            for tag in tags.labels:
                vectors[row] += tag.score * self._names[tag.label]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=vectors, where=lengths > 0)
