"""The frames that are kept to be shown: their times and their pictures."""

from collections.abc import Sequence

from ....tools.media.video import Frame, thumbnail
from ....tools.records import Record
from ..stage import Cost, Found, FrameStage, Parts, Sampling, Watched


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

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        pictures = [thumbnail(frame.image) for frame in frames]
        video.index.add_frames(video.id, [frame.time for frame in frames], {}, pictures)
        return [b""] * len(frames)

    def records(self, found: Found) -> list[Record]:
        found.index.keep_frames(found.video, [time for time, _ in found.observations(self.name)])
        return []


def stage(parts: Parts) -> Thumbnails:
    """The stage."""
    return Thumbnails(parts.sampling)
