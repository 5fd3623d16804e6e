"""What the strategies choose from, and where they are registered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ....tools.errors import UsageError
from ....tools.index.rank_fusion import fused
from ....tools.records import FrameRef, Span
from .rarity import of_video

if TYPE_CHECKING:
    from ....tools.index.frames import FrameQuery
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
    """Relevance of the best candidate that stands when the frame does, 0..1, (frames,)."""
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
    queries = [answering.frame_query(text) for text in (state.plan.topic, *state.plan.looks)]
    videos: list[str] = []
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    cosines: list[list[np.ndarray]] = [[] for _ in queries]
    for video in state.videos:
        times, vectors = answering.index.frame_vectors(video)
        if not len(times):
            continue
        first, last = 0, len(times)
        if within is not None:
            first = max(int(np.searchsorted(times, within.start, side="right")) - 1, 0)
            last = max(int(np.searchsorted(times, within.end)), first + 1)
        for query, of_query in zip(queries, cosines, strict=True):
            cosine = _cosines(answering, query, video, times)
            if state.plan.brief:
                cosine = np.clip(cosine, 0.0, None) * of_video(answering.index, video)
            of_query.append(cosine[:, first:last])
        times, vectors = times[first:last], vectors[first:last]
        relevant = np.zeros(len(times))
        for candidate in state.ranked:
            if candidate.record.video != video or state.plan.looks:  # what is shown is chosen by how it looks alone
                continue
            span = candidate.record.span
            first = max(int(np.searchsorted(times, span.start, side="right")) - 1, 0)
            last = max(int(np.searchsorted(times, span.end)), first + 1)
            relevant[first:last] = np.maximum(relevant[first:last], candidate.relevance)
        videos += [video] * len(times)
        parts.append((times, relevant, vectors))
    if not parts:
        nothing = np.zeros(0)
        return Curve([], nothing, nothing, nothing, np.zeros((0, 0)))
    times, relevant, vectors = _joined(parts)
    similar = np.max([_fused(of_query) for of_query in cosines], axis=0)
    return Curve(videos, times, similar, relevant, vectors)


MOST_POINTS = 500
"""Points a video of the curve that an answer carries: half the pixels of a plot that is a thousand wide."""


def relevance(
    curve: Curve, durations: Mapping[str, float], within: Span | None = None
) -> dict[str, tuple[tuple[float, float], ...]]:
    """How well each moment of each video fits the question: seconds and relevance, 0..1, rounded to three places.

    The relevance of a moment is that of the best finding that stands then, or of the frame by its looks if that is
    higher. Of a long video neighbouring frames are one point, of which the best counts. Where the question is about a
    stretch, `within`, the curve falls to zero behind it.
    """
    scores = np.clip(np.maximum(curve.similar, curve.relevant), 0.0, 1.0)
    of = np.array(curve.videos)
    points: dict[str, tuple[tuple[float, float], ...]] = {}
    for video in dict.fromkeys(curve.videos):
        times, fits = curve.times[of == video], scores[of == video]
        begins = np.arange(0, len(times), -(-len(times) // MOST_POINTS))
        best_of = np.maximum.reduceat(fits, begins).tolist()
        pairs = [(round(at, 3), round(fit, 3)) for at, fit in zip(times[begins].tolist(), best_of, strict=True)]
        if within is not None and pairs[-1][0] < within.end < durations.get(video, 0.0):
            pairs.append((round(within.end, 3), 0.0))
        points[video] = tuple(pairs)
    return points


def _cosines(answering: "Answering", query: "FrameQuery", video: str, times: np.ndarray) -> np.ndarray:
    """The similarity of a video's frames with a query, (encoders, frames).

    Zeros where another encoder made the frames' vectors: then the question is shown frames that fit what was found, or
    that are spread; that the frames could not be searched is noted by the branch that searches them.
    """
    try:
        return answering.index.frame_cosines(query, video, answering.scales)[1]
    except UsageError:
        return np.zeros((len(answering.scales), len(times)), np.float32)


def _fused(cosines: list[np.ndarray]) -> np.ndarray:
    """One curve over the frames of several videos, (frames,), from each one's (encoders, frames)."""
    if len({len(of_one) for of_one in cosines}) > 1:  # videos that were read with other encoders than each other
        return np.concatenate([of_one.mean(axis=0) for of_one in cosines])
    return fused(np.concatenate(cosines, axis=1))


def _joined(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, relevance and vectors of the frames of several videos; vectors of different encoders beside each other."""
    times, relevant = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    widths = [part[2].shape[1] for part in parts]
    if len(set(widths)) == 1:
        return times, relevant, np.concatenate([part[2] for part in parts])
    vectors = np.zeros((len(times), sum(widths)), np.float32)
    row = column = 0
    for part, width in zip(parts, widths, strict=True):
        vectors[row : row + len(part[2]), column : column + width] = part[2]
        row, column = row + len(part[2]), column + width
    return times, relevant, vectors
