"""Stretches as subtitles: SubRip and WebVTT."""

from collections.abc import Sequence
from html import escape

from ...tools.records import Modality
from .entries import Entry, Listed


def srt(listed: Listed) -> str:
    """SubRip. Of a transcript the speech; screen text where nothing is said at all."""
    cues = []
    for number, entry in enumerate(cued(listed), start=1):
        start, end = (timestamp(at, ",") for at in (entry.start, entry.end))
        who = f"{entry.who}: " if entry.who else ""
        text = f"{who}{entry.shown}".replace("-->", "→")  # which begins a cue wherever it stands
        cues.append(f"{number}\n{start} --> {end}\n{text}\n")
    return "\n".join(cues)


def vtt(listed: Listed) -> str:
    """WebVTT, likewise."""
    cues = ["WEBVTT\n"]
    for entry in cued(listed):
        start, end = (timestamp(at, ".") for at in (entry.start, entry.end))
        cues.append(f"{start} --> {end}\n{voiced(entry, escaped(entry.shown))}\n")
    return "\n".join(cues)


def words_vtt(listed: Listed) -> str:
    """WebVTT in which each spoken word has its time; a cue without times of words is as in `vtt`."""
    cues = ["WEBVTT\n"]
    for entry in cued(listed):
        start, end = (timestamp(at, ".") for at in (entry.start, entry.end))
        cues.append(f"{start} --> {end}\n{voiced(entry, _timed(entry) or escaped(entry.shown))}\n")
    return "\n".join(cues)


def escaped(text: str) -> str:
    """A text in a WebVTT cue, where `<` begins a tag and `-->` a cue."""
    return escape(text, quote=False)


def voiced(entry: Entry, text: str) -> str:
    """A cue's text with the name of who speaks, as WebVTT has it."""
    return f"<v {escaped(entry.who)}>{text}" if entry.who else text


def cued(listed: Listed) -> Sequence[Entry]:
    """What becomes a subtitle: what is said where anything is, of a transcript; else all."""
    spoken = [entry for entry in listed.entries if entry.kind == Modality.SPEECH]
    return spoken or listed.entries


def _timed(entry: Entry) -> str:
    parts = []
    for word in entry.words:
        text = " ".join(word.text.split())
        inside = entry.start < word.start < entry.end  # the times within a cue must lie in it and rise
        parts.append(f"<{timestamp(word.start, '.')}>{escaped(text)}" if inside else escaped(text))
    return " ".join(parts)


def timestamp(seconds: float, point: str) -> str:
    """`hh:mm:ss.mmm`, with the point that the format wants.

    >>> timestamp(3725.5, ",")
    '01:02:05,500'
    """
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, milliseconds = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}{point}{milliseconds:03}"
