"""What a video turned out to hold, in a few words and as questions that it can answer."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from ..tools.index.videos import Video
from ..tools.payloads import ObjectCounts, TextLines
from ..tools.records import Modality, Record, clock, of_kind

SUGGESTED = 4
TITLE_WORDS = range(2, 8)


def summary(video: Video, records: Sequence[Record]) -> str:
    """Minutes of speech, distinct texts, kinds of objects and shots, in one line."""
    speech = covered([record for record in records if record.modality is Modality.SPEECH])
    texts = {record.text.casefold() for record in records if record.modality is Modality.SCREEN_TEXT}
    kinds = labels(records)
    shots = sum(record.modality is Modality.SHOT for record in records)
    spoken = f"{speech / 60:.1f} min of speech" if speech else "no speech"
    seen = f"{len(kinds)} kinds of objects" if len(kinds) != 1 else "1 kind of object"
    return (
        f"{clock(video.duration)} · {spoken} · {_number(len(texts), 'distinct screen text')} · {seen}"
        f" · {_number(shots, 'shot')}"
    )


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def covered(records: Sequence[Record]) -> float:
    """Seconds that records in order of time cover, overlaps counted once."""
    total, until = 0.0, 0.0
    for record in records:
        total += max(record.span.end - max(record.span.start, until), 0.0)
        until = max(until, record.span.end)
    return total


def labels(records: Sequence[Record]) -> Counter[str]:
    """Seconds for which each kind of object is seen, in the detector's words."""
    seconds: Counter[str] = Counter()
    for record, found in of_kind(records, ObjectCounts):
        for label, _ in found.numbers:
            seconds[label] += max(round(record.span.duration), 1)
    return seconds


def suggestions(records: Sequence[Record]) -> list[str]:
    """Questions that the index can answer: about a title, what is said, an object, and the whole."""
    asked: list[str] = []
    spoken = [record for record in records if record.modality is Modality.SPEECH]
    titles = [
        (record, " ".join(text.lines[0].split()), len(text.lines))
        for record, text in of_kind(records, TextLines)
        if len(text.lines[0].split()) in TITLE_WORDS and record.score > 0.9
    ]
    if titles:
        # A text of one line is a title of its own; the first line of several may end in the middle of a sentence.
        _, title, _ = min(titles, key=lambda one: (one[2] > 1, -round(one[0].score, 2), one[0].span))
        asked.append(f"When does the title “{title}” appear?")
    if spoken:
        longest = max(spoken, key=lambda record: len(record.text))
        asked.append(f"What is said at {clock(longest.span.start)}?")
    for label, _ in labels(records).most_common(2):
        article = "an" if label[0] in "aeiou" else "a"
        asked.append(f"When does {article} {label} appear?")
    if titles and len(titles) > 1:
        span = titles[len(titles) // 2][0].span
        asked.append(f"What text is on screen at {clock((span.start + span.end) / 2)}?")
    return asked[:SUGGESTED]


def card(video: Video, records: Sequence[Record]) -> str:
    """A video in the library's list."""
    notes = "".join(f"<div class='vs-note'>note: {escape(note)}</div>" for note in video.notes)
    state = "" if video.status == "ready" else " <span class='vs-note'>read only in part</span>"
    gone = "" if video.path.exists() else "<div class='vs-note'>the file is gone: answers work, playing does not</div>"
    return (
        f"<li class='vs-video'><strong>{escape(video.name)}</strong>{state}"
        f"<div class='vs-muted'>{summary(video, records)}</div>{notes}{gone}</li>"
    )
