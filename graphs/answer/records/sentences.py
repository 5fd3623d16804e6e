"""Records as sentences: when something is, what is said or written."""

import re

from ....tools.records import Modality, Record, clock
from ....tools.words import one_line
from ..question.times import AROUND
from ..state import AnswerState, Candidate, Place

ALSO = 0.9
"""A candidate this close to the best one, as a share of its relevance, is another occurrence of the same thing."""
HAPPENS = re.compile(r"\bhappen(?:s|ed|ing)?\b|\b(?:comes?|came|follow(?:s|ed)?) (?:next|after|then|before)\b", re.I)

AT_MOST = 3
"""Occurrences named in one answer."""


def when(state: AnswerState) -> tuple[str, list[Candidate]]:
    """When the thing asked for is there: its best record, and the other times at which it is there as well."""
    best = state.ranked[0]
    times = [f for f in state.ranked if f.relevance >= ALSO * best.relevance and alike(best.record, f.record)]
    times.sort(key=lambda f: (f.record.video, f.record.span))
    if state.plan is not None and state.plan.place is not None:
        times = times[:1] if state.plan.place is Place.FIRST else times[-1:]
    times = times[:AT_MOST]
    return " ".join(occurrence(candidate.record) for candidate in times), times


def alike(first: Record, second: Record) -> bool:
    """Whether two records are occurrences of one thing, rather than two things that fit a question equally."""
    if first.modality != second.modality:
        return False
    if first.modality is Modality.OBJECT and first.labels:
        return not set(first.labels).isdisjoint(second.labels)
    from rapidfuzz.fuzz import ratio

    return ratio(first.text.casefold(), second.text.casefold()) >= 85


def stretch(record: Record) -> str:
    """When a record is, in words."""
    start, end = clock(record.span.start), clock(record.span.end)
    return f"at {start}" if start == end else f"from {start} to {end}"


def quoted(record: Record) -> str:
    """A record's text in quotation marks, in one line."""
    return f"“{one_line(record.text)}”"


def occurrence(record: Record) -> str:
    """One record as a sentence that says when."""
    match record.modality:
        case Modality.SCREEN_TEXT:
            return f"{quoted(record)} is on screen {stretch(record)}."
        case Modality.SPEECH:
            return f"It is said {stretch(record)}: {quoted(record)}."
        case Modality.OBJECT:
            return f"Seen {stretch(record)}: {record.text}."
        case _:
            return f"{stretch(record).capitalize()}: {record.text}."


def reported(state: AnswerState) -> tuple[str, list[Candidate]] | None:
    """What is said or written about something, in its own words; `None` when nothing is."""
    words_of_the_video = [f for f in state.ranked if f.record.modality in (Modality.SCREEN_TEXT, Modality.SPEECH)]
    if not words_of_the_video or words_of_the_video[0].relevance < ALSO * state.ranked[0].relevance:
        return None
    best = words_of_the_video[0]
    told = [
        candidate
        for candidate in words_of_the_video
        if candidate.record.modality is best.record.modality and candidate.relevance >= ALSO * best.relevance
    ]
    told = sorted(told[:AT_MOST], key=lambda candidate: candidate.record.span)
    return " ".join(quoted(candidate.record) for candidate in told), told


def what_is_there(state: AnswerState) -> tuple[str, list[Candidate]] | None:
    """The text or speech at the place or time that a question names; `None` when it names neither.

    “What is the first title?”, “What is written at 0:19?”: the records say it word for word.
    """
    assert state.plan is not None
    place, within = state.plan.place, state.plan.within
    if HAPPENS.search(state.asked):
        return what_happens(state) if place is not None and within is not None else None
    pointed_at = max(request.weight for request in state.plan.requests)
    there = [
        candidate
        for candidate in state.ranked
        if candidate.weight == pointed_at and candidate.record.modality in (Modality.SCREEN_TEXT, Modality.SPEECH)
    ]
    there.sort(key=lambda candidate: candidate.record.span)
    if not there or (place is None and within is None):
        return None
    if place is not None:
        there = there[:1] if place is Place.FIRST else there[-1:]
    elif within is not None and within.duration <= 2 * AROUND:
        middle = (within.start + within.end) / 2
        there = [candidate for candidate in there if candidate.record.span.contains(middle)] or there
    there = there[:AT_MOST]
    return " ".join(quoted(candidate.record) for candidate in there), there


def what_happens(state: AnswerState) -> tuple[str, list[Candidate]] | None:
    """What comes first after a moment, or last before it: text, speech and objects, each with its time."""
    assert state.plan is not None
    events = (Modality.SCREEN_TEXT, Modality.SPEECH, Modality.OBJECT)
    there = [candidate for candidate in state.ranked if candidate.record.modality in events]
    there = there or [candidate for candidate in state.ranked if candidate.record.modality is Modality.CAPTION]
    there.sort(key=lambda candidate: candidate.record.span)
    there = there[:AT_MOST] if state.plan.place is Place.FIRST else there[-AT_MOST:]
    return (" ".join(occurrence(candidate.record) for candidate in there), there) if there else None


def quote(candidate: Candidate) -> str:
    """A record instead of a sentence that no record supports."""
    record = candidate.record
    match record.modality:
        case Modality.SPEECH | Modality.SCREEN_TEXT:
            return quoted(record)
        case _:
            return record.text
