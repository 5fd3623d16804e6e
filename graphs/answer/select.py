"""Choose the frames that the question is shown with, and put what was found in order of how well it fits."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace

from langgraph.runtime import Runtime

from ...tools.records import FrameRef
from ..events import Update, timed
from .state import Answering, AnswerState, Finding, Place

Selector = Callable[[Answering, AnswerState, int], list[FrameRef]]
"""Chooses at most k frames: unique times in order, never empty where frames were kept."""

SELECTORS: dict[str, Selector] = {}


def selector(function: Selector) -> Selector:
    SELECTORS[function.__name__] = function
    return function


def kept_frames(answering: Answering, state: AnswerState) -> list[tuple[str, float]]:
    """Every frame that may be chosen, in order: of the asked videos, within the asked time."""
    within = state.plan.within if state.plan else None
    frames = []
    for video in state.videos:
        times = answering.index.frame_times(video).tolist()
        inside = [time for time in times if within is None or within.contains(time)]
        if not inside and times and within is not None:
            inside = [nearest(times, within.start)]  # a still picture: the frame that stood there was kept earlier
        frames += [(video, time) for time in inside]
    return frames


def nearest(times: list[float], wanted: float) -> float:
    """The last kept frame at or before a time: the picture that stood then.

    >>> nearest([0.0, 10.0, 20.0], 19.0)
    10.0
    """
    at = bisect_left(times, wanted + 1e-6)
    return times[max(at - 1, 0)]


@selector
def uniform(answering: Answering, state: AnswerState, k: int) -> list[FrameRef]:
    """K frames evenly spread over the asked time, whatever the question."""
    frames = kept_frames(answering, state)
    if len(frames) > k:
        frames = [frames[int((position + 0.5) * len(frames) / k)] for position in range(k)]
    return [FrameRef(video, time) for video, time in frames]


@selector
def topk(answering: Answering, state: AnswerState, k: int) -> list[FrameRef]:
    """The frames at the best findings first, then those that look most like the question.

    A title that stands for eight seconds is one finding and takes one frame, not eight.
    """
    assert state.plan is not None
    chosen: dict[tuple[str, float], float] = {}
    for finding in state.ranked:
        if len(chosen) >= k:
            break
        record = finding.record
        times = answering.index.frame_times(record.video).tolist()
        if times:
            middle = (record.span.start + record.span.end) / 2
            chosen.setdefault((record.video, nearest(times, middle)), finding.relevance)
    if len(chosen) < k:
        vector = answering.vector(state.plan.topic)
        for frame in answering.index.search_frames(vector, videos=state.videos, within=state.plan.within, k=k):
            if len(chosen) < k:
                chosen.setdefault((frame.video, frame.time), frame.score)
    if not chosen:
        return uniform(answering, state, k)
    return [FrameRef(video, time, score) for (video, time), score in sorted(chosen.items())]


def ranked(findings: Iterable[Finding], latest_first: bool = False) -> list[Finding]:
    """Findings without repetition, best first; of one record found twice the better finding stays.

    Of two that fit equally well the earlier comes first, unless the question asks for the last of something.
    """
    best: dict[str, Finding] = {}
    for finding in findings:
        known = best.get(finding.record.id)
        if known is None or finding.relevance > known.relevance:
            best[finding.record.id] = finding
    in_time = sorted(best.values(), key=lambda f: (f.record.span, f.record.text), reverse=latest_first)
    return sorted(in_time, key=lambda f: -f.relevance)


def preferring_quoted(findings: list[Finding], quoted: tuple[str, ...]) -> list[Finding]:
    """Raise the findings that hold a phrase which the question quotes: they are what it is about."""
    from rapidfuzz.fuzz import partial_ratio

    if not quoted:
        return findings
    raised = []
    for finding in findings:
        match = max(partial_ratio(phrase.casefold(), finding.record.text.casefold()) for phrase in quoted)
        raised.append(replace(finding, similarity=1.0, coverage=1.0) if match >= 90 else finding)
    return ranked(raised)


@timed("select")
async def select(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    assert state.plan is not None
    found = ranked(state.found, latest_first=state.plan.place is Place.LAST)
    state.ranked = preferring_quoted(found, state.plan.quoted)
    frames = SELECTORS[runtime.context.selector](runtime.context, state, runtime.context.frames)
    index = runtime.context.index
    shown = [replace(frame, thumbnail=index.thumbnail(frame.video, frame.time)) for frame in frames]
    return {"ranked": state.ranked, "frames": shown}
