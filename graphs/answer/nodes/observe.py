"""Look closer: one part of one video decoded anew, at the rate and size that the question wants.

One typed observation a round, as in AVP (Wang et al., 2025; arXiv 2512.05774): the answerer says which part it wants to
see, how many pictures a second, and how large; where it names none that can be used, rules do. A round ends when the
answer is sure enough, or when no observation is left.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from langgraph.runtime import Runtime
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....tools.errors import CancelledError, DeadlineError, VidscoutError
from ....tools.index.home import COMPOSITES, write_private
from ....tools.records import FrameRef, Span, clock
from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message
from ...deadline import within
from ...events import Update, timed
from ..packers.base import FRAMES_SHARE, prompt, question_part
from ..selectors.sharpen import FOR_TEXT, KEPT_SIDE, asks_for_text
from ..state import Answering, AnswerState, Kind, Observation

LONGEST = 64
"""Tokens of a request."""
AROUND, AROUND_A_REASON = 15.0, 30.0
"""Seconds on both sides of what fits best, and where a reason is asked for, which may lie further off."""
FASTEST, SLOWEST = 8.0, 0.05
"""Pictures a second that an observation may have."""
SMALL_SIDE = 448
"""Pixels of the longer side where it only matters who or what is there."""


class Look(BaseModel):
    """What the answerer wants to see."""

    model_config = ConfigDict(extra="forbid")

    start: float | None = Field(None, ge=0)
    end: float | None = Field(None, ge=0)
    rate: float = Field(1.0, ge=SLOWEST, le=FASTEST)
    size: Literal["low", "medium", "high"] = "medium"


SCHEMA = Look.model_json_schema()


def may_observe(state: AnswerState, answering: Answering) -> bool:
    """Whether an observation is left, and an answerer that would see it."""
    left = len(state.observed) < answering.observations
    return left and answering.answerer.accepts_frames and answering.route.frames and bool(state.frames)


@timed("observe")
def observe(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """The frames of one part of a video in place of those that did not settle the question."""
    answering = runtime.context
    if answering.stop.is_set():
        raise CancelledError("the question was given up")
    notes: list[str] = []
    observation = _wanted(state, answering, notes)
    try:
        shown = within(answering.tool_timeout, _seen, observation, state, answering, notes)
    except DeadlineError:
        notes.append(f"looking closer was given up after {answering.tool_timeout:g} s")
        shown = []
    if shown:
        notes.append(f"looked closer: {_told(observation, len(shown))}")
    return {
        "observed": [observation],
        "frames": shown or state.frames,
        "messages": [],
        "text": "",
        "sentences": [],
        "drafts": [],
        "corrections": [],
        "notes": notes,
    }


def observed_nothing(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """An observation that failed counts as one, so that the rounds end."""
    return {"observed": [_by_rules(state, runtime.context)]}


def _wanted(state: AnswerState, answering: Answering, notes: list[str]) -> Observation:
    """What the answerer wants to see; what the rules say where that cannot be used or was seen already."""
    try:
        wanted = _asked_for(state, answering)
    except (ValidationError, VidscoutError) as error:
        why = "it is no such request" if isinstance(error, ValidationError) else str(error)
        notes.append(f"what the answerer wants to look at could not be used, so the rules say: {why}")
        wanted = None
    return wanted if wanted is not None and wanted not in state.observed else _by_rules(state, answering)


def _asked_for(state: AnswerState, answering: Answering) -> Observation | None:
    if not state.messages:
        return None
    system, packed = state.messages[:2]
    asks = question_part(state)
    evidence = packed.parts[: packed.parts.index(asks)]
    video = _video(state)
    lasts = f"The video lasts {state.durations[video]:.0f} s."
    messages = [system, Message("user", (*evidence, f"{asks}\n{lasts}\n{prompt('observe')}"))]
    count("llm_calls")
    reply = "".join(answering.answerer.generate(messages, max_tokens=LONGEST, schema=SCHEMA))
    look = Look.model_validate_json(reply[reply.find("{") : reply.rfind("}") + 1])
    whole = Span(0.0, state.durations[video])
    start, end = look.start or 0.0, whole.end if look.end is None else look.end
    span = Span(start, min(end, whole.end)) if start < min(end, whole.end) else whole
    sides = {"low": SMALL_SIDE, "medium": _side(state, answering), "high": FOR_TEXT}
    return _bounded(Observation(video, span, look.rate, sides[look.size]), answering)


def _by_rules(state: AnswerState, answering: Answering) -> Observation:
    """The stretch that the question names, or around what fits it best and has not been looked at yet."""
    video, plan = _video(state), state.plan
    around = AROUND_A_REASON if plan is not None and plan.kind is Kind.REASON else AROUND
    ends = state.durations[video]

    def beside(at: Span) -> Span:
        return Span(max(at.start - around, 0.0), min(at.end + around, ends))

    stretches = [plan.within] if plan is not None and plan.within is not None else []
    stretches += [beside(one.record.span) for one in state.ranked[:3] if one.record.video == video]
    stretches += [
        beside(Span(frame.time, frame.time))
        for frame in sorted(state.frames, key=lambda frame: -frame.score)
        if frame.video == video
    ]
    seen = [one.span for one in state.observed if one.video == video]
    span = next((one for one in stretches if one not in seen and one.duration > 0), Span(0.0, ends))
    rate = answering.frames / max(span.duration, 1.0)
    return _bounded(Observation(video, span, rate, _side(state, answering)), answering)


def _video(state: AnswerState) -> str:
    """The one of several videos that fits best."""
    return max(state.frames, key=lambda frame: frame.score).video if state.frames else state.videos[0]


def _side(state: AnswerState, answering: Answering) -> int:
    if asks_for_text(state):
        return FOR_TEXT
    each = int(answering.token_budget * FRAMES_SHARE / answering.frames)
    return answering.answerer.wanted_side(each) or KEPT_SIDE


def _bounded(wanted: Observation, answering: Answering) -> Observation:
    """No more pictures than are selected for a question, and than the budget takes at that size."""
    each = answering.answerer.frame_cost(wanted.side, wanted.side * 9 // 16) or 1
    most = max(min(answering.frames, int(answering.token_budget * FRAMES_SHARE / each)), 1)
    fits = most / wanted.span.duration if wanted.span.duration > 0 else FASTEST
    return replace(wanted, rate=min(max(wanted.rate, SLOWEST / 10), FASTEST, fits))


def _seen(wanted: Observation, state: AnswerState, answering: Answering, notes: list[str]) -> list[FrameRef]:
    """The pictures of an observation: of the file, or those that were kept where it has gone."""
    source, score = answering.sources.get(wanted.video), max((frame.score for frame in state.frames), default=0.0)
    most = max(int(np.ceil(wanted.rate * wanted.span.duration - 1e-6)), 1)
    if source is not None:
        try:
            decoded = _decoded(wanted, source, Path(answering.index.home) / COMPOSITES / wanted.video)
            shown = [FrameRef(wanted.video, time, score, path) for time, path in islice(decoded, most)]
        except (VidscoutError, OSError) as error:
            notes.append(f"the file could not be looked at again, so the kept pictures are shown: {error}")
        else:
            return shown
    return _kept(wanted, answering, most, score)


def _decoded(wanted: Observation, source: Path, folder: Path) -> Iterator[tuple[float, Path]]:
    """Each picture's time with its file, which is kept by video, time and size."""
    from ....tools.media.video import frames, thumbnail

    for frame in frames(source, wanted.rate, wanted.side, wanted.span.start, wanted.span.end):
        path = folder / f"{round(frame.time * 1000)}-{wanted.side}px.jpg"
        if not path.exists():
            write_private(path, thumbnail(frame.image, wanted.side))
        yield frame.time, path


def _kept(wanted: Observation, answering: Answering, most: int, score: float) -> list[FrameRef]:
    times = answering.index.frame_times(wanted.video)
    inside: np.ndarray = times[(times >= wanted.span.start) & (times <= wanted.span.end)]
    picked = np.unique(np.linspace(0, len(inside) - 1, min(most, len(inside))).round().astype(int))
    return [
        FrameRef(wanted.video, float(inside[at]), score, answering.index.thumbnail(wanted.video, float(inside[at])))
        for at in picked
    ]


def _told(wanted: Observation, shown: int) -> str:
    pictures = "one picture" if shown == 1 else f"{shown} pictures"
    return f"{clock(wanted.span.start)}–{clock(wanted.span.end)}, {pictures}, {wanted.side} px"
