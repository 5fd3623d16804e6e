"""Ask the model: for a choice among options, or for a text, from the prompt that was packed."""

import time
from functools import partial

from langgraph.runtime import Runtime

from ....tools.errors import AnswererError, CancelledError, DeadlineError
from ....tools.runtime.counters import count
from ...deadline import in_time, within
from ...events import Token, Update, timed
from ..records.citing import checked, with_times
from ..records.options import choose
from ..state import Answering, AnswerState, CheckedSentence
from .answer_from_records import sees, waited
from .best_of import best_of, best_option


@timed("respond")
def respond(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Ask the answerer: to weigh the options, or to write."""
    before = waited(state, runtime)
    if not state.messages:
        raise AnswererError("there is no prompt")
    limit, several = runtime.context.answer_timeout, runtime.context.best_of > 1
    if state.options:
        update = within(limit, best_option if several else choose, state, runtime.context)
    else:
        update = best_of(state, runtime) if several else generate(state, runtime)
    return {**update, "timings": {**update.get("timings", {}), **before}}


def generate(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Have the answer written, each sentence held against the records as soon as it is there."""
    answering = runtime.context
    began = time.perf_counter()
    first: float | None = None
    shown: list[str] = []
    written = 0
    notes = []
    sentences: list[CheckedSentence] = []
    count("llm_calls")
    written_by = answering.answerer.generate(state.messages, max_tokens=answering.max_new_tokens)
    pieces = in_time(answering.answer_timeout, written_by)

    def counted():
        nonlocal written, first
        for piece in pieces:
            if first is None:
                first = time.perf_counter() - began
            if answering.stop.is_set():
                raise CancelledError("the question was given up")
            written += 1
            yield piece

    check = partial(checked, question=state.asked, candidates=state.packed)
    text = with_times(counted(), check, state.name, sees(state))
    try:
        while True:
            try:
                piece = next(text)
            except StopIteration as end:
                sentences = end.value or []
                break
            shown.append(piece)
            runtime.stream_writer(Token(piece))
    except (AnswererError, DeadlineError) as error:
        notes.append(f"the answerer failed, so the records answer alone: {error}")
        shown.clear()
    return {
        "text": "".join(shown).strip(),
        "sentences": sentences,
        "cited": [],
        "notes": notes,
        "timings": {"first_token": first or time.perf_counter() - began},
        "tokens": {**state.tokens, "generated": written},
    }
