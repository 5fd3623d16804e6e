"""Scores of highlights, of the events that captions tell, and of answers that are given while a video runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

VERY_GOOD = 4
"""Saliency from which a clip of QVHighlights counts, of 0 to 4."""

Says = Callable[[str, str], bool]
"""Whether a text says what an event is."""


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


@dataclass(frozen=True, slots=True)
class Events:
    """How well a caption tells the events that there are (Tarsier's metric: DREAM-1K)."""

    precision: float
    """Share of the caption's events that the reference says."""
    recall: float
    """Share of the reference's events that the caption says."""

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def caption_events(caption: str, told: Sequence[str], reference: str, right: Sequence[str], says: Says) -> Events:
    """Precision and recall of a caption's events.

    Args:
        caption: the text.
        told: the events in it.
        reference: the text that is right.
        right: the events in that one.
        says: entailment, as a language model or rules decide it.
    """
    precision = float(np.mean([says(reference, event) for event in told])) if told else 0.0
    recall = float(np.mean([says(caption, event) for event in right])) if right else 0.0
    return Events(precision, recall)


@dataclass(frozen=True, slots=True)
class Reply:
    """A text with its time in seconds, or with the stretch in which it is due."""

    start: float
    end: float
    text: str


def in_span(replies: Sequence[Reply], due: Sequence[Reply], alike: Callable[[str, str], float]) -> dict[str, float]:
    """MAGQA (MMDuet): answers that are due while their stretch of the video runs.

    Args:
        replies: what was said and when (`start`).
        due: answers with the stretch in which each is due.
        alike: similarity of two texts, 0..1.

    Returns:
        `score`: mean over due answers of the most alike reply within the stretch, 0 where none came; `answered`: share
        of stretches with a reply; `in_time`: share of replies that lie in any stretch.
    """
    within = [[alike(one.text, answer.text) for one in replies if _lies_in(one, answer)] for answer in due]
    placed = [any(_lies_in(one, answer) for answer in due) for one in replies]
    return {
        "score": float(np.mean([max(found, default=0.0) for found in within])) if due else 0.0,
        "answered": float(np.mean([bool(found) for found in within])) if due else 0.0,
        "in_time": float(np.mean(placed)) if placed else 0.0,
    }


def _lies_in(reply: Reply, answer: Reply) -> bool:
    return answer.start <= reply.start <= answer.end
