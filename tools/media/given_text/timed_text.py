"""Subtitle formats that FFmpeg does not read, or not with all their times, written as SubRip.

`ttml`: Timed Text of the W3C (`.ttml`, `.dfxp`), as broadcasters and streaming services deliver it, and `scc`, captions
of American television, both by ttconv; `sbv`: what YouTube hands out, which is SubRip but for the line with the times.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ttconv.model import ContentDocument

_SBV = re.compile(r"^[ \t]*(\d+:\d\d:\d\d\.\d{3}),(\d+:\d\d:\d\d\.\d{3})[ \t]*\r?$", re.M)
"""A line with the times of YouTube's format; those of SubViewer have hundredths."""
_TTML = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?tt[\s>]", re.S)


_LYRIC_TIME = re.compile(r"([\[<])(\d+):(\d+(?:\.\d+)?)([\]>])")
_LYRIC_OFFSET = re.compile(r"^[ \t]*\[offset:\s*([+-]?\d+)\s*\][ \t]*\r?$", re.I | re.M)
"""Milliseconds by which all lines of a lyrics file come earlier."""


def lyrics_on_time(text: str) -> str:
    """Lyrics whose times have what the file says that they are off by; FFmpeg takes it for something else.

    >>> lyrics_on_time("[offset:+500]\\n[00:01.00]La").strip()
    '[00:00.500]La'
    """
    offset = _LYRIC_OFFSET.search(text)
    if offset is None:
        return text

    def moved(match: re.Match[str]) -> str:
        seconds = max(int(match[2]) * 60 + float(match[3]) - int(offset[1]) / 1000, 0.0)
        return f"{match[1]}{int(seconds // 60):02}:{seconds % 60:06.3f}{match[4]}"

    return _LYRIC_TIME.sub(moved, _LYRIC_OFFSET.sub("", text))


def told_by_text(text: str) -> str | None:
    """Which of these formats a file is in, by how it begins; None where it is in another one.

    >>> told_by_text("0:00:01.000,0:00:03.500\\nGood evening."), told_by_text("1\\n00:00:01,000 --> 00:00:02,000\\nOh.")
    ('sbv', None)
    """
    head = text.lstrip("\ufeff \t\r\n")
    if head.startswith("Scenarist_SCC"):
        return "scc"
    if _TTML.match(head):
        return "ttml"
    return "sbv" if _SBV.match(head) else None


def as_subrip(text: str, form: str) -> str:
    """A file in one of these formats as SubRip.

    Args:
        form: `ttml`, `scc` or `sbv`.

    Raises:
        ValueError: it is not in that format.
    """
    if form == "sbv":
        return _SBV.sub(r"\1 --> \2", text)
    from ttconv.srt import writer

    try:
        return writer.from_model(_READERS[form](text))
    except Exception as error:  # of parsers and of ttconv, which has no common class of its own
        raise ValueError(f"no {form.upper()}: {' '.join(str(error).split()) or type(error).__name__}") from error


def _ttml(text: str) -> "ContentDocument":
    from xml.etree import ElementTree

    from ttconv.imsc import reader

    document = reader.to_model(ElementTree.ElementTree(ElementTree.fromstring(text.lstrip("\ufeff"))))
    if document is None:
        raise ValueError("no timed text")
    return document


def _scc(text: str) -> "ContentDocument":
    from ttconv.scc import reader

    return reader.to_model(text)


_READERS: dict[str, Callable[[str], "ContentDocument"]] = {"ttml": _ttml, "scc": _scc}
