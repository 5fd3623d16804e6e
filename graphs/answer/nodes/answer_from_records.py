"""Read the answer off the records, where they know it better than a small model: times, counts, orders, quotations."""

import time
from dataclasses import replace

from langgraph.runtime import Runtime

from ....tools.errors import DeadlineError
from ...deadline import within
from ...events import Token, Update, timed
from ..records import by_kind, options
from ..records import sentences as compose
from ..records.by_finding.by_appearance import by_appearance
from ..records.by_finding.by_relation import by_relation
from ..records.by_finding.counting import count
from ..records.ordering import order
from ..records.passages import Told, quoting
from ..state import Answering, AnswerState, Candidate, Kind, Want

BEFORE_ANSWER = "before_answer"
"""Seconds from the question to the moment at which the answer is known or the answerer is asked for it."""


def waited(state: AnswerState, runtime: Runtime[Answering]) -> dict[str, float]:
    """The time until now, as an addition to what earlier rounds took."""
    passed = time.perf_counter() - runtime.context.asked_at
    return {BEFORE_ANSWER: passed - state.timings.get(BEFORE_ANSWER, 0.0)}


@timed("answer_from_records")
def answer_from_records(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Answer without a model if the records can; otherwise leave the state as it is."""
    if not runtime.context.route.reads_off:
        return {}
    if not state.options and state.plan is not None and state.plan.quotes:
        return quoted(state, runtime)
    if runtime.context.records == "support" or not answerable(state):
        return {"timings": waited(state, runtime)}
    found = options.read_off(state, runtime.context) if state.options else read_off(state, runtime.context)
    if found is None:
        return {}
    if not state.options:
        runtime.stream_writer(Token(found["text"]))
    return {**found, "timings": waited(state, runtime)}


def told_in_time(state: AnswerState, answering: Answering) -> Told:
    """What the records tell; without the judge where it takes too long."""
    try:
        return within(answering.tool_timeout, by_kind.told, state, answering)
    except DeadlineError:
        note = f"judging was given up after {answering.tool_timeout:g} s, so how well a record fits decides alone"
        found = quoting(replace(state, turns=[]), replace(answering, judge=None))
        return replace(found, notes=(*found.notes, note))


def quoted(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """The answer in the words of the records, or that none of them answers."""
    before = waited(state, runtime)
    looked = None
    if state.plan:
        looked = by_relation(state, runtime.context, state.plan) or by_appearance(state, runtime.context, state.plan)
    counted = count(state, runtime.context) if state.plan and state.plan.kind is Kind.COUNT_SEEN else None
    if looked is not None:
        found = looked
    elif counted is not None and counted.cited:
        text, cited = counted.told()
        found = Told(text, cited, round(min(max(f.relevance for f in cited), 1.0), 3))
    else:
        found = told_in_time(state, runtime.context)
    if found.weighed is not None:
        runtime.stream_writer(found.weighed)
    runtime.stream_writer(Token(found.text))
    return {
        "text": found.text,
        "cited": found.cited,
        "confidence": found.confidence,
        "abstained": found.abstained,
        "notes": list(found.notes),
        "timings": before,
    }


def read_off(state: AnswerState, answering: Answering) -> Update | None:
    """The answer to a free question, with its evidence, or `None`."""
    assert state.plan is not None
    told: tuple[str, list[Candidate]] | None = None
    match state.plan.want:
        case Want.WHEN:
            told = compose.when(state)
        case Want.COUNT:
            told = counted.told() if (counted := count(state, answering)) is not None else None
        case Want.ORDER:
            told = ordered.told() if (ordered := order(state, answering)) is not None else None
        case Want.QUOTE:
            told = compose.reported(state)
        case Want.FACT if state.plan.bare:
            told = compose.what_is_there(state)
        case _:
            pass
    if told is None or not told[1]:  # nothing told, or nothing to cite for it
        return None
    text, cited = told
    return {"text": text, "cited": cited, "confidence": round(min(max(f.relevance for f in cited), 1.0), 3)}


ANSWERABLE = 0.34
"""Relevance of the best candidate below which the index does not hold the answer. Set on the tuning questions only."""


def answerable(state: AnswerState) -> bool:
    """Whether anything was found that could answer the question, unless the plan answers from whatever there is."""
    if state.plan is not None and state.plan.open:
        return bool(state.ranked or state.frames)
    return bool(state.ranked) and state.ranked[0].relevance >= ANSWERABLE


def would_see(state: AnswerState, answering: Answering) -> bool:
    """Whether there are frames for the prompt, which may hold what no record says, and an answerer that reads them."""
    return answering.answerer.accepts_frames and answering.route.frames and bool(state.frames)


def sees(state: AnswerState) -> bool:
    """Whether the prompt that was packed holds frames: a budget may have room for none of those that were selected."""
    return any(message.frames for message in state.messages)
