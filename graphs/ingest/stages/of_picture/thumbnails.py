"""The frames that are kept to be shown: their times and their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

from .....tools.media.video import Frame, thumbnail
from .....tools.records import Record
from ...stage import Cost, Found, FrameStage, Parts, Sampling, Watched

AT_ONCE = 64
"""Pictures that are written together: each writing costs a transaction, however many pictures it has."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame's small picture."""

    time: float
    """Of the frame, in seconds."""
    jpeg: bytes


class Thumbnails(FrameStage):
    """A small picture of each kept frame, in the index's folder. Makes no records."""

    name = "thumbnails"
    cost = Cost.FREE

    def __init__(self, sampling: Sampling) -> None:
        """Take how frames are sampled."""
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return f"thumbnails/1; {self._sampling.frames}"

    @property
    def batch(self) -> int:
        return AT_ONCE

    @property
    def waiting(self) -> int:
        return 0

    def reduced(self, frame: Frame) -> Picture:
        return Picture(frame.time, thumbnail(frame.image))

    def observe(self, video: Watched, frames: Sequence[Picture]) -> list[bytes]:
        pictures = [frame.jpeg for frame in frames]
        video.index.add_frames(video.id, [frame.time for frame in frames], {}, pictures)
        return [b""] * len(frames)

    def records(self, found: Found) -> list[Record]:
        found.index.keep_frames(found.video, [time for time, _ in found.observations(self.name)])
        return []


def stage(parts: Parts) -> Thumbnails:
    """The stage."""
    return Thumbnails(parts.sampling)
