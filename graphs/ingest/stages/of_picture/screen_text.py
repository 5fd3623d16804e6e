"""What is written on the picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .....tools.media.video import Frame
from .....tools.records import Modality, Record, TextLine
from .....tools.runtime.backend import Tool
from .....tools.runtime.notes import note
from ...stage import Found, FrameStage, Parts, Sampling, Watched, packed, unpacked

if TYPE_CHECKING:
    import numpy as np


class ScreenTextStage(FrameStage):
    """The lines of each frame; one record for the lines that appear and vanish together."""

    name = "screen_text"
    writes = (Modality.SCREEN_TEXT,)

    def __init__(self, reader: "Tool[np.ndarray, list[TextLine]]", sampling: Sampling) -> None:
        """Take the reader, and how frames are sampled."""
        self.tool = self._reader = reader
        self._sampling = sampling

    @property
    def fingerprint(self) -> str:
        return f"{self._reader.source}; {self._sampling.frames}"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        return [packed(list[TextLine], lines) for lines in self._reader.run([frame.image for frame in frames])]

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.screen_text.lines_over_time import text_records
        from .....tools.perception.screen_text.unread import notes

        seen = [(span, unpacked(list[TextLine], row)) for span, row in found.standing(self.name)]
        for one in notes(seen):
            note(one)
        return text_records(found.video, seen, self._reader.source)


def stage(parts: Parts) -> ScreenTextStage:
    """The stage, with the profile's reader."""
    return ScreenTextStage(parts.role("screen_text"), parts.sampling)
