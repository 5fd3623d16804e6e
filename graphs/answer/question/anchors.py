"""Times that a question tells by something in the video: “before the title”, “after he mentions the fuse”."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ....tools.records import Modality, Record, Span
from ....tools.words import content_words, coverage, words
from ..state import Answering, Place
from .object_names import known_labels, named_labels
from .rules import ABOUT_THE_VIDEO
from .times import AROUND

DEEP = 16
"""Records in which an event is looked for."""
AS_NEAR = 0.9
"""Share of the nearest record's cosine from which another one that names the event may be meant as well. Nothing was
measured to set it."""


class Side(StrEnum):
    """On which side of an event the time lies that a question means."""

    BEFORE = "before"
    AFTER = "after"
    AT = "when"


_SIDES = {
    **dict.fromkeys(("before", "until"), Side.BEFORE),
    **dict.fromkeys(("after", "once", "since"), Side.AFTER),
    **dict.fromkeys(("when", "while", "as"), Side.AT),
}
_EVENT = re.compile(
    r"\b(?:(?:right|just|shortly|immediately|directly|soon) )?(?P<side>before|until|after|once|since|when|while|as)\s+"
    r"(?P<event>(?!(?:that|this|it|then|all|a while)\W*$)[^,;?]{3,}?)\W*$",
    re.IGNORECASE,
)
_OPENS = re.compile(r"^\W*(?P<side>before|after|when|while)\s+(?P<event>[^,;?]{3,}?)\s*,\s*(?=\w)", re.IGNORECASE)
_WRITTEN = re.compile(
    r"\b(?:(?P<place>first|opening|last|final|closing)\s+)?(?:title|caption|slide|text|sign|credits?)s?\b", re.I
)


@dataclass(frozen=True)
class Anchor:
    """An event by which a question tells a time."""

    side: Side
    event: str
    words: str
    """The part of the question that says so."""


@dataclass(frozen=True)
class Anchored:
    """Where an anchor points in one video."""

    video: str
    within: Span
    place: Place | None
    """The end of the stretch that lies at the event."""


def anchor(question: str) -> Anchor | None:
    """The event by which a question tells a time, when it does.

    >>> anchor("What is shown before the second title?")
    Anchor(side=<Side.BEFORE: 'before'>, event='the second title', words='before the second title?')
    >>> anchor("When does the title appear?") is None
    True
    """
    match = _OPENS.search(question) or _EVENT.search(question)
    if match is None or (match.start() == 0 and match.re is _EVENT):
        return None
    return Anchor(_SIDES[match["side"].casefold()], match["event"].strip(), match[0])


def resolve(anchor: Anchor, videos: list[str], durations: dict[str, float], answering: Answering) -> Anchored | None:
    """Where the event is: the first record that names all of it; `None` when none does.

    Also `None` when that record has the word of time as well, as “he was a baker before he taught”: then the
    question is about what is said, not about what comes earlier in the video.
    """
    record = event(anchor.event, videos, answering)
    if record is None or next(filter(_SIDES.get, words(anchor.words))) in words(record.text):
        return None
    span, end = record.span, durations[record.video]
    match anchor.side:
        case Side.BEFORE:
            return Anchored(record.video, Span(0.0, span.start), Place.LAST)
        case Side.AFTER:
            return Anchored(record.video, Span(min(span.end, end), end), Place.FIRST)
        case Side.AT:
            return Anchored(record.video, Span(max(span.start - AROUND, 0.0), min(span.end + AROUND, end)), None)


def event(told: str, videos: list[str], answering: Answering) -> Record | None:
    """The first of the records that name all of an event and are nearest to it; `None` when none does."""
    wanted = content_words(told, without=ABOUT_THE_VIDEO)
    if not wanted:
        return written(told, videos, answering)
    hits = answering.index.search(
        told,
        answering.vector(told),
        modalities=[Modality.SCREEN_TEXT, Modality.SPEECH, Modality.OBJECT],
        videos=videos,
        k=DEEP,
    )
    labels = set(named_labels(told, known_labels(answering.index, videos)))
    naming = [
        hit for hit in hits if coverage(wanted, hit.record.text) == 1.0 or (labels and labels <= set(hit.record.labels))
    ]
    if not naming:
        return None
    nearest = max(hit.similarity or 0.0 for hit in naming)
    alike = [hit.record for hit in naming if (hit.similarity or 0.0) >= AS_NEAR * nearest]
    return min(alike, key=lambda record: (videos.index(record.video), record.span))


def written(told: str, videos: list[str], answering: Answering) -> Record | None:
    """The first text on screen, or the last: what “before the title” means when it does not say which."""
    match = _WRITTEN.search(told)
    if match is None:
        return None
    last = (match["place"] or "").casefold() in ("last", "final", "closing")
    for video in videos:
        if texts := answering.index.timeline(video, [Modality.SCREEN_TEXT]):
            return texts[-1 if last else 0]
    return None
