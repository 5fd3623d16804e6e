"""What is said and written in a video: searched by words, and links to it as files for other programs."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from ..tools.index.videos import Video
from ..tools.payloads import Spoken
from ..tools.records import Modality, Record
from ..tools.words import words
from .chips import chip

OFFERED = ("srt", "vtt", "txt", "json", "csv", "md", "html")
"""Formats in which a transcript can be downloaded (`agent/exports`)."""
MOST_ROWS = 400
"""Rows shown at once; searching narrows them down."""


def searched(records: Iterable[Record], query: str) -> list[Record]:
    """The records that hold a beginning of every word of the query, whatever case and accents."""
    wanted = words(query)
    if not wanted:
        return list(records)
    found = []
    for record in records:
        there = words(record.text)
        if all(any(word.startswith(want) for word in there) for want in wanted):
            found.append(record)
    return found


def rows_html(records: Sequence[Record], query: str = "", names: dict[str, str] | None = None) -> str:
    """The rows with a chip each; the query's words are marked.

    Args:
        names: of the videos, where rows of several are shown together.
    """
    if not records:
        what = f"Nothing that is said or written holds “{escape(query)}”." if query.strip() else "Nothing yet."
        return f"<p class='vs-muted' role='status'>{what}</p>"
    rows = []
    for record in records[:MOST_ROWS]:
        kind = "said" if record.modality is Modality.SPEECH else "written"
        name = f" <span class='vs-muted'>{escape(names.get(record.video, ''))}</span>" if names else ""
        who = f"<span class='vs-muted'>{escape(said_by(record))}:</span> " if said_by(record) else ""
        rows.append(
            f"<li>{chip(record.video, record.span.start)}<span class='vs-kind'>{kind}</span>"
            f"<span>{who}{_marked(' '.join(record.text.split()), query)}{name}</span></li>"
        )
    more = len(records) - MOST_ROWS
    rest = f"<p class='vs-muted'>and {more:,} more: search to narrow them down</p>" if more > 0 else ""
    head = f"<p class='vs-muted' role='status'>{len(records):,} {'line' if len(records) == 1 else 'lines'}</p>"
    return f"{head}<ol class='vs-transcript'>{''.join(rows)}</ol>{rest}"


def _marked(text: str, query: str) -> str:
    wanted = sorted({re.escape(word) for word in query.split()}, key=len, reverse=True)
    if not wanted:
        return escape(text)
    parts = re.split(rf"(\b(?:{'|'.join(wanted)})\w*)", text, flags=re.IGNORECASE)
    return "".join(f"<mark>{escape(part)}</mark>" if at % 2 else escape(part) for at, part in enumerate(parts))


def downloads_html(videos: Sequence[Video]) -> str:
    """A link a video and format."""
    lines = []
    for video in videos:
        links = " ".join(
            f"<a class='vs-link' href='transcript/{video.id}.{kind}' download"
            f" aria-label='Transcript of {escape(video.name, quote=True)} as {kind.upper()}'>{kind.upper()}</a>"
            for kind in OFFERED
        )
        lines.append(f"<div class='vs-downloads'><span>Download {escape(video.name)} as</span> {links}</div>")
    return "".join(lines)


def said_by(record: Record) -> str:
    """Who says it, on one line; empty where that is not known or nothing is said."""
    return " ".join(record.payload.speaker.split()) if isinstance(record.payload, Spoken) else ""
