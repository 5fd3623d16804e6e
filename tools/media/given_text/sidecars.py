"""Subtitle files beside a video: `talk.srt`, `talk.en.srt`, `talk_de.forced.ass`, `Subs/talk/2_English.srt`."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import MediaError
from ...languages import language_code
from .sami import languages, only
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
    ".idx": "vobsub",
    ".sup": "sup",
}
"""FFmpeg's names of the formats, by suffix, and those of `OTHERS`."""
OTHERS = frozenset({"ttml", "scc", "sbv"})
"""Formats that are made SubRip before FFmpeg reads them."""
PICTURED = frozenset({"vobsub", "sup"})
"""Formats whose subtitles are pictures; `.idx` has the times of what lies in a `.sub` of the same name."""

FORCED, ASIDE = frozenset({"forced", "foreign"}), frozenset({"commentary", "comment", "lyrics", "karaoke"})
PLAIN = frozenset(
    "sdh hi cc default full sub subs subtitle subtitles caption captions transcript auto original orig".split()
)
"""Words between a video's name and a subtitle file's suffix, beside languages."""

FOLDERS = frozenset({"subs", "subtitles"})
"""Folders beside a video in which its subtitles may lie: files that begin with its name, or a folder of its name."""
_BETWEEN = re.compile(r"[. _()\[\]]+")
_NAME_ENDS = frozenset(". _-([")

LARGEST = 20_000_000
"""Bytes of a subtitle file; 10 h of them take 1 MB."""
LARGEST_PICTURED = 1_000_000_000
"""The same of one with pictures."""
_TRACK = re.compile(r"^\s*id:\s*([\w-]*),\s*index:\s*\d+", re.M)
"""The language of each track of an `.idx`."""


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
    part: str = ""
    """Of a file with several languages, the class whose words these are, or the number of the track."""

    @property
    def state(self) -> str:
        """Changes when the file does."""
        try:
            state = self.path.stat()
        except OSError:
            return self.path.name
        return f"{self.path.name} {state.st_size} {state.st_mtime_ns}"


def sidecars(video: Path) -> list[Sidecar]:
    """The subtitle files of a video, in order of their names: beside it, then in folders for subtitles.

    A name is the video's, then words for the language and for what they are. A SAMI file or an
    `.idx` with several languages counts once for each.
    """
    beside = _listed(video.parent)
    films = {_plain(path.stem) for path in beside if path.suffix.lower() not in FORMATS}
    stem = _plain(video.stem)
    found = [one for path in beside if (one := _beside(path, stem, video.suffix, films))]
    for folder in beside:
        if _plain(folder.name) in FOLDERS and folder.is_dir():
            inside = _listed(folder)
            found += [one for path in inside if (one := _beside(path, stem, video.suffix, films))]
            own = [path for path in inside if _plain(path.name) == stem and path.is_dir()]
            found += [
                one for each in own for path in _listed(each) if (one := _told_by(path, _plain(path.stem), False))
            ]
    return [part for one in found for part in _by_language(one)]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _beside(path: Path, stem: str, suffix: str, films: set[str]) -> Sidecar | None:
    """A file as the subtitles of a video of that name; None where it is not, or belongs to a video of a longer name."""
    name = _plain(path.stem)
    rest = name[len(stem) :]
    if not name.startswith(stem) or (rest and (rest[0] not in _NAME_ENDS or name in films)):
        return None
    # as downloaders call it: `talk.mp4.en.srt`
    return _told_by(path, rest.removeprefix(suffix.lower()).lstrip(" -"), True)


def _told_by(path: Path, words: str, all_known: bool) -> Sidecar | None:
    """A subtitle file with what the words of its name tell; None where not all are known that should be."""
    form = FORMATS.get(path.suffix.lower())
    if form is None or not _is_text(path):
        return None
    told = {word for word in _BETWEEN.split(words) if word}
    languages = [language_code(word) for word in _BETWEEN.split(words) if word and word not in FORCED | ASIDE | PLAIN]
    if all_known and not all(languages):
        return None
    language = next(filter(None, languages), "")
    return Sidecar(path, form, language, bool(FORCED & told), bool(ASIDE & told))


def _by_language(sidecar: Sidecar) -> Iterator[Sidecar]:
    """A SAMI file once for each language in it; others as they are."""
    parts: dict[str, str] = {}
    if sidecar.format == "sami":
        with suppress(MediaError):
            parts = languages(text_of(sidecar))
    if sidecar.format == "vobsub":
        with suppress(OSError):
            told = _TRACK.findall(sidecar.path.read_bytes().decode("utf-8", "replace"))
            codes = [language_code(one) for one in told]
            if len(codes) == 1 and not sidecar.language:
                sidecar = replace(sidecar, language=codes[0])
            parts = {str(number): code for number, code in enumerate(codes)}
    if len(parts) < 2:
        yield sidecar
    for name, language in parts.items() if len(parts) > 1 else ():
        yield replace(sidecar, language=language, part=name)


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
    return only(text, sidecar.part) if sidecar.part else text


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_text(path: Path) -> bool:
    """Whether it is a regular file of a sane size that is not MPEG, as the pictures of a DVD's subtitles are."""
    try:
        most = LARGEST_PICTURED if path.suffix.lower() == ".sup" else LARGEST
        if not path.is_file() or not 0 < path.stat().st_size <= most:
            return False
        with path.open("rb") as file:
            head = file.read(4)
    except OSError:
        return False
    return head != b"\x00\x00\x01\xba"
