"""Postures from the points of a body: standing, sitting, lying, an arm raised.

Rules on angles and proportions in the picture, no model. Whoever is seen too little has no posture.
"""

import numpy as np

from .poses import ANKLES, HIPS, KNEES, NOSE, SHOULDERS, WRISTS, Pose

STANDING, SITTING, LYING, ARM_RAISED, WALKING = "standing", "sitting", "lying", "arm raised", "walking"
LEANS = 60.0
"""Degrees from the vertical from which a body lies."""
FOLDED, STRAIGHT = 0.5, 0.65
"""How far the knees are below the hips, in lengths of the upper body: less for a thigh that points to the camera or
across, more for one that hangs down."""
KNEE_BENT = 120.0
"""Degrees between thigh and shin below which a knee is bent, as of somebody who sits and is seen from the side."""


def postures(pose: Pose, aspect: float) -> tuple[str, ...]:
    """The postures that a person's points show, none where they tell too little.

    Args:
        aspect: width of the picture divided by its height.
    """
    points = pose.points[:, :2] * (aspect, 1.0)
    found = []
    if pose.seen(*SHOULDERS, *HIPS):
        found += _of_body(pose, points)
    raised = [wrist for wrist in WRISTS if pose.seen(wrist, NOSE) and points[wrist, 1] < points[NOSE, 1]]
    return (*found, ARM_RAISED) if raised and LYING not in found else tuple(found)


def _of_body(pose: Pose, points: np.ndarray) -> list[str]:
    """Whether a body whose shoulders and hips are seen stands, sits or lies."""
    shoulders, hips = points[list(SHOULDERS)].mean(axis=0), points[list(HIPS)].mean(axis=0)
    across, down = hips - shoulders
    length = float(np.hypot(across, down))
    if length < 1e-3:
        return []
    if abs(np.degrees(np.arctan2(abs(across), down))) > LEANS:
        return [LYING]
    legs = [(hip, knee) for hip, knee in zip(HIPS, KNEES, strict=True) if pose.seen(knee)]
    drops = [(points[knee, 1] - points[hip, 1]) / length for hip, knee in legs]
    if not drops:
        return []
    bent = [_angle(points, *leg) < KNEE_BENT for leg in zip(HIPS, KNEES, ANKLES, strict=True) if pose.seen(*leg)]
    if max(drops) < FOLDED:
        return [SITTING]
    if min(drops) > STRAIGHT and not all(bent or [False]):
        return [STANDING]
    return []


def _angle(points: np.ndarray, hip: int, knee: int, ankle: int) -> float:
    """Degrees between thigh and shin; 180 for a straight leg."""
    thigh, shin = points[hip] - points[knee], points[ankle] - points[knee]
    cosine = float(thigh @ shin) / max(float(np.linalg.norm(thigh) * np.linalg.norm(shin)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
