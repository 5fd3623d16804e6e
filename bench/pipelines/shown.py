"""Frames of a video as a pipeline hands them to the answerer: decoded from the file, as pictures where it sees them."""

import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ...tools.media.video import Frame, frames, probe, thumbnail
from ...tools.videollm.interface import FramePart

Found = TypeVar("Found")

EVERY = 1000.0
"""Frames a second: above the rate of any video, so that the frame at a time is not that of a coarser grid."""

KEPT = 4
"""Videos of which what was done once is kept."""


def sampled(video: Path, count: int) -> list[Frame]:
    """Frames evenly over a video, decoded now, each by a seek."""
    duration = probe(video).duration
    return decoded(video, [(place + 0.5) * duration / count for place in range(count)])


def decoded(video: Path, times: Iterable[float]) -> list[Frame]:
    """The frames at or after some seconds of a video, in order, none twice, decoded now, each by a seek."""
    found: list[Frame] = []
    for at in sorted(times):
        frame = next(frames(video, rate=EVERY, longest_side=1280, start=at), None)
        if frame is not None and (not found or frame.time > found[-1].time):
            found.append(frame)
    return found


@dataclass(frozen=True)
class Picture:
    """A frame as a file that a prompt can name."""

    part: FramePart
    pixels: int
    """Width times height of the file."""


@dataclass(frozen=True)
class Pictures:
    """Frames as JPEG files, which go when this object goes."""

    folder: "tempfile.TemporaryDirectory[str]"
    all: list[Picture]


def pictures(seen: Sequence[Frame]) -> Pictures:
    """Frames as JPEG files of the size and quality in which vidscout itself shows frames to an answerer."""
    from PIL import Image

    folder = tempfile.TemporaryDirectory(prefix="vidscout-bench-")
    kept: list[Picture] = []
    for number, frame in enumerate(seen):
        path = Path(folder.name) / f"{number:04}.jpg"
        path.write_bytes(thumbnail(frame.image))
        with Image.open(path) as picture:
            kept.append(Picture(FramePart(path, frame.time), picture.width * picture.height))
    return Pictures(folder, kept)


def thinned(items: Sequence[Found], count: int) -> list[Found]:
    """So many of some items, evenly over them.

    >>> thinned("abcdefgh", 4), thinned("ab", 4)
    (['b', 'd', 'f', 'h'], ['a', 'b'])
    """
    if count >= len(items):
        return list(items)
    return [items[int((place + 0.5) * len(items) / count)] for place in range(count)]


class Once:
    """Work that is the same for every question about a video: done for the first one, and kept for the last videos."""

    def __init__(self, keep: int = KEPT) -> None:
        self._keep = keep
        self._done: OrderedDict[Path, tuple[Any, float]] = OrderedDict()
        self._locks: dict[Path, threading.Lock] = {}
        self._mine = threading.Lock()

    def of(self, video: Path, work: Callable[[], Found]) -> tuple[Found, float]:
        """What the work gives, and the seconds of it that this question is spared because an earlier one did it."""
        with self._mine:
            lock = self._locks.setdefault(video, threading.Lock())
        with lock:
            if video in self._done:
                return self._done[video]
            began = time.perf_counter()
            value = work()
            with self._mine:
                self._done[video] = value, time.perf_counter() - began
                while len(self._done) > self._keep:
                    self._done.popitem(last=False)
            return value, 0.0
