"""The vectors by which frames are found: those of the profile's encoder, or else made from the frames' tags (ConSE)."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from .....tools.media.video import Frame
from .....tools.records import Record
from ...stage import Cost, Found, FrameStage, Parts, Sampling, Stage, Watched, packed, unpacked
from .tags import TaggedFrame

if TYPE_CHECKING:
    from .....tools.perception.embeddings.text_embedding import OnnxTextEmbedding
    from .....tools.perception.frames.encoders import FrameEncoder

AT_ONCE = 256
"""Frames whose vectors are made and written together."""


class EncodedFrames(FrameStage):
    """The encoder's vector of each frame. Makes no records."""

    name = "frame_vectors"

    def __init__(self, encoder: "FrameEncoder", sampling: Sampling) -> None:
        """Take the encoder, and how frames are sampled."""
        self.tool = self._encoder = encoder
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return f"{self._encoder.source}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        import numpy as np

        found = self._encoder.run([frame.image for frame in frames])
        vectors = {source: np.stack([of_one[source] for of_one in found]) for source in found[0]}
        video.index.add_frame_vectors(video.id, [frame.time for frame in frames], vectors)
        return [packed(list[str], list(vectors))] * len(frames)

    def records(self, found: Found) -> list[Record]:
        made = {source for _, row in found.observations(self.name) for source in unpacked(list[str], row)}
        if made:
            found.index.keep_encoders(found.video, made)
        return []


class FramesFromTags(Stage):
    """A vector of each frame in the space of the labels' embedding, from the tags' names (ConSE). Makes no records."""

    name = "frame_vectors"
    needs = ("tags",)
    cost = Cost.FREE

    def __init__(self, label_embedding: "OnnxTextEmbedding") -> None:
        """Take the embedding in whose space the vectors are to lie."""
        self._label_embedding = label_embedding

    @property
    def fingerprint(self) -> str:
        return f"conse/1 by {self._label_embedding.source}"

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.frames.conse import ConSE
        from .....tools.perception.frames.encoders import SHARED
        from .....tools.perception.frames.tags import Tags

        conse = ConSE(self._label_embedding)
        observed = found.observations("tags")
        while rows := list(islice(observed, AT_ONCE)):
            tags = [Tags(unpacked(TaggedFrame, row).labels) for _, row in rows]
            found.index.add_frame_vectors(found.video, [time for time, _ in rows], {SHARED: conse.vectors(tags)})
        found.index.keep_encoders(found.video, [SHARED])
        return []


def stage(parts: Parts) -> Any:
    """The stage, with the profile's encoder where it names one."""
    encoder = parts.optional("frame_embedding")
    if encoder is None:
        return FramesFromTags(parts.optional("label_embedding") or parts.role("text_embedding"))
    return EncodedFrames(encoder, parts.sampling)
