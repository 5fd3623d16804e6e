"""Writing that should stay what it is: how much its reading changes from frame to frame."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...records import TextLine
from .signal import Reading

LONG_ENOUGH = 4
"""Letters below which a reading is too short to tell a change from a misreading."""
SURE = 0.8
"""Reading probability below which a change is the reader's."""
SAME_PLACE = 0.3


def text_stability(observations: Sequence[tuple[float, Sequence[TextLine]]]) -> Reading:
    """Mean normalised edit distance between readings of one place in neighbouring frames, 0 where nothing changes.

    Writing in generated video mutates; real writing stands. Fooled by counters, clocks, tickers and typing, by writing
    that fades or moves fast, by blur, and by small print, which the reader reads differently each time.

    Args:
        observations: in order of time, seconds and the lines that were read, of one shot.
    """
    from rapidfuzz.distance import Levenshtein

    times, curve = [], []
    for (before, old), (after, new) in pairwise(observations):
        changes = []
        for line in old:
            if line.score < SURE or len(line.text) < LONG_ENOUGH:
                continue
            here = [other for other in new if other.score >= SURE and line.box.overlap(other.box) >= SAME_PLACE]
            if here:
                best = max(here, key=lambda other: line.box.overlap(other.box))
                changes.append(Levenshtein.normalized_distance(line.text.casefold(), best.text.casefold()))
        if changes:
            times.append((before + after) / 2)
            curve.append(float(np.mean(changes)))
    if not curve:
        return Reading(float("nan"), "edit distance", note="no writing stood long enough to be compared")
    return Reading(float(np.mean(curve)), "edit distance", np.array(times), np.array(curve))
