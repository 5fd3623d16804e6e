"""Choose the frames that the question is shown with, and put what was found in order of how well it fits."""

from collections.abc import Iterable
from dataclasses import replace

from langgraph.runtime import Runtime

from ....tools.errors import DeadlineError
from ....tools.records import FrameRef
from ...deadline import within
from ...events import Relevance, Update, timed
from ..selectors import SELECTORS, Curve, curve, relevance
from ..selectors.sharpen import sharpened
from ..state import Answering, AnswerState, Candidate, Place


def ranked(candidates: Iterable[Candidate], latest_first: bool = False) -> list[Candidate]:
    """Candidates without repetition, best first; of one record found twice the better candidate stays.

    Of two that fit equally well the earlier comes first, unless the question asks for the last of something.
    """
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        known = best.get(candidate.record.id)
        if known is None or candidate.relevance > known.relevance:
            best[candidate.record.id] = candidate
    in_time = sorted(best.values(), key=lambda f: (f.record.span, f.record.text), reverse=latest_first)
    return sorted(in_time, key=lambda f: -f.relevance)


def preferring_quoted(candidates: list[Candidate], quoted: tuple[str, ...]) -> list[Candidate]:
    """Raise the candidates that hold a phrase which the question quotes: they are what it is about."""
    from rapidfuzz.fuzz import partial_ratio

    if not quoted:
        return candidates
    raised = []
    for candidate in candidates:
        match = max(partial_ratio(phrase.casefold(), candidate.record.text.casefold()) for phrase in quoted)
        raised.append(replace(candidate, similarity=1.0, coverage=1.0) if match >= 90 else candidate)
    return ranked(raised)


@timed("select")
def select(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Rank what the branches found, choose the frames, and tell how relevant each moment is."""
    assert state.plan is not None
    found = ranked(state.found, latest_first=state.plan.place is Place.LAST)
    state.ranked = preferring_quoted(found, state.plan.quoted)
    answering = runtime.context
    try:
        fits, shown = within(answering.tool_timeout, _chosen, answering, state)
    except DeadlineError:
        note = f"choosing frames was given up after {answering.tool_timeout:g} s"
        return {"ranked": state.ranked, "frames": [], "notes": [note]}
    for video, points in relevance(fits, state.durations, state.plan.within).items():
        runtime.stream_writer(Relevance(video, points))
    return {"ranked": state.ranked, "frames": shown}


def _chosen(answering: Answering, state: AnswerState) -> tuple[Curve, list[FrameRef]]:
    """How well every kept frame fits, and those that were selected, with their pictures."""
    fits = curve(answering, state)
    frames = SELECTORS[answering.selector](fits, answering.frames)
    shown = [replace(frame, thumbnail=answering.index.thumbnail(frame.video, frame.time)) for frame in frames]
    return fits, sharpened(answering, state, shown)
