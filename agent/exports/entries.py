"""What every format is written from: stretches of one video with what is there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...graphs.describe.results import Chapter, Description, Note, Scene, Sentence
from ...tools.index.videos import Video
from ...tools.payloads import Spoken, TextLines, Word, to_fields
from ...tools.records import Modality, Record

TRANSCRIBED = (Modality.SPEECH, Modality.SCREEN_TEXT)
"""What a transcript holds."""


@dataclass(frozen=True)
class Entry:
    """A stretch with what is there."""

    start: float
    """Seconds."""
    end: float
    kind: str
    """A modality, `chapter`, `summary`, a kind of note, `caption`, `story`, or what a list of stretches calls it."""
    text: str
    lines: tuple[str, ...] = ()
    """The text line by line, where it has several."""
    speaker: str = ""
    words: tuple[Word, ...] = ()
    """With their times, where they are known."""
    more: dict[str, Any] = field(default_factory=dict)
    """What JSON shows besides."""

    @property
    def who(self) -> str:
        """Who speaks, on one line."""
        return " ".join(self.speaker.split())

    @property
    def shown(self) -> str:
        """What a subtitle shows, without blank lines, which end it."""
        lines = self.lines or (self.text,)
        return "\n".join(line.strip() for text in lines for line in text.splitlines() if line.strip())


@dataclass(frozen=True)
class Listed:
    """The stretches of one video."""

    video: str
    """Its id."""
    name: str
    duration: float
    """Seconds."""
    entries: tuple[Entry, ...]
    path: str = ""
    """Where the file is, for editors."""
    rate: float = 0.0
    """Average frames a second, for editors; 0 where it is not known."""
    width: int = 0
    """Pixels; 0 where it is not known."""
    height: int = 0
    picture: bool = True
    sound: bool = True


def of_records(video: Video, records: Sequence[Record]) -> Listed:
    """What is said and written, as a transcript."""
    return _listed(video, [_entry(record) for record in records])


def of_description(video: Video, description: Description) -> Listed:
    """The parts of a description."""
    entries = []
    for item in description.items:
        more: dict[str, Any] = {"evidence": [cited.record for cited in item.evidence]}
        kind, text, speaker = str(description.style).removesuffix("s"), "", ""
        match item:
            case Chapter(title=title, origin=origin):
                text, more["origin"] = title, origin
            case Note():
                kind, text = item.kind, item.text
                more |= {"owner": item.owner, "date": item.date, "values": list(item.values)}
            case Scene():
                text, more["who"] = item.text, list(item.who)
            case Sentence():
                text, speaker = item.text, item.speaker
            case _:
                text = item.text
        entries.append(Entry(item.start, item.end, kind, text, speaker=speaker, more=more))
    return _listed(video, entries)


def of_spans(video: Video, spans: Sequence[tuple[float, float, str]], kind: str = "span") -> Listed:
    """Any stretches: start and end in seconds, and what each is called."""
    return _listed(video, [Entry(start, end, kind, text) for start, end, text in spans])


def _listed(video: Video, entries: Sequence[Entry]) -> Listed:
    return Listed(
        video.id,
        video.name,
        video.duration,
        tuple(entries),
        str(video.path),
        video.fps,
        video.width,
        video.height,
        video.has_video,
        video.has_audio,
    )


def _entry(record: Record) -> Entry:
    payload = record.payload
    more = {
        "score": round(record.score, 4),
        "source": record.source,
        "payload": to_fields(payload) if payload is not None else None,
    }
    return Entry(
        record.span.start,
        record.span.end,
        str(record.modality),
        record.text,
        payload.lines if isinstance(payload, TextLines) else (),
        payload.speaker if isinstance(payload, Spoken) else "",
        payload.words if isinstance(payload, Spoken) else (),
        more,
    )
