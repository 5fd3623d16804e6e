"""Which script a line is written in: a linear layer on what PP-OCR's recogniser sees in it.

The recogniser was trained on Latin and Chinese only, but what it sees before it chooses letters tells the scripts of
the world apart. The layer was trained by `python -m vidscout.bench.data.script_head` on drawn lines, and on pieces of
pictures on which nothing is written.
"""

from functools import cache
from pathlib import Path

import numpy as np

from .scripts import Script

FILE = Path(__file__).with_name("script_head.npz")

NOTHING = "none"
"""The class of pictures on which nothing is written."""


def pooled(features: np.ndarray) -> np.ndarray:
    """What the layer looks at: the mean and deviation of a line's features over its length.

    Args:
        features: (T, 120) float32, of each step of the line.
    """
    return np.concatenate([features.mean(axis=0), features.std(axis=0)])


@cache
def _layer() -> tuple[np.ndarray, np.ndarray, tuple[Script | None, ...]]:
    with np.load(FILE) as stored:
        classes = tuple(None if name == NOTHING else Script(name) for name in stored["classes"].tolist())
        return stored["weights"], stored["bias"], classes


def scripts_of(features: np.ndarray) -> dict[Script | None, float]:
    """How probable each script is, None standing for nothing written; the most probable first.

    Args:
        features: (T, 120) float32, of each step of the line.
    """
    weights, bias, classes = _layer()
    scores = pooled(features) @ weights + bias
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    order = np.argsort(-likely, kind="stable")
    return {classes[at]: float(likely[at]) for at in order.tolist()}
