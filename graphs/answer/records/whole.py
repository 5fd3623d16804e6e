"""Questions about the whole video: what it is about, and its parts with their times, as `describe` finds them."""

from ....tools.records import Modality, Record, Span, clock
from ....tools.words import one_line
from ...describe.brief import chapters_of, records_of, summary_of
from ...describe.results import Chapter, Sentence
from ..state import Answering, AnswerState, Candidate, Plan
from .passages import Told, nothing
from .wording import cited, worded

FIXED = 0.7
"""Confidence in what the timeline gives by itself. Nothing was measured to set it."""
OPENING = 3
"""Utterances quoted from the beginning."""
TITLES = 12
"""Chapters that are listed, the longest."""
SEEN = 4
"""Captions that tell of a video without speech and titles."""


def overview(state: AnswerState, answering: Answering, plan: Plan) -> Told:
    """How it begins, the titles of its parts, the sentences that carry it, and how it ends."""
    parts: list[str] = []
    chosen: list[Candidate] = []
    for video in state.videos:
        span = plan.within or Span(0.0, state.durations[video])
        said = answering.index.timeline(video, [Modality.SPEECH], plan.within)
        opening, ending = said[:OPENING], said[OPENING:][-1:]
        if opening:
            parts.append(_told("begins", opening, plan, state))
        listed = [one for one in chapters_of(answering.index, video, span, answering.text_embedding) if shown(one)]
        if listed:
            text = "; ".join(f"{one_line(one.title)} ({clock(one.start)})" for one in longest(listed))
            parts.append(worded(plan.language, "titles", text=text))
        known = records_of(answering.index, video, span)
        known_opening = {record.id for record in [*opening, *ending]}
        carrying = [
            one
            for one in summary_of(answering.index, video, span, answering.text_embedding)
            if not any(cited_.record in known_opening for cited_ in one.evidence)
        ]
        parts += [_quoted(one, plan, state.name(video)) for one in carrying]
        if ending:
            parts.append(_told("ends", ending, plan, state))
        evidence = [known[c.record] for one in [*listed, *carrying] for c in one.evidence if c.record in known]
        there = [*opening, *evidence, *ending]
        if not there:
            seen = answering.index.timeline(video, [Modality.CAPTION], plan.within)
            there = seen[:: max(len(seen) // SEEN, 1)][:SEEN]
            parts += [cited(record, plan.language, state.name(video)) for record in there]
        chosen += [Candidate(record, 1.0, 1.0, 1.0) for record in dict.fromkeys(there)]
    return Told(" ".join(parts), chosen, FIXED) if chosen else nothing(plan, None, state)


def chapters(state: AnswerState, answering: Answering, plan: Plan) -> Told | None:
    """The parts of the video with their times; `None` where there is only one, or none has a title."""
    parts: list[str] = []
    chosen: list[Record] = []
    for video in state.videos:
        span = plan.within or Span(0.0, state.durations[video])
        made = [one for one in chapters_of(answering.index, video, span, answering.text_embedding) if one.title]
        known = records_of(answering.index, video, span)
        name = state.name(video)
        parts += [f"{name} {clock(one.start)} {one_line(one.title)}".strip() for one in made]
        chosen += [known[cited_.record] for one in made for cited_ in one.evidence if cited_.record in known]
    if len(parts) < 2:
        return None
    return Told("; ".join(parts) + ".", [Candidate(record, 1.0, 1.0, 1.0) for record in dict.fromkeys(chosen)], FIXED)


def shown(chapter: Chapter) -> bool:
    """Whether a chapter has a title that somebody gave it."""
    return bool(chapter.title) and chapter.origin in ("file", str(Modality.SCREEN_TEXT))


def longest(chapters: list[Chapter]) -> list[Chapter]:
    """So many of the chapters as are listed, in order of time."""
    kept = sorted(chapters, key=lambda one: one.start - one.end)[:TITLES]
    return sorted(kept, key=lambda one: one.start)


def _quoted(sentence: Sentence, plan: Plan, name: str) -> str:
    at = clock(sentence.start)
    return worded(plan.language, "said", text=one_line(sentence.text), at=f"{name} {at}" if name else at)


def _told(name: str, records: list[Record], plan: Plan, state: AnswerState) -> str:
    text = " ".join(cited(record, plan.language, state.name(record.video)) for record in records)
    return worded(plan.language, name, text=text)
