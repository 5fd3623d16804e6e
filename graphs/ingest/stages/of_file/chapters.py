"""The parts of a video that have titles of their own."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from .....tools.errors import MediaError
from .....tools.media.given_text import chapter_files
from .....tools.media.given_text.chapters import FileChapter, chapters, chapters_beside
from .....tools.payloads import Chapter
from .....tools.records import Modality, Record
from ...stage import FileStage, Found, Parts, Watched, packed, unpacked

SOURCE = "given/chapters"
"""What made these records: nobody recognised anything."""

BESIDE = 1e-6
"""Seconds by which the times differ under which chapters that begin together are written down."""

STATE = -1.0
"""Time under which it is written down which file beside the video was there."""


class Chapters(FileStage):
    """The chapters that came with the video, one record each: those in a file beside it, or else those in the video."""

    name = "chapters"
    writes = (Modality.CHAPTER,)

    @property
    def fingerprint(self) -> str:
        return "chapters/2"

    def observe(self, video: Watched) -> list[tuple[float, Any]]:
        beside = chapter_files.beside(video.path)
        rows: list[tuple[float, Any]] = [(STATE, packed(str, "" if beside is None else chapter_files.state(beside)))]
        found = []
        if beside is not None:
            with suppress(MediaError):  # `about` says so
                found = chapters_beside(beside, video.duration)
        found = found or chapters(video.path)
        return rows + [(one.span.start + n * BESIDE, packed(FileChapter, one)) for n, one in enumerate(found)]

    def about(self, video: Watched) -> list[str]:
        beside = chapter_files.beside(video.path)
        if beside is None:
            return []
        try:
            told = [start for start, _, _ in chapter_files.told_by(beside)]
        except MediaError as error:
            return [str(error)]
        behind = sum(start >= video.duration for start in told)
        several = "chapter lies" if behind == 1 else "chapters lie"
        notes = [f"{beside.name}: {behind} {several} behind the end, as of another cut of the video"] if behind else []
        if own := chapters(video.path):
            notes.append(f"the chapters of {beside.name} were taken, not the {len(own)} in the file")
        return notes

    def outdated(self, path: Path, found: Found) -> bool:
        beside = chapter_files.beside(path)
        read = next((unpacked(str, row) for time, row in found.observations(self.name) if time == STATE), "")
        return beside is not None and chapter_files.state(beside) != read

    def records(self, found: Found) -> list[Record]:
        given = [unpacked(FileChapter, row) for time, row in found.observations(self.name) if time != STATE]
        return [
            Record.of(found.video, chapter.span, Chapter(chapter.title, number, len(given)), 1.0, SOURCE)
            for number, chapter in enumerate(given, start=1)
        ]


def stage(parts: Parts) -> Chapters:
    """The stage."""
    return Chapters()
