"""The text tracks in a media file: what somebody wrote down of what is said (SubRip, WebVTT, ASS, QuickTime text)."""

import re
from collections.abc import Iterator
from pathlib import Path

from av.subtitles.stream import SubtitleStream

from ..payloads import Spoken
from ..records import Span
from .clock import clock_of
from .packets import open_media

LASTS = 3.0
"""Seconds that a subtitle stands whose length the file does not tell."""
MARKUP = re.compile(r"\{\\[^}]*\}|</?[a-z][^>]*>|\[[^\]]*\]|[♪♫]", re.IGNORECASE)
"""What is not said: ASS overrides, tags of SubRip and WebVTT, sounds as `[door creaks]`, and notes of music."""


def subtitles(path: str | Path) -> Iterator[tuple[Span, Spoken]]:
    """What the file's text track says, in order; of several, the default one, else the first that is not forced.

    Times are seconds from the first picture or sound in the file. Pictures of text, as on DVDs, are passed over.

    Raises:
        MediaError: the file cannot be opened.
    """
    path = Path(path)
    zero = clock_of(path).zero
    with open_media(path) as container:
        tracks = sorted(container.streams.subtitles, key=_preference)
        for packet in container.demux(tracks[0]) if tracks else ():
            if packet.pts is None or packet.time_base is None:
                continue
            start = max(float(packet.pts * packet.time_base - zero), 0.0)
            length = float(packet.duration * packet.time_base) if packet.duration else LASTS
            dialogue = b" ".join(getattr(part, "dialogue", b"") for part in packet.decode())
            written = dialogue.decode("utf-8", "replace").replace("\\N", " ").replace("\\n", " ")
            if text := " ".join(MARKUP.sub(" ", written).split()):
                yield Span(start, start + length), Spoken(text, language=tracks[0].language or "")


def _preference(track: SubtitleStream) -> tuple[bool, bool, int]:
    said = track.disposition
    return "forced" in str(said), "default" not in str(said), track.index
