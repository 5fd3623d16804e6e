"""Chapters in a file beside a video: `talk.chapters.txt`, `talk.chapters.vtt`, `talk.chapters.xml`, `talk.ffmeta`,
`talk.cue`.

A `.txt` is in the manner of OGM (`CHAPTER01=00:00:00.000`, `CHAPTER01NAME=…`), of FFmpeg's metadata, or has a time and
a title a line, as under videos on the web. What a file is, is told by its text.
"""

import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import av
from av.error import FFmpegError

from ...errors import MediaError
from ...languages import language_code
from .sidecars import LARGEST
from .text_encoding import decoded

NAMED = frozenset({".txt", ".vtt", ".xml", ".ogm", ".ffmeta", ".ffmetadata"})
"""Suffixes of files that have `chapters` in their names."""
ALONE = frozenset({".ffmeta", ".ffmetadata", ".cue"})
"""Suffixes that tell by themselves."""

FRAMES = 75.0
"""Frames a second in the times of cue sheets."""

_WORDS = re.compile(r"[. _()\[\]-]+")
_TIME = r"(?:\d+:)?\d+:\d+(?:[.,]\d+)?"
_OGM = re.compile(r"^\s*CHAPTER(\d+)(NAME)?\s*=\s*(.*?)\s*$", re.I | re.M)
_LISTED = re.compile(
    rf"^(?:\d+[.)]\s+)?\W{{0,3}}({_TIME})\W*?(?:[-–—]+>?\s*{_TIME})?(?:\s*[-–—|:.]\s*|\s+)(\S.*?)\s*$", re.M
)
_SPOKEN_OF = re.compile(rf"^[ \t]*({_TIME})[ \t]*-->[ \t]*({_TIME})[^\n]*\n(.*?)(?:\n[ \t]*\n|\Z)", re.M | re.S)
_TRACK = re.compile(r"^\s*TRACK\s+\d+.*?(?=^\s*TRACK\s|\Z)", re.M | re.S | re.I)
_TITLE = re.compile(r'^\s*TITLE\s+"?(.*?)"?\s*$', re.M | re.I)
_INDEX = re.compile(r"^\s*INDEX\s+01\s+(\d+):(\d+):(\d+)", re.M | re.I)

Told = tuple[float, float | None, str]
"""When a chapter begins and ends, in seconds, and its title; None where the next one ends it."""


def beside(video: Path) -> Path | None:
    """The file of chapters beside a video; the first by name where there are several."""
    stem = _plain(video.stem)
    try:
        names = sorted(video.parent.iterdir())
    except OSError:
        return None
    return next((path for path in names if _belongs(path, stem, video.suffix.lower())), None)


def _belongs(path: Path, stem: str, suffix: str) -> bool:
    name, form = _plain(path.stem), path.suffix.lower()
    if form not in NAMED | ALONE or not name.startswith(stem) or path.name.startswith("."):
        return False
    rest = name[len(stem) :].removeprefix(suffix)
    if rest and not re.match(r"[. _(\[-]", rest):
        return False
    words = [word for word in _WORDS.split(rest) if word]
    others = [word for word in words if word not in {"chapters", "chapter"}]
    if not all(language_code(word) for word in others) or not (form in ALONE or len(others) < len(words)):
        return False
    try:
        return path.is_file() and 0 < path.stat().st_size <= LARGEST
    except OSError:
        return False


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def state(path: Path) -> str:
    """Changes when the file does."""
    try:
        told = path.stat()
    except OSError:
        return path.name
    return f"{path.name} {told.st_size} {told.st_mtime_ns}"


def told_by(path: Path) -> list[Told]:
    """The chapters in a file, in order of time.

    Raises:
        MediaError: it cannot be read, or there are none in it.
    """
    try:
        text = decoded(path.read_bytes())
    except OSError as error:
        raise MediaError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    found = sorted(_read(text.lstrip("\ufeff").replace("\r\n", "\n")), key=lambda one: one[0]) if text else []
    if not found:
        raise MediaError(f"{path}: no chapters are in it")
    return found


def _read(text: str) -> Iterator[Told]:
    head = text.lstrip()
    if head.startswith(";FFMETADATA"):
        yield from _ffmetadata(head)
    elif head.startswith("<"):
        yield from _matroska(head)
    elif _INDEX.search(text):
        yield from _cue_sheet(text)
    elif any(name for _, name, _ in _OGM.findall(text)) or _OGM.match(head):
        yield from _ogm(text)
    elif "-->" in text:
        for start, end, title in _SPOKEN_OF.findall(text):
            yield _seconds(start), _seconds(end), _line(title)
    else:
        for start, title in _LISTED.findall(text):
            yield _seconds(start), None, _line(title)


def _ffmetadata(text: str) -> Iterator[Told]:
    try:
        with av.open(io.BytesIO(text.encode()), "r", format="ffmetadata", metadata_errors="ignore") as container:
            chapters = container.chapters()
    except (FFmpegError, ValueError):
        return
    for one in chapters:
        unit = float(one["time_base"] or 0)
        yield one["start"] * unit, one["end"] * unit, _line(one["metadata"].get("title") or "")


def _ogm(text: str) -> Iterator[Told]:
    rows = _OGM.findall(text)
    titles = {number: value for number, name, value in rows if name}
    for number, name, value in rows:
        if not name and re.fullmatch(_TIME, value):
            yield _seconds(value), None, _line(titles.get(number, ""))


def _matroska(text: str) -> Iterator[Told]:
    """Chapters as MKVToolNix writes them."""
    try:
        root = ElementTree.fromstring(re.sub(r"<[?!][^>]*>", "", text))
    except ElementTree.ParseError:
        return
    for edition in root.iter("EditionEntry"):
        for atom in edition.findall("ChapterAtom"):
            start, end = atom.findtext("ChapterTimeStart"), atom.findtext("ChapterTimeEnd")
            if start and re.fullmatch(_TIME, start.strip()):
                title = atom.findtext("ChapterDisplay/ChapterString") or ""
                yield _seconds(start), _seconds(end) if end else None, _line(title)
        return


def _cue_sheet(text: str) -> Iterator[Told]:
    for match in _TRACK.finditer(text):
        title, index = _TITLE.search(match[0]), _INDEX.search(match[0])
        if index:
            yield int(index[1]) * 60 + int(index[2]) + int(index[3]) / FRAMES, None, _line(title[1] if title else "")


def _seconds(time: str) -> float:
    hours, minutes, seconds = (["0"] * 3 + time.strip().replace(",", ".").split(":"))[-3:]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _line(text: str) -> str:
    return " ".join(text.split())
