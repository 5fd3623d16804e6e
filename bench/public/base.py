"""What all public sets share: what is said when something is missing, and how tables and subtitles are read."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...tools.errors import BackendUnavailableError, UsageError
from ..sets.question import Question, Subtitle
from .scores import Line, Score, accuracy

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

SUFFIXES = (".mp4", ".MP4", ".mkv", ".webm", ".mov")
"""Of videos whose annotation gives the name alone."""

NAMED = 3
"""Missing files that a message names; it counts the others."""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """One public set."""

    name: str
    title: str
    mark: str
    """Pattern of the file by which a folder is known as this set."""
    published: str
    """Where its authors publish it."""
    read: Callable[["PublicSet", Path], list[Question]]
    score: Callable[[Sequence[Line]], list[Score]] = lambda lines: [accuracy("accuracy", lines)]
    """What its authors publish of a run, from the lines of the first tries."""

    def load(self, folder: Path, partial: bool) -> list[Question]:
        """The questions that have a right answer, in the set's order.

        Raises:
            UsageError: the annotations are missing or not as published, or, unless `partial`, a video is missing.
        """
        if not any(folder.glob(self.mark)):
            raise self.missing(folder, [self.mark])
        try:
            questions = self.read(self, folder)
        except (KeyError, ValueError, TypeError) as error:
            raise UsageError(
                f"{folder}: {self.title} is not as published ({type(error).__name__}: {error}); see {self.published}"
            ) from error
        absent = dict.fromkeys(question.video for question in questions if not question.video.is_file())
        if absent and not (partial and len(absent) < len({question.video for question in questions})):
            raise self.missing(folder, [str(video.relative_to(folder)) for video in absent])
        return [replace(question, set=self.name) for question in questions if question.video not in absent]

    def missing(self, folder: Path, files: Sequence[str]) -> UsageError:
        """The error that says what is missing and where it is published."""
        more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
        return UsageError(
            f"{folder}: {self.title} lacks {', '.join(files[:NAMED])}{more}; its authors publish it at {self.published}"
        )


def first_there(candidates: Iterable[Path]) -> Path:
    """The first of several places where a file is; the first of all when it is in none."""
    places = list(candidates)
    return next((place for place in places if place.is_file()), places[0])


def named(folder: Path, places: Iterable[str], stem: str) -> Iterator[Path]:
    """Where the video of a name may lie: in each place of a folder, with each suffix."""
    return (folder / place / f"{stem}{suffix}" for place in places for suffix in SUFFIXES)


def rows(table: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file.

    Raises:
        BackendUnavailableError: pyarrow is not installed.
        UsageError: it is not a Parquet file.
    """
    if find_spec("pyarrow") is None:
        raise BackendUnavailableError(f"{table.name}: reading Parquet needs pyarrow: pip install pyarrow")
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_table(table).to_pylist()
    except pyarrow.ArrowInvalid as error:
        raise UsageError(f"{table}: cannot be read as Parquet: {error}") from error


def json_file(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        UsageError: it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: cannot be read as JSON: {error}") from error


def json_lines(path: Path) -> list[dict[str, Any]]:
    """What a file of one JSON object a line holds.

    Raises:
        UsageError: a line is not JSON.
    """
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except ValueError as error:
        raise UsageError(f"{path}: cannot be read as JSON lines: {error}") from error


def letter_of(answer: str, options: Sequence[str]) -> str:
    """The letter of the option that is the answer, word for word.

    Raises:
        ValueError: none is.
    """
    return LETTERS[[option.strip() for option in options].index(answer.strip())]


def without_letter(option: str) -> str:
    """An option without the `A. ` that some sets write before it.

    >>> [without_letter(option) for option in ("A. Apples.", "B) 3 cats", "(C): a rope", "A man")]
    ['Apples.', '3 cats', 'a rope', 'A man']
    """
    return re.sub(r"^\(?[A-Z][.)]:?\s+", "", option.strip())


def seconds(clock: str) -> float:
    """Seconds of `00:01:02,500`, `00:01:02.500` or `01:02`."""
    *larger, rest = clock.strip().replace(",", ".").split(":")
    if not 1 <= len(larger) <= 2:
        raise ValueError(f"{clock!r} is no time")
    return sum(int(part) * 60**place for place, part in enumerate(reversed(larger), 1)) + float(rest)


def srt(path: Path) -> tuple[Subtitle, ...]:
    """The lines of a SubRip file; none when there is no file. Blocks that are not subtitles are passed over."""
    if not path.is_file():
        return ()
    lines: list[Subtitle] = []
    text = path.read_text(encoding="utf-8-sig", errors="replace").replace("\r\n", "\n")
    for block in re.split(r"\n\s*\n", text):
        found = re.search(r"(\d+:\d+:\d+[,.]\d+)\s*-->\s*(\d+:\d+:\d+[,.]\d+)[^\n]*\n(.*)", block, re.DOTALL)
        if found is None:
            continue
        said = " ".join(re.sub(r"<[^>]+>|\{[^}]+\}", "", found[3]).split())
        if said:
            lines.append(Subtitle(seconds(found[1]), seconds(found[2]), said))
    return tuple(lines)
