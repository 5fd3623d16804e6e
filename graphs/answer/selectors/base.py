"""What the strategies choose from, and where they are registered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ....tools.records import FrameRef

if TYPE_CHECKING:
    from ..state import Answering, AnswerState


@dataclass(frozen=True)
class Curve:
    """Every kept frame that may be chosen, in order, and how well each fits the question."""

    videos: list[str]
    times: np.ndarray
    """Seconds, (frames,)."""
    similar: np.ndarray
    """Frame–text similarity, (frames,)."""
    relevant: np.ndarray
    """Relevance of the best finding that stands when the frame does, 0..1, (frames,)."""
    vectors: np.ndarray
    """Unit vectors, (frames, dimensions)."""

    def __len__(self) -> int:
        return len(self.times)

    def frames(self, chosen: Iterable[int], scores: np.ndarray | None = None) -> list[FrameRef]:
        """The chosen positions as frames, in order and each once."""
        scores = self.similar if scores is None else scores
        return [FrameRef(self.videos[n], float(self.times[n]), float(scores[n])) for n in sorted(set(chosen))]


Selector = Callable[[Curve, int], list[FrameRef]]
"""Chooses at most k frames, k above 0: deterministic, unique times in order, some whenever there are any."""

SELECTORS: dict[str, Selector] = {}


def selector(function: Selector) -> Selector:
    """Register a strategy by its function's name."""
    SELECTORS[function.__name__] = function
    return function


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """Positions of the k highest scores; the earlier of equals first."""
    return np.argsort(-scores, kind="stable")[:k]


def curve(answering: "Answering", state: "AnswerState") -> Curve:
    """The kept frames of the asked videos within the asked time.

    A stretch in which nothing was kept is a still picture: the frame that stood there was kept before it.
    """
    assert state.plan is not None
    within = state.plan.within
    queries = np.stack([answering.vector(text) for text in (state.plan.topic, *state.plan.looks)])
    videos: list[str] = []
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for video in state.videos:
        times, vectors = answering.index.frame_vectors(video)
        if within is not None and len(times):
            first = max(int(np.searchsorted(times, within.start, side="right")) - 1, 0)
            last = max(int(np.searchsorted(times, within.end)), first + 1)
            times, vectors = times[first:last], vectors[first:last]
        if not len(times):
            continue
        relevant = np.zeros(len(times))
        for finding in state.ranked:
            if finding.record.video != video:
                continue
            span = finding.record.span
            first = max(int(np.searchsorted(times, span.start, side="right")) - 1, 0)
            last = max(int(np.searchsorted(times, span.end)), first + 1)
            relevant[first:last] = np.maximum(relevant[first:last], finding.relevance)
        videos += [video] * len(times)
        parts.append((times, relevant, vectors))
    if not parts:
        nothing = np.zeros(0)
        return Curve([], nothing, nothing, nothing, np.zeros((0, 0)))
    times, relevant, vectors = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Curve(videos, times, (vectors @ queries.T).max(axis=1), relevant, vectors)
