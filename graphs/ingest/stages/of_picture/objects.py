"""Which things are on the picture, how many of each, and how each moves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .....tools.media.video import Frame
from .....tools.records import Detection, Modality, Record
from .....tools.runtime.backend import Tool
from ...stage import Found, FrameStage, Parts, Sampling, Watched, packed, unpacked

if TYPE_CHECKING:
    import numpy as np


class Objects(FrameStage):
    """The things on each frame; a record for as long as their number stays the same, and one a followed object."""

    name = "objects"
    writes = (Modality.OBJECT, Modality.TRACK)

    def __init__(self, detector: "Tool[np.ndarray, list[Detection]]", sampling: Sampling) -> None:
        """Take the detector, and how frames are sampled."""
        self.tool = self._detector = detector
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return f"{self._detector.source}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        return [packed(list[Detection], things) for things in self._detector.run([frame.image for frame in frames])]

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.objects.counts_over_time import object_records
        from .....tools.perception.objects.individuals import passage_records

        source = self._detector.source
        seen = [(span, unpacked(list[Detection], row)) for span, row in found.standing(self.name)]
        return [*object_records(found.video, seen, source), *passage_records(found.video, seen, source)]


def stage(parts: Parts) -> Objects:
    """The stage, with the profile's detector."""
    return Objects(parts.role("objects"), parts.sampling)
