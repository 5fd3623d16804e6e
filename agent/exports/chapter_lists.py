"""Chapters for players and podcasts: FFmpeg's metadata, and Podlove Simple Chapters."""

import re
from html import escape

from .entries import Listed
from .subtitles import timestamp
from .texts import printable

PODLOVE = """<?xml version="1.0" encoding="UTF-8"?>
<psc:chapters version="1.2" xmlns:psc="http://podlove.org/simple-chapters">
{chapters}
</psc:chapters>
"""


def ffmetadata(listed: Listed) -> str:
    """Chapters as FFmpeg writes them into a file: `ffmpeg -i VIDEO -i CHAPTERS -map_metadata 1 -codec copy OUT`."""
    lines = [";FFMETADATA1", f"title={_escaped(listed.name)}"]
    for entry in listed.entries:
        start = round(entry.start * 1000)
        end = max(round(entry.end * 1000), start + 1)
        lines += ["", "[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={_escaped(entry.text)}"]
    return "\n".join([*lines, ""])


def podlove(listed: Listed) -> str:
    """Podlove Simple Chapters 1.2, as podcast players read them."""
    chapters = [
        f'  <psc:chapter start="{timestamp(entry.start, ".")}" title="{escape(printable(entry.text)) or "…"}"/>'
        for entry in listed.entries
    ]
    return PODLOVE.format(chapters="\n".join(chapters))


def _escaped(text: str) -> str:
    return re.sub(r"([=;#\\])", r"\\\1", printable(text))
