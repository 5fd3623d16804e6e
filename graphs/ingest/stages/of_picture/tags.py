"""What a whole frame looks like, in an image classifier's labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict

from .....tools.media.video import Frame
from .....tools.records import Modality, Record, Tag
from .....tools.runtime.backend import Tool
from ...stage import Found, FrameStage, Parts, Sampling, Watched, packed, unpacked

if TYPE_CHECKING:
    import numpy as np

    from .....tools.perception.frames.tags import Tags


@dataclass(frozen=True, slots=True)
class TaggedFrame:
    """What is written down of a frame."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    labels: tuple[Tag, ...] = ()
    features: bytes = b""
    """Image features, float16, by which shots are told apart."""


class FrameTags(FrameStage):
    """The labels of each frame; one record for as long as frames look alike."""

    name = "tags"
    writes = (Modality.FRAME,)

    def __init__(self, classifier: "Tool[np.ndarray, Tags]", sampling: Sampling) -> None:
        """Take the classifier, and how frames are sampled."""
        self.tool = self._classifier = classifier
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return f"{self._classifier.source}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        import numpy as np

        found = self._classifier.run([frame.image for frame in frames])
        return [
            packed(TaggedFrame, TaggedFrame(tags.labels, tags.features.astype(np.float16).tobytes())) for tags in found
        ]

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.frames.tags import frame_records

        looks = ((span, unpacked(TaggedFrame, row).labels) for span, row in found.standing(self.name))
        return frame_records(found.video, looks, self._classifier.source)


def stage(parts: Parts) -> FrameTags:
    """The stage, with the profile's classifier."""
    return FrameTags(parts.role("tags"), parts.sampling)
