"""Examples told by what was learnt from the others: tenfold, so that no example is told by what it taught."""

from collections.abc import Iterator, Sequence

import numpy as np

from ....agent.scout import VideoScout

PARTS = 10
"""Of the examples, each of which is told by what was learnt from the others."""


def parts(examples: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each part which examples are in it, after those from which it is told: their places, in order."""
    part = np.random.default_rng(0).integers(0, PARTS, examples)
    for number in range(PARTS):
        yield np.flatnonzero(part != number), np.flatnonzero(part == number)


def embedded(texts: Sequence[object]) -> tuple[np.ndarray, str]:
    """Vectors, (texts, dimensions), of the embedded profile's text embedding, and its source."""
    with VideoScout(profile="embedded") as scout:
        embedding = scout.role("text_embedding")
        return np.stack(embedding.run(list(texts))), embedding.source
