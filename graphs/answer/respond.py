"""Ask the model: for a choice among options, or for a sentence, from the prompt that was packed."""

import asyncio
import time

from langgraph.runtime import Runtime

from ...tools.counters import count
from ...tools.errors import AnswererError
from ..events import Token, Update, timed
from .options import choose
from .read import waited
from .state import Answering, AnswerState


@timed("respond")
async def respond(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    before = waited(state, runtime)
    if state.options:
        update = await asyncio.to_thread(choose, state, runtime.context)
    else:
        update = await asyncio.to_thread(generate, state, runtime)
    return {**update, "timings": {**update.get("timings", {}), **before}}


def generate(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    answering = runtime.context
    began = time.perf_counter()
    first: float | None = None
    pieces: list[str] = []
    notes = []
    count("llm_calls")
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
