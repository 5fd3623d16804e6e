"""What a description is made of: the findings of one video in order of time, with the vectors of what is said."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...tools.payloads import Chapter, Spoken, TextLines
from ...tools.records import Modality, Record, Span, of_kind
from ...tools.words import one_line

if TYPE_CHECKING:
    from ...tools.index.video_index import VideoIndex

Embed = Callable[[Sequence[str]], Sequence[np.ndarray]]
"""The vectors of texts, as documents."""

GOES_ON = 1.5
"""Seconds of silence within which an utterance that ends without a full stop goes on in the next one."""
GOES_ON_UNMARKED = 0.3
"""The same where most utterances end without one, as what Whisper writes in Chinese: then its lack says nothing."""
LONGEST = 300
"""Characters at which a passage ends all the same."""
BATCH = 64
"""Texts embedded at a time where the index has no vector."""
LOWER_PART = 0.65
"""Share of the picture's height below which a line is a lower third or a subtitle, not a title."""
TITLE = 60
"""Characters of a line up to which it may be a title."""

_ENDS = re.compile(r"[.!?…。！？؟।]+[”\"’')\]»」』]*\s*(?:\([^)]*\))?\s*$")
"""The end of a sentence; what stands in brackets after it are written forms."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is said in one go, in one or several records."""

    span: Span
    text: str
    records: tuple[Record, ...]
    speaker: str = ""

    @property
    def words(self) -> int:
        """How many words it has; of a language written without spaces, an estimate."""
        return max(len(self.text.split()), len(self.text) // 8)


@dataclass(frozen=True, slots=True)
class Slide:
    """A text that stands on the picture, with the line that is its title."""

    record: Record
    title: str

    @property
    def span(self) -> Span:
        """When it stands there."""
        return self.record.span


@dataclass(frozen=True)
class Material:
    """The findings of one video, or of a stretch of it."""

    video: str
    span: Span
    passages: tuple[Passage, ...]
    vectors: np.ndarray
    """Unit vectors of the passages, float32 of shape (passages, dimensions)."""
    slides: tuple[Slide, ...]
    shots: tuple[Span, ...]
    given: tuple[tuple[Record, Chapter], ...]
    """Chapters that the file itself has."""
    names: tuple[tuple[Span, str], ...]
    """Names that stand on the picture as those of people do, and when, in order of time."""
    language: str
    """ISO 639-1 code of what is mostly spoken."""
    remarks: tuple[str, ...] = ()


def gather(index: "VideoIndex", video: str, span: Span, embed: Embed) -> Material:
    """What was found in a stretch of a video.

    Args:
        index: where it was found.
        video: its id.
        span: the stretch, in seconds.
        embed: makes the vectors that the index lacks.
    """
    said = index.timeline(video, [Modality.SPEECH], span)
    passages = joined(said)
    vectors, lacking = vectors_of(index, video, passages, embed)
    written = index.timeline(video, [Modality.SCREEN_TEXT], span)
    given = index.timeline(video, [Modality.CHAPTER], span)
    shots = [record.span for record in index.timeline(video, [Modality.SHOT], span)]
    remarks = (f"{lacking} passages had no vector in the index and were embedded anew",) if lacking else ()
    return Material(
        video=video,
        span=span,
        passages=tuple(passages),
        vectors=vectors,
        slides=tuple(slides(written)),
        shots=tuple(shots),
        given=tuple(of_kind(given, Chapter)),
        names=tuple((record.span, name) for record in written for name in names_on(record)),
        language=language_of(said),
        remarks=remarks,
    )


def joined(said: Sequence[Record]) -> list[Passage]:
    """Utterances as passages: one that ends in the middle of a sentence goes on in the next one of the same speaker."""
    passages: list[Passage] = []
    told = list(of_kind(said, Spoken))
    marked = sum(bool(_ENDS.search(one_line(spoken.text))) for _, spoken in told)
    longest_pause = GOES_ON if 2 * marked >= len(told) else GOES_ON_UNMARKED
    for record, spoken in told:
        text = one_line(spoken.text)
        if not text:
            continue
        last = passages[-1] if passages else None
        if (
            last is not None
            and not _ENDS.search(last.text)
            and record.span.start - last.span.end <= longest_pause
            and last.speaker == spoken.speaker
            and len(last.text) + len(text) < LONGEST
        ):
            span = Span(last.span.start, max(record.span.end, last.span.end))
            passages[-1] = Passage(span, f"{last.text} {text}", (*last.records, record), last.speaker)
        else:
            passages.append(Passage(record.span, text, (record,), spoken.speaker))
    return passages


def vectors_of(index: "VideoIndex", video: str, passages: Sequence[Passage], embed: Embed) -> tuple[np.ndarray, int]:
    """Unit vectors of passages, (passages, dimensions): those of their records, weighted by length, as the index has
    them; and how many passages had to be embedded now."""
    known = index.record_vectors(video, [record.id for passage in passages for record in passage.records])
    rows: list[np.ndarray | None] = []
    for passage in passages:
        parts = [(len(record.text), known[record.id]) for record in passage.records if record.id in known]
        rows.append(sum(weight * vector for weight, vector in parts) if parts else None)  # pyright: ignore
    missing = [at for at, row in enumerate(rows) if row is None]
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        for at, vector in zip(batch, embed([passages[at].text for at in batch]), strict=True):
            rows[at] = vector
    if not rows:
        return np.zeros((0, 0), np.float32), 0
    return unit(np.stack([np.asarray(row, np.float32) for row in rows])), len(missing)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)


def slides(written: Sequence[Record]) -> list[Slide]:
    """Texts with a title, in order of time."""
    found = []
    for record, text in of_kind(written, TextLines):
        if title := title_of(record, text):
            found.append(Slide(record, title))
    return found


def title_of(record: Record, text: TextLines) -> str:
    """The line that heads a text: the tallest in the upper part of the picture; empty where there is none."""
    lines = [one_line(line) for line in text.lines]
    if len(record.boxes) != len(lines):
        return lines[0] if lines and is_title(lines[0]) else ""
    upper = [at for at, box in enumerate(record.boxes) if box.top < LOWER_PART]
    tallest = max(upper, key=lambda at: record.boxes[at].bottom - record.boxes[at].top, default=None)
    return lines[tallest] if tallest is not None and is_title(lines[tallest]) else ""


def is_title(line: str) -> bool:
    """Whether a line can be a title: some letters, and not too many of them."""
    return sum(char.isalpha() for char in line) >= 2 and len(line) <= TITLE


def names_on(record: Record) -> list[str]:
    """The names of people that a text shows as a lower third does."""
    lines = record.payload.lines if isinstance(record.payload, TextLines) else ()
    low = (
        [at for at, box in enumerate(record.boxes) if box.top >= LOWER_PART] if len(record.boxes) == len(lines) else []
    )
    return [name for at in low if (name := name_in(one_line(lines[at])))]


def name_in(line: str) -> str:
    """The name with which a line begins, as a lower third does; empty where it begins with none.

    >>> name_in("Anna Berg, harbour master"), name_in("Budget: 430,000 euros")
    ('Anna Berg', '')
    """
    name = line.replace("–", ",").replace("|", ",").replace(" - ", ",").partition(",")[0].split()
    fits = 2 <= len(name) <= 3 and all(word[:1].isupper() and word[1:].islower() and word.isalpha() for word in name)
    return " ".join(name) if fits else ""


def language_of(said: Sequence[Record]) -> str:
    """What is mostly spoken, by length of text; empty where nothing is said or no language is known."""
    spoken: Counter[str] = Counter()
    for record, words in of_kind(said, Spoken):
        spoken[words.language] += len(record.text)
    spoken.pop("", None)
    return spoken.most_common(1)[0][0] if spoken else ""
