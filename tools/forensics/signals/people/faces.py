"""Faces over time: how much their points tremble, and whether a mouth moves while somebody speaks."""

from collections.abc import Sequence

import numpy as np

from ....perception.people.faces import STEADY, Face
from ..signal import Reading
from .tracks import FEWEST, UNIT, trembling


def face_jitter(track: Sequence[tuple[float, Face]]) -> Reading:
    """Second difference of a face's steady points over neighbouring frames, in thousandths of the eye distance.

    Head movement (place, turn and size in the picture) is taken out between each frame and its neighbours, so that what
    is left is a change of the face's form that comes and goes within three frames. Generated faces may boil so. Fooled
    by small and blurred faces, where the mesh itself trembles, by hands and hair before the face, fast turns of the
    head, and strong compression.
    """
    if len(track) < FEWEST:
        return Reading(float("nan"), UNIT, note="no face stayed long enough to be followed")
    shapes = [face.points[list(STEADY), :2].astype(np.float64) for _, face in track]
    return trembling([time for time, _ in track], shapes, [face.eye_distance for _, face in track])


def mouth_movement(track: Sequence[tuple[float, Face]]) -> Reading:
    """Spread of the opening of the mouth (5 % to 95 % of the frames), in eye distances, while a voice is heard.

    A face that is alone in the picture and does not move its lips while somebody speaks was perhaps only given a voice.
    Fooled by narrators and interviewers out of the picture, which are common, by turned and covered faces, and by
    dubbing.
    """
    if len(track) < FEWEST:
        return Reading(float("nan"), "eye distances", note="no face stayed long enough while a voice was heard")
    curve = np.array([face.mouth_opening for _, face in track])
    low, high = np.quantile(curve, [0.05, 0.95])
    return Reading(float(high - low), "eye distances", np.array([time for time, _ in track]), curve)
