"""What is said and written in a video: searched by words, and as files for other programs."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from ..tools.index.videos import Video
from ..tools.payloads import Spoken, TextLines, to_fields
from ..tools.records import Modality, Record, clock
from ..tools.words import words
from .chips import chip
from .markdown import one_line

TRANSCRIBED = (Modality.SPEECH, Modality.SCREEN_TEXT)
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


def srt(video: Video, records: Sequence[Record]) -> str:
    """Speech as SubRip; screen text where nothing is said at all."""
    cues = []
    for number, record in enumerate(_cues(records), start=1):
        start, end = (_timestamp(at, ",") for at in (record.span.start, record.span.end))
        who = f"{said_by(record)}: " if said_by(record) else ""
        text = f"{who}{_lines(record)}".replace("-->", "→")  # which begins a cue wherever it stands
        cues.append(f"{number}\n{start} --> {end}\n{text}\n")
    return "\n".join(cues)


def vtt(video: Video, records: Sequence[Record]) -> str:
    """Speech as WebVTT; screen text where nothing is said at all."""
    cues = ["WEBVTT\n"]
    for record in _cues(records):
        start, end = (_timestamp(at, ".") for at in (record.span.start, record.span.end))
        text = escape(_lines(record), quote=False)  # `<` begins a tag in WebVTT, `-->` a cue
        if who := said_by(record):
            text = f"<v {escape(who, quote=False)}>{text}"
        cues.append(f"{start} --> {end}\n{text}\n")
    return "\n".join(cues)


def as_json(video: Video, records: Sequence[Record]) -> str:
    """Speech and screen text with times and scores."""
    return json.dumps(
        {
            "video": video.id,
            "name": video.name,
            "duration": video.duration,
            "lines": [
                {
                    "start": round(record.span.start, 3),
                    "end": round(record.span.end, 3),
                    "modality": str(record.modality),
                    "text": record.text,
                    "score": round(record.score, 4),
                    "source": record.source,
                    "payload": to_fields(record.payload) if record.payload is not None else None,
                }
                for record in records
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def as_markdown(video: Video, records: Sequence[Record]) -> str:
    """Speech and screen text as a list to read."""
    lines = [f"# {one_line(video.name)}", ""]
    for record in records:
        who = f"{one_line(said_by(record))}: " if said_by(record) else ""
        quote = who if record.modality is Modality.SPEECH else "on screen: "
        lines.append(f"- **{clock(record.span.start)}** {quote}{one_line(record.text)}")
    return "\n".join(lines) + "\n"


FORMATS: dict[str, tuple[str, Callable[[Video, Sequence[Record]], str]]] = {
    "srt": ("application/x-subrip", srt),
    "vtt": ("text/vtt", vtt),
    "json": ("application/json", as_json),
    "md": ("text/markdown", as_markdown),
}


def downloads_html(videos: Sequence[Video]) -> str:
    """A link a video and format."""
    lines = []
    for video in videos:
        links = " ".join(
            f"<a class='vs-link' href='transcript/{video.id}.{kind}' download"
            f" aria-label='Transcript of {escape(video.name, quote=True)} as {kind.upper()}'>{kind.upper()}</a>"
            for kind in FORMATS
        )
        lines.append(f"<div class='vs-downloads'><span>Download {escape(video.name)} as</span> {links}</div>")
    return "".join(lines)


def said_by(record: Record) -> str:
    """Who says it, on one line; empty where that is not known or nothing is said."""
    return " ".join(record.payload.speaker.split()) if isinstance(record.payload, Spoken) else ""


def _cues(records: Sequence[Record]) -> list[Record]:
    spoken = [record for record in records if record.modality is Modality.SPEECH]
    return spoken or list(records)


def _lines(record: Record) -> str:
    """What a cue shows, without blank lines, which end it."""
    lines = record.payload.lines if isinstance(record.payload, TextLines) else (record.text,)
    return "\n".join(line.strip() for text in lines for line in text.splitlines() if line.strip())


def _timestamp(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, milliseconds = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{point}{milliseconds:03}"
