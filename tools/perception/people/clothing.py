"""The colours of what covers a person's upper body and legs, and what a followed thing looks like."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...geometry import Box
from ...payloads import Appearance, Shares, Track
from ..colours.naming import COLOURS
from ..colours.parts import inside, within
from .poses import HIPS, KNEES, SHOULDERS, Pose
from .postures import STANDING, WALKING, postures

PERSON = "person"
MIDDLE = 0.6
"""Of a thing's box, across and down, in which its colours are counted: outside it is mostly what is behind."""
SAME = 0.3
"""Intersection over union from which a pose is that of a detected person."""
LEAST = 12
"""Pixels, of all frames together, from which colours are told."""
WORTH = 0.25
"""Share from which a colour is told; at most two are."""
TALL = 1.8
"""Times that a person's box is higher than wide from which he is seen upright and whole, as a detector sees him."""
UPPER, LOWER = (0.2, 0.45), (0.55, 0.85)
"""Parts of the height of such a box, from the top, where clothes of the upper body and the legs are."""
HELD = 0.4
"""Share of sightings from which a posture is told."""
TWICE = 2
"""Sightings that show a posture at least: on a single frame points are often wrong."""
WALKS = 0.15
"""Heights of a person by which he moves in a second, from which he walks."""


@dataclass(frozen=True)
class Sight:
    """What was seen on one frame."""

    labels: np.ndarray = field(repr=False)
    """Names of colours (`colours/parts.py`)."""
    poses: tuple[Pose, ...]

    @property
    def aspect(self) -> float:
        """Width of the picture divided by its height."""
        return self.labels.shape[1] / self.labels.shape[0]


def appearance(track: Track, sights: Sequence[Sight | None]) -> Appearance:
    """What a followed person or thing looks like.

    Args:
        track: with its boxes.
        sights: of the frames at its times; `None` where one is not known.
    """
    seen = [(box, sight) for box, sight in zip(track.boxes, sights, strict=True) if sight is not None]
    size = round(float(np.median([box.area for box in track.boxes])), 4) if track.boxes else 0.0
    if track.label != PERSON:
        counts = [inside(sight.labels, _middle(box)) for box, sight in seen]
        return Appearance(track.label, colours=_shares(counts), size=size)
    matched = [(box, sight, _matching(box, sight.poses)) for box, sight in seen]
    parts = [_clothes(box, sight, pose) for box, sight, pose in matched]
    shown = Counter(name for _, sight, pose in matched if pose for name in postures(pose, sight.aspect))
    told = sum(pose is not None for _, _, pose in matched)
    often = [(name, number) for name, number in shown.most_common() if number >= TWICE and number / told >= HELD]
    held = [(name, round(number / told, 2)) for name, number in often]
    if any(name == STANDING for name, _ in held) and _speed(track) >= WALKS:
        held = [(WALKING if name == STANDING else name, share) for name, share in held]
    upper = _shares([above for above, _ in parts if above is not None])
    lower = _shares([below for _, below in parts if below is not None])
    return Appearance(track.label, upper=upper, lower=lower, postures=tuple(held), size=size)


def _middle(box: Box) -> Box:
    """The middle of a box."""
    x, y = box.centre
    across, down = (box.right - box.left) * MIDDLE / 2, (box.bottom - box.top) * MIDDLE / 2
    return Box(x - across, y - down, x + across, y + down)


def _matching(box: Box, poses: Sequence[Pose]) -> Pose | None:
    """The pose of a detected person."""
    best = max(poses, key=lambda pose: pose.box.overlap(box), default=None)
    return best if best is not None and best.box.overlap(box) >= SAME else None


def _clothes(box: Box, sight: Sight, pose: Pose | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Colours of the upper body and of the legs on one frame, each where it can be seen."""
    height, width = box.bottom - box.top, (box.right - box.left) * sight.aspect
    upright = height >= TALL * max(width, 1e-6)
    upper = lower = None
    if pose is not None and pose.seen(*SHOULDERS):
        upper = within(sight.labels, _torso(pose, box))
    elif upright:
        upper = inside(sight.labels, _band(box, UPPER))
    if pose is not None and pose.seen(*HIPS, *KNEES):
        lower = within(sight.labels, pose.points[[*HIPS, *KNEES], :2])
    elif upright:
        lower = inside(sight.labels, _band(box, LOWER))
    return upper, lower


def _torso(pose: Pose, box: Box) -> np.ndarray:
    """Corners of the upper body: shoulders and hips; where the hips are not seen, as far down as the shoulders are
    apart, within the box."""
    shoulders = pose.points[list(SHOULDERS), :2]
    if pose.seen(*HIPS):
        corners = np.concatenate([shoulders, pose.points[list(HIPS), :2]])
    else:
        apart = float(abs(shoulders[0, 0] - shoulders[1, 0]))
        low = np.minimum(shoulders[:, 1] + max(apart, 0.02), box.bottom)
        corners = np.concatenate([shoulders, np.stack([shoulders[:, 0], low], axis=1)])
    middle = corners.mean(axis=0)
    return middle + (corners - middle) * 0.8  # away from arms, neck and what is behind


def _band(box: Box, part: tuple[float, float]) -> Box:
    """The middle half of a box between two shares of its height."""
    x, height = box.centre[0], box.bottom - box.top
    across = (box.right - box.left) / 4
    return Box(x - across, box.top + part[0] * height, x + across, box.top + part[1] * height)


def _shares(counts: Sequence[np.ndarray]) -> Shares:
    """The colours worth telling, each frame counting alike; none where too few pixels were seen."""
    if not counts or sum(int(one.sum()) for one in counts) < LEAST:
        return ()
    mean = np.mean([one / max(int(one.sum()), 1) for one in counts], axis=0)
    order = [int(at) for at in np.argsort(-mean)[:2]]
    return tuple((COLOURS[at], round(float(mean[at]), 2)) for at in order if mean[at] >= WORTH)


def _speed(track: Track) -> float:
    """Heights of a followed person by which he moves in a second."""
    if len(track.boxes) < 2 or track.times[-1] <= track.times[0]:
        return 0.0
    moved = sum(
        float(np.hypot(after.centre[0] - before.centre[0], after.centre[1] - before.centre[1]))
        for before, after in zip(track.boxes, track.boxes[1:], strict=False)
    )
    height = float(np.median([box.bottom - box.top for box in track.boxes]))
    return moved / max(height, 1e-6) / (track.times[-1] - track.times[0])
