"""The parts of a video that have titles of their own."""

from typing import Any

from ....tools.media.given_text.chapters import FileChapter, chapters
from ....tools.payloads import Chapter
from ....tools.records import Modality, Record
from ..stage import FileStage, Found, Parts, Watched, packed, unpacked

SOURCE = "given/chapters"
"""What made these records: nobody recognised anything."""

BESIDE = 1e-6
"""Seconds by which the times differ under which chapters that begin together are written down."""


class Chapters(FileStage):
    """The chapters that came with the file; one record each."""

    name = "chapters"
    writes = (Modality.CHAPTER,)

    @property
    def fingerprint(self) -> str:
        return "chapters/1"

    def observe(self, video: Watched) -> list[tuple[float, Any]]:
        found = enumerate(chapters(video.path))
        return [(chapter.span.start + n * BESIDE, packed(FileChapter, chapter)) for n, chapter in found]

    def records(self, found: Found) -> list[Record]:
        given = [unpacked(FileChapter, row) for _, row in found.observations(self.name)]
        return [
            Record.of(found.video, chapter.span, Chapter(chapter.title, number, len(given)), 1.0, SOURCE)
            for number, chapter in enumerate(given, start=1)
        ]


def stage(parts: Parts) -> Chapters:
    """The stage."""
    return Chapters()
