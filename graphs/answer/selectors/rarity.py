"""Frames that are like nothing else in their video: what a question about something brief or inserted looks for."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from ....tools.index.video_index import FrameQuery
from ....tools.records import FrameRef, Span
from ..state import Answering

if TYPE_CHECKING:
    from ....tools.index.video_index import VideoIndex

OWN_MOMENT = 4.0
"""Seconds around a frame in which others show the same thing."""
ALIKE = 5
"""Frames from elsewhere, the most alike, that say how common a frame is."""
ROWS = 512
"""Frames compared at a time, so that a long video takes little memory."""


def rarity(times: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """How unlike the rest of the video each frame is, 0..1, (frames,).

    One less the mean cosine with the `ALIKE` frames that are most alike and more than `OWN_MOMENT` away: a picture that
    is shown once for a moment stands alone, a scene that goes on or comes back does not.

    Args:
        times: seconds, (frames,), ascending.
        vectors: unit vectors, (frames, dimensions).
    """
    rare = np.ones(len(times), np.float32)
    for first in range(0, len(times), ROWS):
        rows = slice(first, first + ROWS)
        cosines = vectors[rows] @ vectors.T
        cosines[np.abs(times[rows, None] - times[None, :]) <= OWN_MOMENT] = -1.0
        most = np.partition(cosines, -min(ALIKE, len(times)), axis=1)[:, -ALIKE:]
        rare[rows] = 1.0 - np.clip(np.where(most > -1.0, most, 0.0), 0.0, 1.0).mean(axis=1)
    return rare


def of_video(index: "VideoIndex", video: str) -> np.ndarray:
    """The rarity of a video's kept frames, computed once."""
    times, vectors = index.frame_vectors(video)
    shape = f"{video} {OWN_MOMENT} {ALIKE} {index.frame_encoders(video)} {vectors.shape}"
    key = f"rarity-{blake2b(shape.encode(), digest_size=16).hexdigest()}"
    if (known := index.library.cached(key)) is not None:
        return np.frombuffer(known, np.float32)
    found = rarity(times, vectors).astype(np.float32)
    index.library.cache(key, found.tobytes(), video)
    return found


def similarities(answering: Answering, query: FrameQuery, video: str, brief: bool) -> tuple[np.ndarray, np.ndarray]:
    """Times of a video's kept frames and how well each fits a query; what is common counts less where it is `brief`."""
    times, similar = answering.index.frame_similarities(query, video)
    if brief and len(times):
        rare = of_video(answering.index, video)
        if len(rare) == len(similar):
            similar = np.clip(similar, 0.0, None) * rare
    return times, similar


def most_like(
    answering: Answering, query: FrameQuery, videos: Sequence[str], within: Span | None, k: int, brief: bool
) -> list[FrameRef]:
    """The k frames that fit a query best, best first."""
    if not brief:
        return answering.index.search_frames(query, videos=videos, within=within, k=k, scales=answering.scales)
    found: list[FrameRef] = []
    for video in videos:
        times, scores = similarities(answering, query, video, brief)
        inside = np.ones(len(times), bool) if within is None else (times >= within.start) & (times < within.end)
        positions = np.flatnonzero(inside)
        nearest = positions[np.argsort(-scores[positions], kind="stable")[:k]]
        found += [FrameRef(video, float(times[at]), float(scores[at])) for at in nearest]
    return sorted(found, key=lambda frame: (-frame.score, frame.video, frame.time))[:k]
