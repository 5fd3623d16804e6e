"""What a description consists of: times in seconds, and with every sentence the findings that it rests on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...tools.records import Record


class Style(StrEnum):
    """Which description is wanted."""

    SUMMARY = "summary"
    """The sentences that carry the video."""
    CHAPTERS = "chapters"
    """Titles and times, without gaps or overlaps."""
    CAPTIONS = "captions"
    """What is there, stretch by stretch."""
    NOTES = "notes"
    """Key points, decisions, actions, questions and numbers."""
    STORY = "story"
    """Who does or says what, in order."""


class Length(StrEnum):
    """How long a summary or a story is."""

    LINE = "line"
    """One sentence."""
    PARAGRAPH = "paragraph"
    """About 130 words."""
    PAGE = "page"
    """About four hundred words."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A finding that a sentence rests on."""

    start: float
    end: float
    modality: str
    text: str
    source: str
    """Tool and version that found it."""
    record: str
    """The id of its record in the index."""

    @classmethod
    def of(cls, record: Record) -> "Cited":
        """A record as evidence."""
        start, end = round(record.span.start, 3), round(record.span.end, 3)
        return cls(start, end, str(record.modality), record.text, record.source, record.id)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary."""

    start: float
    end: float
    text: str
    evidence: tuple[Cited, ...]
    speaker: str = ""
    """Who says it, where it is known."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the video with its title."""

    start: float
    end: float
    title: str
    origin: str
    """Where the title is from: `file`, `screen_text`, `speech`, `caption`, or empty where there is none."""
    evidence: tuple[Cited, ...] = ()
    parts: tuple["Chapter", ...] = ()
    """Shorter ones of which it consists, where there are several."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to keep from a meeting or a lecture."""

    start: float
    end: float
    kind: str
    """`key_point`, `decision`, `action`, `question` or `number`."""
    text: str
    evidence: tuple[Cited, ...]
    owner: str = ""
    """Whose action it is, where it is known."""
    date: str = ""
    """By when, in the words that were said."""
    values: tuple[str, ...] = ()
    """The numbers that are said, as they are written."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What is there in one stretch."""

    start: float
    end: float
    text: str
    evidence: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A piece of the story."""

    start: float
    end: float
    who: tuple[str, ...]
    """Names of whoever speaks or is named on the picture."""
    text: str
    evidence: tuple[Cited, ...]


Item = Sentence | Chapter | Note | Caption | Scene


@dataclass(frozen=True, slots=True)
class Description:
    """A description of one video."""

    video: str
    """Its id."""
    name: str
    duration: float
    style: Style
    length: Length
    language: str
    """ISO 639-1 code of what is mostly spoken; empty where nothing is."""
    start: float
    end: float
    chapters: tuple[Chapter, ...] = ()
    summary: tuple[Sentence, ...] = ()
    notes: tuple[Note, ...] = ()
    captions: tuple[Caption, ...] = ()
    story: tuple[Scene, ...] = ()
    remarks: tuple[str, ...] = ()
    """What this description lacks, and why."""
    told_in: str = ""
    """ISO 639-1 code of the language of fixed words, as the names of kinds of notes: asked for, else what is spoken."""
    seconds: float = 0.0
    """That making it took."""
    stored: bool = False
    """It was made before, and read from the index."""

    @property
    def items(self) -> tuple[Item, ...]:
        """What the style asks for, in order of time."""
        return getattr(self, self.style)

    @property
    def text(self) -> str:
        """The description as plain text, a line each; of a summary, in one paragraph."""
        lines = [item.title if isinstance(item, Chapter) else item.text for item in self.items]
        return (" " if self.style is Style.SUMMARY else "\n").join(lines)

    def as_dict(self) -> dict[str, Any]:
        """What `--json`, HTTP and MCP show: the list that the style names, and what it is of. Times in seconds."""
        from dataclasses import asdict

        about = {"video": self.video, "name": self.name, "duration": round(self.duration, 3)}
        about |= {"style": str(self.style), "language": self.language, "start": self.start, "end": self.end}
        made = {"remarks": list(self.remarks), "seconds": round(self.seconds, 3), "stored": self.stored}
        return {str(self.style): [asdict(item) for item in self.items], **about, **made}
