"""Scores of highlights."""

from collections.abc import Sequence

import numpy as np

VERY_GOOD = 4
"""Saliency from which a clip of QVHighlights counts, of 0 to 4."""


def hit_at_one(scores: Sequence[float], saliency: np.ndarray, least: float = VERY_GOOD) -> float:
    """HIT@1: 1 where any rater finds the clip with the highest score at least so good.

    Args:
        scores: one a clip.
        saliency: of the raters, (clips, raters).
    """
    best = int(np.argmax(scores))
    return float(best < len(saliency) and bool((saliency[best] >= least).any()))


def highlight_precision(scores: Sequence[float], saliency: np.ndarray, least: float = VERY_GOOD) -> float:
    """Average precision of clips by their scores, for each rater and then averaged; 0 of a rater who finds none good.

    Args:
        scores: one a clip; clips without one count 0, scores without a clip are left out.
        saliency: of the raters, (clips, raters).
    """
    given = np.zeros(len(saliency))
    given[: len(scores)] = np.asarray(scores, float)[: len(saliency)]
    return float(np.mean([_precision(given, good) for good in (saliency >= least).T]))


def _precision(scores: np.ndarray, good: np.ndarray) -> float:
    """Mean of the interpolated precision over the steps of recall; equal scores are one step."""
    if not good.any():
        return 0.0
    levels = np.unique(scores)[::-1]
    taken = [scores >= level for level in levels]
    precision = np.array([good[these].mean() for these in taken])
    recall = np.array([0.0, *(good[these].sum() / good.sum() for these in taken)])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(precision[np.diff(recall) > 0].mean())
