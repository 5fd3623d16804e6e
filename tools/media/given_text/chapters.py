"""The chapters that a file has, or a file beside it: their titles and when they begin and end."""

from dataclasses import dataclass
from pathlib import Path

import av

from ...geometry import Span
from ..clock import clock_of
from ..joined import PRIMING
from ..packets import open_media
from . import chapter_files


@dataclass(frozen=True, slots=True)
class FileChapter:
    """A chapter as the file has it."""

    span: Span
    title: str
    """Empty where the file gives none."""


def chapters(path: str | Path) -> list[FileChapter]:
    """The chapters of a file in order of time, in seconds from the first picture or sound.

    One ends at the latest where the next begins, and where the file ends.

    Raises:
        MediaError: the file cannot be opened.
    """
    path = Path(path)
    clock = clock_of(path)
    zero, duration = float(clock.zero), clock.duration
    with open_media(path) as container:
        told = container.chapters()
        begins = (container.start_time or 0) / av.time_base
    if abs(begins - zero) <= PRIMING:
        zero = begins  # muxers move streams to make room for the first sound, but leave chapters where they were
    found: list[chapter_files.Told] = []
    for chapter in told:
        unit = float(chapter["time_base"] or 0)
        title = " ".join((chapter["metadata"].get("title") or "").split())
        found.append((chapter["start"] * unit - zero, chapter["end"] * unit - zero, title))
    return _in_order(found, duration)


def chapters_beside(beside: Path, duration: float) -> list[FileChapter]:
    """The chapters of a file beside a video of so many seconds, in order of time.

    Raises:
        MediaError: there are none in it.
    """
    return _in_order(chapter_files.told_by(beside), duration)


def _in_order(found: list[chapter_files.Told], duration: float) -> list[FileChapter]:
    found = sorted(found, key=lambda one: (one[0], one[1] or 0.0))
    spans = []
    for number, (start, end, title) in enumerate(found):
        following = next((later for later, _, _ in found[number + 1 :] if later > start), duration)
        start = min(max(start, 0.0), duration)
        end = min(following, duration, end if end is not None and end > start else duration)
        spans.append(FileChapter(Span(start, max(end, start)), title))
    return [one for one in spans if one.span.duration > 0]
