"""Stretches as text, tables and pages: everything in them is shown as it is and does nothing else."""

import csv
import io
import json
import re
from html import escape

from ...tools.records import Modality, clock
from ...tools.words import one_line
from ..markdown import one_line as marked_down
from .entries import Listed

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would compute (OWASP: CSV injection)."""
SHORTEST_CHAPTER = 10.0
"""Seconds that YouTube wants a chapter to last at least; it wants three of them, and the first at 0:00."""
FEWEST_CHAPTERS = 3
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
PAGE = """<!doctype html>
<html lang="">
<head><meta charset="utf-8"><title>{name}</title></head>
<body>
<h1>{name}</h1>
<table>
<thead><tr><th>from</th><th>to</th><th>kind</th><th>text</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def txt(listed: Listed) -> str:
    """A line a stretch, with its time."""
    lines = []
    for entry in listed.entries:
        speaker = f"{entry.who}: " if entry.who else ""
        lines.append(f"[{clock(entry.start)}] {speaker}{one_line(entry.text)}\n")
    return "".join(lines)


def as_json(listed: Listed) -> str:
    """One object: what the video is, and `lines` with times in seconds, modality (or kind) and text."""
    about = {"video": listed.video, "name": listed.name, "duration": listed.duration}
    lines = [
        {
            "start": round(entry.start, 3),
            "end": round(entry.end, 3),
            "modality": entry.kind,
            "text": entry.text,
            **entry.more,
        }
        for entry in listed.entries
    ]
    return json.dumps({**about, "lines": lines}, ensure_ascii=False, indent=1)


def as_csv(listed: Listed) -> str:
    """A table with a head (RFC 4180); a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["start", "end", "kind", "speaker", "text"])
    for entry in listed.entries:
        cells = [entry.kind, entry.who, one_line(entry.text)]
        table.writerow([f"{entry.start:.3f}", f"{entry.end:.3f}", *(inert(cell) for cell in cells)])
    return out.getvalue()


def inert(cell: str) -> str:
    """A cell that no spreadsheet computes.

    >>> inert("=1+2"), inert("plain")
    ("'=1+2", 'plain')
    """
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_markdown(listed: Listed) -> str:
    """A list to read."""
    lines = [f"# {marked_down(listed.name)}", ""]
    for entry in listed.entries:
        quote = "on screen: " if entry.kind == Modality.SCREEN_TEXT else ""
        speaker = f"{marked_down(entry.speaker)}: " if entry.speaker else ""
        lines.append(f"- **{clock(entry.start)}** {quote}{speaker}{marked_down(entry.text)}")
    return "\n".join(lines) + "\n"


def as_html(listed: Listed) -> str:
    """A page with a table, without styles or scripts."""
    rows = []
    for entry in listed.entries:
        speaker = f"{entry.who}: " if entry.who else ""
        cells = (clock(entry.start), clock(entry.end), entry.kind, one_line(f"{speaker}{entry.text}"))
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return PAGE.format(name=escape(one_line(listed.name)), rows="\n".join(rows))


def printable(text: str) -> str:
    """A text on one line without control characters, which XML has no way to write."""
    return one_line(_NOT_XML.sub("", text))


def youtube(listed: Listed) -> str:
    """Chapters as YouTube reads them from a description: the first at 0:00, none shorter than ten seconds.

    One that is too short goes into the one before it. Where fewer than three are left, YouTube shows none.
    """
    kept: list[tuple[float, str]] = []
    for entry in listed.entries:
        title = one_line(entry.text) or "…"
        start = 0.0 if not kept else entry.start
        if not kept or start - kept[-1][0] >= SHORTEST_CHAPTER:
            kept.append((start, title))
    if len(kept) > 1 and listed.duration - kept[-1][0] < SHORTEST_CHAPTER:
        kept.pop()
    return "".join(f"{clock(start)} {title}\n" for start, title in kept)
