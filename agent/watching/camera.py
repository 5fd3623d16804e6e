"""A camera through OpenCV, where FFmpeg as it is installed has no driver for it: on Linux PyAV brings none."""

import threading
import time
from collections.abc import Callable, Iterator

import av.format

from ...tools.errors import MediaError
from ...tools.media.live import SECONDS, Stretch, Turns
from ...tools.media.video import Frame

MISSES = 100
"""Pictures in a row that a camera may fail to give."""


def camera(
    form: str, name: str, rate: float, longest_side: int, now: Callable[[], float], stop: threading.Event
) -> Iterator[Stretch] | None:
    """What a camera shows; it has no sound. None where FFmpeg opens it itself.

    Args:
        form: of the driver, by FFmpeg's name.
        name: of the camera.
        rate: frames a second that are sampled.
        longest_side: pixels of a frame, at most.
        now: the time in seconds at which a picture that comes now stands.
        stop: ends it.
    """
    if form in av.format.formats_available:
        return None
    return pictures(name, rate, longest_side, now, stop)


def pictures(
    name: str, rate: float, longest_side: int, now: Callable[[], float], stop: threading.Event
) -> Iterator[Stretch]:
    """Stretches of what OpenCV gets from a camera.

    Raises:
        MediaError: there is no such camera, or it gives nothing.
    """
    import cv2

    device = cv2.VideoCapture(name)
    try:
        if not device.isOpened():
            raise MediaError(f"{name}: no camera there that can be opened")
        start, arrived, due, frames, missed = now(), time.monotonic(), 0.0, [], 0
        turns, turned = Turns(), False
        while not stop.is_set() and missed < MISSES:
            there, picture = device.read()
            missed = 0 if there else missed + 1
            at = now()
            if there and at >= due:
                due = (at * rate // 1 + 1) / rate
                scale = min(longest_side / max(picture.shape[:2]), 1.0)
                small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                frames.append(Frame(at, cv2.cvtColor(small, cv2.COLOR_BGR2RGB)))
                turned = turns(at, frames[-1].image)
            if turned or at - start >= SECONDS or (missed >= MISSES and frames):
                yield Stretch(start, at, tuple(frames), None, arrived)
                start, arrived, frames, turned = at, time.monotonic(), [], False
        if missed >= MISSES:
            raise MediaError(f"{name}: the camera gives no pictures any more")
    finally:
        device.release()
