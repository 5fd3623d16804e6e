"""A video in short runs of frames that lie within one shot: decoded once, in bounded memory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..media.video import Frame, MediaInfo, frames
from ..records import Span
from .signals.signal import Window

RATE = 8.0
"""Frames a second, as D3 samples; the nearest whole division of the video's own rate is taken, so that steps are
even."""
LENGTH = 16
"""Frames of a window (D3: at most 16)."""
SHORTEST = 12
"""Frames below which a window says nothing."""
SMALL = 320
"""Pixels of the longest side of the shared grey pictures."""
COLOUR = 224
PATCH = 128
LARGEST = 1920
"""Pixels of the longest side up to which pictures keep their resolution."""
CUT_LEAST = 20.0
CUT_OVER = 3.5
"""A cut: neighbouring frames differ by at least so many grey levels, and by so many times the shot's usual step."""


def sampling_rate(fps: float | None) -> float:
    """Frames a second that are looked at in a video of that rate.

    >>> sampling_rate(25), sampling_rate(30), sampling_rate(5)
    (8.333333333333334, 7.5, 5.0)
    """
    if not fps:
        return RATE
    return fps / max(round(fps / RATE), 1)


class Taken:
    """One sampled frame, cut down to what the signals look at."""

    __slots__ = ("colour", "grey", "patches", "time")

    def __init__(self, frame: Frame) -> None:
        import cv2

        image = frame.image
        self.time = frame.time
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        scale = min(1.0, SMALL / max(height, width))
        size = (max(round(width * scale), 8), max(round(height * scale), 8))
        self.grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        if min(height, width) >= 2 * COLOUR:  # halving by whole pixels is many times faster than any other scale
            image = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        self.colour = cv2.resize(image, (COLOUR, COLOUR), interpolation=cv2.INTER_AREA)
        self.patches = np.stack([grey[y : y + side, x : x + side] for y, x, side in patch_places(height, width)])

    def differs(self, other: "Taken") -> float:
        """The mean absolute difference of two frames in grey levels, 0..255."""
        import cv2

        return float(cv2.absdiff(self.grey, other.grey).mean())


def patch_places(height: int, width: int) -> list[tuple[int, int, int]]:
    """Top, left and side of the squares that are looked at in full resolution: the middle and four around it."""
    side = min(PATCH, height // 8 * 8, width // 8 * 8)
    if side < 8:
        return [(0, 0, min(height, width))]
    if height < 2 * side or width < 2 * side:
        centres = [(0.5, 0.5)]
    else:
        centres = [(0.5, 0.5), (0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)]
    return [(int(y * (height - side)) // 8 * 8, int(x * (width - side)) // 8 * 8, side) for y, x in centres]


def windows(
    path: Path,
    info: MediaInfo,
    start: float = 0.0,
    end: float | None = None,
    threads: int = 0,
    cuts: "Callable[[float], None] | None" = None,
) -> Iterator[Window]:
    """The windows of a stretch of a video, in order; a window never crosses a cut.

    A shot is divided into windows of `LENGTH` frames. What is left at its end becomes a window that overlaps the one
    before; a shot that is shorter than `SHORTEST` frames has none.

    Args:
        path: a video file.
        info: what `media.probe` says of it.
        start: seconds.
        end: seconds, exclusive; None for the whole video.
        threads: decoder threads; 0 leaves it to FFmpeg.
        cuts: called with the time of each cut.

    Raises:
        MediaError: the file cannot be opened.
    """
    rate = sampling_rate(info.fps)
    native = max(info.width, info.height) <= LARGEST
    shot: list[Taken] = []
    """The frames not yet in a window, preceded by as many of the last window as a window may overlap."""
    fresh = 0
    steps: list[float] = []
    """The last steps, over cuts as well: where every step is large, none of them is a cut."""

    def rest() -> Iterator[Window]:
        if len(shot) >= SHORTEST and fresh >= 2:
            yield _window(shot[-LENGTH:], rate, native)

    for frame in frames(path, rate, LARGEST, start, end, threads):
        taken = Taken(frame)
        step = taken.differs(shot[-1]) if shot else 0.0
        if shot and step > max(CUT_LEAST, CUT_OVER * float(np.median(steps)) if steps else CUT_LEAST):
            yield from rest()
            if cuts is not None:
                cuts(taken.time)
            shot, fresh = [], 0
        steps = [*steps[-LENGTH:], step]
        shot.append(taken)
        fresh += 1
        if fresh == LENGTH:
            yield _window(shot[-LENGTH:], rate, native)
            shot, fresh = shot[-LENGTH:], 0
    yield from rest()


def _window(run: list[Taken], rate: float, native: bool) -> Window:
    times = np.array([taken.time for taken in run])
    return Window(
        span=Span(float(times[0]), float(times[-1] + 1 / rate)),
        times=times,
        grey=np.stack([taken.grey for taken in run]),
        colour=np.stack([taken.colour for taken in run]),
        patches=np.stack([taken.patches for taken in run]),
        native=native,
    )
