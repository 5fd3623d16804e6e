"""Faces over time: how much their points tremble, and whether a mouth moves while somebody speaks."""

from collections.abc import Sequence

import numpy as np

from ..faces import STEADY, Face
from .base import Reading

FEWEST = 5
"""Frames with the same face below which nothing is said."""
SAME_PLACE = 0.3
"""Intersection over union from which faces of neighbouring frames are one."""


def followed(seen: Sequence[tuple[float, Sequence[Face]]]) -> list[tuple[float, Face]]:
    """The largest face of the first frame that has one, from frame to frame until it is lost."""
    track: list[tuple[float, Face]] = []
    for time, faces in seen:
        if not track:
            track = [(time, faces[0])] if faces else []
            continue
        same = [face for face in faces if face.box.overlap(track[-1][1].box) >= SAME_PLACE]
        if not same:
            if len(track) >= FEWEST:
                break
            track = [(time, faces[0])] if faces else []
            continue
        track.append((time, max(same, key=lambda face: face.box.overlap(track[-1][1].box))))
    return track


def face_jitter(track: Sequence[tuple[float, Face]]) -> Reading:
    """Second difference of a face's steady points over neighbouring frames, in thousandths of the eye distance.

    Head movement (place, turn and size in the picture) is taken out between each frame and its neighbours, so that what
    is left is a change of the face's form that comes and goes within three frames. Generated faces may boil so. Fooled
    by small and blurred faces, where the mesh itself trembles, by hands and hair before the face, fast turns of the
    head, and strong compression.
    """
    if len(track) < FEWEST:
        return Reading(float("nan"), "thousandths", note="no face stayed long enough to be followed")
    shapes = [face.points[list(STEADY), :2].astype(np.float64) for _, face in track]
    curve = []
    for before, here, after in zip(shapes, shapes[1:], shapes[2:], strict=False):
        bend = (_laid_over(before, here) + _laid_over(after, here)) / 2 - here
        curve.append(float(np.median(np.linalg.norm(bend, axis=1))))
    eyes = np.array([face.eye_distance for _, face in track[1:-1]])
    values = 1000 * np.array(curve) / np.maximum(eyes, 1e-6)
    times = np.array([time for time, _ in track[1:-1]])
    return Reading(float(np.median(values)), "thousandths", times, values)


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


def _laid_over(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(n, 2) points after the shift, turn and scaling that bring them closest to the target (Umeyama, 1991)."""
    middle, there = points.mean(axis=0), target.mean(axis=0)
    a, b = points - middle, target - there
    turned = complex((a[:, 0] + 1j * a[:, 1]).conj() @ (b[:, 0] + 1j * b[:, 1])) / max(float((a**2).sum()), 1e-12)
    moved = (a[:, 0] + 1j * a[:, 1]) * turned
    return np.column_stack([moved.real, moved.imag]) + there
