"""What the file's own text track says: embedded subtitles."""

from typing import Any

from ....tools.payloads import Spoken
from ....tools.records import Modality, Record, Span
from ..stage import FileStage, Found, Parts, Watched, packed, unpacked


class Subtitles(FileStage):
    """The subtitles that came with the file; one record each, beside those of speech recognition."""

    name = "subtitles"
    writes = (Modality.SPEECH,)

    @property
    def fingerprint(self) -> str:
        return "subtitles/1"

    def observe(self, video: Watched) -> list[tuple[float, Any]]:
        from ....tools.media.subtitles import subtitles

        return [(span.start, packed(tuple[Span, Spoken], (span, said))) for span, said in subtitles(video.path)]

    def records(self, found: Found) -> list[Record]:
        observed = (unpacked(tuple[Span, Spoken], row) for _, row in found.observations(self.name))
        return [Record.of(found.video, span, said, 1.0, self.fingerprint) for span, said in observed]


def stage(parts: Parts) -> Subtitles:
    """The stage."""
    return Subtitles()
