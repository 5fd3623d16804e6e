"""Subtitle files beside a video: `talk.srt`, `talk.en.srt`, `talk.de.forced.ass` beside `talk.mp4`."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ..errors import MediaError
from ..languages import language_code
from .text_encoding import decoded

FORMATS = {
    ".srt": "srt",
    ".vtt": "webvtt",
    ".ass": "ass",
    ".ssa": "ass",
    ".smi": "sami",
    ".sami": "sami",
    ".sub": "microdvd",
    ".lrc": "lrc",
    ".mpl": "mpl2",
    ".ttml": "ttml",
    ".dfxp": "ttml",
    ".scc": "scc",
    ".sbv": "sbv",
}
"""FFmpeg's names of the formats, by suffix, and those of `OTHERS`."""
OTHERS = frozenset({"ttml", "scc", "sbv"})
"""Formats that are made SubRip before FFmpeg reads them."""

FORCED, ASIDE = frozenset({"forced", "foreign"}), frozenset({"commentary", "comment", "lyrics", "karaoke"})
PLAIN = frozenset({"sdh", "hi", "cc", "default", "full", "sub", "subs", "subtitle", "subtitles", "captions"})
"""Words between a video's name and a subtitle file's suffix, beside languages."""

LARGEST = 20_000_000
"""Bytes of a subtitle file; 10 h of them take 1 MB."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A subtitle file beside a video."""

    path: Path
    format: str
    """FFmpeg's name, or one of `OTHERS`."""
    language: str = ""
    """ISO 639 code, where its name tells."""
    forced: bool = False
    aside: bool = False

    @property
    def state(self) -> str:
        """Changes when the file does."""
        try:
            state = self.path.stat()
        except OSError:
            return self.path.name
        return f"{self.path.name} {state.st_size} {state.st_mtime_ns}"


def sidecars(video: Path) -> list[Sidecar]:
    """The subtitle files beside a video, in order of their names.

    A name is the video's, then words for the language and for what they are, each after a full stop.
    """
    stem = _plain(video.stem)
    try:
        beside = sorted(video.parent.iterdir())
    except OSError:
        return []
    found = []
    for path in beside:
        form = FORMATS.get(path.suffix.lower())
        name = _plain(path.stem)
        if form is None or not (name == stem or name.startswith(f"{stem}.")) or not _is_text(path):
            continue
        words = [word for word in name[len(stem) :].split(".") if word]
        if words[:1] == [video.suffix.lower().lstrip(".")]:
            words = words[1:]  # as downloaders call it: `talk.mp4.en.srt`
        known = FORCED | ASIDE | PLAIN
        languages = [language_code(word) for word in words if word not in known]
        if all(languages):  # else it belongs to a video of a longer name
            found.append(Sidecar(path, form, "".join(languages[:1]), bool(FORCED & {*words}), bool(ASIDE & {*words})))
    return found


def text_of(sidecar: Sidecar) -> str:
    """A subtitle file's text, in whatever encoding it is.

    Raises:
        MediaError: it cannot be read as text.
    """
    try:
        data = sidecar.path.read_bytes()
    except OSError as error:
        raise MediaError(f"{sidecar.path}: {(error.strerror or str(error)).lower()}") from error
    text = decoded(data, sidecar.language)
    if text is None:
        raise MediaError(f"{sidecar.path}: is not text in any known encoding")
    return text


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_text(path: Path) -> bool:
    """Whether it is a regular file of a sane size that is not MPEG, as the pictures of a DVD's subtitles are."""
    try:
        if not path.is_file() or not 0 < path.stat().st_size <= LARGEST:
            return False
        with path.open("rb") as file:
            head = file.read(4)
    except OSError:
        return False
    return head != b"\x00\x00\x01\xba"
