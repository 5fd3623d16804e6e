"""The formats by name."""

from collections.abc import Callable
from dataclasses import dataclass

from ...tools.errors import UsageError
from .chapter_lists import ffmetadata, podlove
from .edit_lists import edl, fcpxml
from .entries import Listed
from .subtitles import srt, vtt, words_vtt
from .texts import as_csv, as_html, as_json, as_markdown, txt, youtube
from .timeline import otio


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing stretches."""

    media_type: str
    suffix: str
    """Of the file's name, without the dot."""
    write: Callable[[Listed], str]


FORMATS = {
    "srt": Format("application/x-subrip", "srt", srt),
    "vtt": Format("text/vtt", "vtt", vtt),
    "vtt-words": Format("text/vtt", "vtt", words_vtt),
    "txt": Format("text/plain", "txt", txt),
    "json": Format("application/json", "json", as_json),
    "csv": Format("text/csv", "csv", as_csv),
    "md": Format("text/markdown", "md", as_markdown),
    "youtube": Format("text/plain", "txt", youtube),
    "ffmetadata": Format("text/plain", "txt", ffmetadata),
    "podlove": Format("application/xml", "psc", podlove),
    "html": Format("text/html", "html", as_html),
    "otio": Format("application/json", "otio", otio),
    "edl": Format("text/plain", "edl", edl),
    "fcpxml": Format("application/xml", "fcpxml", fcpxml),
}


def written(listed: Listed, name: str) -> str:
    """Stretches in a format.

    Raises:
        UsageError: there is no such format.
        BackendUnavailableError: the format needs a package that is not installed.
    """
    if name not in FORMATS:
        raise UsageError(f"no format {name[:40]!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name].write(listed)
