"""Following what is in a box through neighbouring frames: optical flow, corrected by a detector where there is one.

Median flow (Kalal, Mikolajczyk and Matas, 2010): points in the box are followed by pyramidal Lucas–Kanade, those that
do not come back to where they were are dropped, and the box moves and grows by the medians of the rest. Points that
move as the picture around the box does are background and are dropped as well. A thing that turns is followed as a
turned rectangle, and its box is the one around that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...geometry import Box
from ...media.video import Frame
from ...payloads import Detection

POINTS = 120
"""Points that are followed at once."""
FEWEST = 6
"""Points below which the thing is lost."""
ASTRAY = 2.0
"""Pixels by which a point may miss where it was, followed there and back."""
MOVES = 0.7
"""Pixels from the background's motion from which a point moves on its own."""
OWN = 0.25
"""Share of the points that must move on their own for the others to count as background."""
GROWTH = 0.08
"""Share by which a box may grow or shrink from one frame to the next."""
TOGETHER = 0.6
"""Share of the points that must turn together for the thing to turn."""
LOOK_EACH = 3
"""Frames after which the detector is asked again."""
SAME = 0.35
"""Overlap (intersection over union) from which a detection of the same kind is the thing."""
LIKE = 0.4
"""Correlation of the colour histograms from which it looks like the thing."""

Detect = Callable[[np.ndarray], list[Detection]]


@dataclass(frozen=True, slots=True)
class Followed:
    """Where the thing was at one time."""

    time: float
    """Seconds."""
    box: Box


class Follower:
    """Follows one box, frame by frame in one direction of time."""

    def __init__(self, image: np.ndarray, box: Box, detect: Detect | None = None) -> None:
        """Begin with the frame, RGB (H, W, 3) uint8, on which the box was drawn.

        Args:
            image: that frame.
            box: around the thing.
            detect: finds objects on a frame; without one only the flow is followed.
        """
        self._grey = _grey(image)
        self._look = _histogram(image, box)
        self._turned = 0.0
        self._upright = _sides(box, image.shape)
        self._detect = detect
        self._frames = 0
        self.box = box
        self.label = ""
        """What the detector calls it; empty where it knows no such thing there."""
        if detect is not None:
            seen = [one for one in detect(image) if one.box.overlap(box) >= SAME]
            self.label = max(seen, key=lambda one: one.box.overlap(box)).label if seen else ""

    def see(self, image: np.ndarray) -> Box | None:
        """Where the thing is on the next frame; None where it is lost or has left the picture."""
        grey = _grey(image)
        motion = _motion(self._grey, grey, self.box)
        moved = self._moved(motion, grey.shape) if motion is not None else None
        self._grey = grey
        self._frames += 1
        corrected = None
        if self._detect is not None and self.label and (moved is None or self._frames % LOOK_EACH == 0):
            corrected = self._corrected(image, moved or self.box)
        if corrected is not None:
            self._turned, self._upright = 0.0, _sides(corrected, grey.shape)
        found = corrected or moved
        if found is None or _inside(found).area < 0.25 * found.area:
            return None
        self.box = _inside(found)
        return self.box

    def _moved(self, motion: "Motion", shape: tuple[int, ...]) -> Box:
        """The box around the turned rectangle, moved, grown and turned."""
        height, width = shape[:2]
        wide, high = self._upright[0] * motion.scale, self._upright[1] * motion.scale
        self._upright = wide, high
        self._turned += motion.turn
        cosine, sine = abs(np.cos(self._turned)), abs(np.sin(self._turned))
        across, down = (wide * cosine + high * sine) / 2, (wide * sine + high * cosine) / 2
        x, y = motion.x, motion.y
        return Box((x - across) / width, (y - down) / height, (x + across) / width, (y + down) / height)

    def _corrected(self, image: np.ndarray, near: Box) -> Box | None:
        """The detection that is most probably the thing: of its kind, where it is expected, looking like it."""
        assert self._detect is not None
        likely = [
            (one.box.overlap(near) + 0.5 * _alike(self._look, _histogram(image, one.box)), one.box)
            for one in self._detect(image)
            if one.label == self.label
            and one.box.overlap(near) >= SAME
            and _alike(self._look, _histogram(image, one.box)) >= LIKE
        ]
        return max(likely, key=lambda one: one[0])[1] if likely else None


def follow(frames: Sequence[Frame], at: int, box: Box, detect: Detect | None = None) -> tuple[str, list[Followed]]:
    """What a detector calls the thing in a box, and where it is on the frames before and after, in order of time.

    Args:
        frames: neighbours in time, in order.
        at: number of the frame on which the box was drawn.
        box: around the thing.
        detect: finds objects on a frame.
    """
    label, later = _one_way(frames[at:], box, detect)
    _, before = _one_way(list(reversed(frames[: at + 1])), box, detect)
    return label, [*reversed(before[1:]), *later]


def _one_way(frames: Iterable[Frame], box: Box, detect: Detect | None) -> tuple[str, list[Followed]]:
    passing = iter(frames)
    first = next(passing)
    follower = Follower(first.image, box, detect)
    found = [Followed(first.time, box)]
    for frame in passing:
        where = follower.see(frame.image)
        if where is None:
            break
        found.append(Followed(frame.time, where))
    return follower.label, found


@dataclass(frozen=True, slots=True)
class Motion:
    """How the thing moves from one frame to the next."""

    x: float
    """Pixels: the new centre."""
    y: float
    scale: float
    turn: float
    """Radians, clockwise in the picture."""


def _motion(before: np.ndarray, after: np.ndarray, box: Box) -> Motion | None:
    """The motion of the points in the box; None where too few can be followed."""
    import cv2

    height, width = before.shape
    left, top, right, bottom = box.left * width, box.top * height, box.right * width, box.bottom * height
    mask = np.zeros_like(before)
    mask[max(round(top), 0) : round(bottom), max(round(left), 0) : round(right)] = 255
    starts: Any = cv2.goodFeaturesToTrack(before, POINTS, 0.01, 2, mask=mask)
    if starts is None or len(starts) < FEWEST:
        return None
    kept, ends = _there_and_back(before, after, starts)
    if len(kept) < FEWEST:
        return None
    shifts = ends - kept
    own = np.linalg.norm(shifts - _background(before, after, mask), axis=1) > MOVES
    if own.sum() >= max(OWN * len(own), FEWEST):
        kept, ends = kept[own], ends[own]
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    turn = _turn(kept, ends)
    across, down = np.median(ends - kept, axis=0)
    if turn:
        turning = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        middle = np.median(kept, axis=0)
        across, down = np.median(ends, axis=0) + turning @ (centre - middle) - centre
    return Motion(float(centre[0] + across), float(centre[1] + down), _scale(kept, ends), turn)


def _turn(before: np.ndarray, after: np.ndarray) -> float:
    """Radians by which the points turn together; 0 where most of them do not, as those of somebody who walks."""
    import cv2

    matrix, inliers = cv2.estimateAffinePartial2D(before, after, method=cv2.RANSAC, ransacReprojThreshold=1.5)
    if matrix is None or inliers.mean() < TOGETHER:
        return 0.0
    return float(np.arctan2(matrix[1, 0], matrix[0, 0]))


def _there_and_back(before: np.ndarray, after: np.ndarray, starts: Any) -> tuple[np.ndarray, np.ndarray]:
    """Points that come back to where they were, and where they went: (N, 2) each."""
    import cv2

    window: Any = {"winSize": (15, 15), "maxLevel": 3}
    none: Any = None
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, starts, none, **window)
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, there, none, **window)
    missed = np.linalg.norm((starts - back).reshape(-1, 2), axis=1)
    good = (found.ravel() == 1) & (again.ravel() == 1) & (missed <= ASTRAY)
    return starts.reshape(-1, 2)[good], there.reshape(-1, 2)[good]


def _background(before: np.ndarray, after: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """How the picture around the box moves, in pixels across and down."""
    import cv2

    starts: Any = cv2.goodFeaturesToTrack(before, POINTS, 0.01, 8, mask=255 - mask)
    if starts is None:
        return np.zeros(2)
    kept, ends = _there_and_back(before, after, starts)
    return np.median(ends - kept, axis=0) if len(kept) >= FEWEST else np.zeros(2)


def _scale(before: np.ndarray, after: np.ndarray) -> float:
    """By how much the points have moved apart: the median over all pairs."""
    first, second = np.triu_indices(len(before), 1)
    apart = np.linalg.norm(before[first] - before[second], axis=1)
    now = np.linalg.norm(after[first] - after[second], axis=1)
    told = apart > 3
    if not told.any():
        return 1.0
    return float(np.clip(np.median(now[told] / apart[told]), 1 - GROWTH, 1 + GROWTH))


def _sides(box: Box, shape: tuple[int, ...]) -> tuple[float, float]:
    """Pixels across and down."""
    return (box.right - box.left) * shape[1], (box.bottom - box.top) * shape[0]


def _histogram(image: np.ndarray, box: Box) -> np.ndarray:
    """Hue and saturation of what is in a box: (30, 32) float32, of unit sum."""
    import cv2

    height, width = image.shape[:2]
    top, bottom = (round(min(max(at, 0.0), 1.0) * height) for at in (box.top, box.bottom))
    left, right = (round(min(max(at, 0.0), 1.0) * width) for at in (box.left, box.right))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    if not part.size:
        return np.zeros((30, 32), np.float32)
    colours = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([colours], [0, 1], None, [30, 32], [0, 180, 0, 256])
    return (counts / max(float(counts.sum()), 1.0)).astype(np.float32)


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    import cv2

    return float(cv2.compareHist(one, other, cv2.HISTCMP_CORREL))


def _grey(image: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _inside(box: Box) -> Box:
    return Box(max(box.left, 0.0), max(box.top, 0.0), min(box.right, 1.0), min(box.bottom, 1.0))
