"""Hands over time: how much their points tremble."""

from collections.abc import Sequence

import numpy as np

from ....perception.people.hands import PALM, Hand
from ..signal import Reading
from .tracks import FEWEST, UNIT, trembling


def hand_jitter(track: Sequence[tuple[float, Hand]]) -> Reading:
    """Second difference of a palm's points over neighbouring frames, in thousandths of the palm's length.

    As of a face: movement of the whole hand is taken out between each frame and its neighbours, and of fingers, which
    bend, only the lowest joints count; the points are those of MediaPipe Hands (Zhang et al., 2020). Generated hands
    are known to change their form from frame to frame. Fooled by hands that hold things, turn over or move fast, by
    motion blur and backlight, where points jump or no hand is found, and by strong compression.
    """
    if len(track) < FEWEST:
        return Reading(float("nan"), UNIT, note="no hand stayed long enough to be followed")
    shapes = [hand.points[list(PALM), :2].astype(np.float64) for _, hand in track]
    return trembling([time for time, _ in track], shapes, [hand.palm_length for _, hand in track])
