"""Write the answer: read it off the records where they know better, ask the model otherwise."""

import asyncio
import time

from langgraph.runtime import Runtime

from ...tools.counters import count as counted
from ...tools.errors import AnswererError
from ..events import Token, Update, timed
from . import compose
from .choose import choose
from .state import Answering, AnswerState, Finding, Want
from .verify import answerable

BEFORE_ANSWER = "before_answer"
"""Seconds from the question to the moment at which the answerer is asked."""


@timed("respond")
async def respond(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    waited = time.perf_counter() - runtime.context.asked_at - state.timings.get(BEFORE_ANSWER, 0.0)
    update = await answer(state, runtime)
    return {**update, "timings": {**update.get("timings", {}), BEFORE_ANSWER: waited}}


async def answer(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    if state.options:
        return await asyncio.to_thread(choose, state, runtime.context)
    if not answerable(state):
        return {"text": "", "cited": []}  # nothing to answer from; `verify` looks again or says so
    if (composed := read_off(state)) is not None:
        text, cited = composed
        runtime.stream_writer(Token(text))
        return {"text": text, "cited": cited, "confidence": round(min(cited[0].relevance, 1.0), 3)}
    return await asyncio.to_thread(generate, state, runtime)


def read_off(state: AnswerState) -> tuple[str, list[Finding]] | None:
    """An answer that needs no model, or `None`."""
    if state.plan is None or state.options or not answerable(state):
        return None
    match state.plan.want:
        case Want.WHEN:
            return compose.when(state)
        case Want.COUNT:
            return compose.count(state)
        case Want.QUOTE:
            return compose.reported(state)
        case Want.FACT if state.plan.bare:
            return compose.what_is_there(state)
        case _:
            return None


def generate(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    answering = runtime.context
    began = time.perf_counter()
    first: float | None = None
    pieces: list[str] = []
    notes = []
    counted("llm_calls")
    try:
        for piece in answering.answerer.generate(state.messages, max_tokens=answering.max_new_tokens):
            if first is None:
                first = time.perf_counter() - began
            pieces.append(piece)
            runtime.stream_writer(Token(piece))
    except AnswererError as error:
        notes.append(f"the answerer failed, so the best record is quoted instead: {error}")
        pieces.clear()
    return {
        "text": "".join(pieces).strip(),
        "cited": [],
        "notes": notes,
        "timings": {"first_token": first or time.perf_counter() - began},
        "tokens": {**state.tokens, "generated": len(pieces)},
    }
