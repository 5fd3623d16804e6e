"""LLoVi's way (Zhang et al., 2023): captions of the whole video, summarised for the question, then answered from."""

from langgraph.runtime import Runtime

from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message
from ...events import Update, timed
from ..packers.base import in_time, line, opening, prompt
from ..state import Answering, AnswerState, Candidate

SUMMARY = 120
"""Tokens of a summary."""
KEPT_FREE = 600
"""Tokens of the context that are left for question, options, template and answer."""


@timed("summarise")
def summarise(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Replace the captions by a summary of them for the question."""
    model = runtime.context.answerer
    captions = in_time(state.ranked)
    while len(captions) > 1 and model.count_tokens(asked(state, captions)) > model.context - KEPT_FREE - SUMMARY:
        captions = captions[::2]  # a longer video is told more thinly
    count("llm_calls")
    summary = "".join(model.generate(asked(state, captions), max_tokens=SUMMARY)).strip()
    bare = [opening(), Message("user", (f"Question: {state.asked}",))]
    told = f'Summary of the video: "{" ".join(summary.split())}"\n'
    messages = [opening(), Message("user", (told, f"Question: {state.asked}"))]
    total = model.count_tokens(messages)
    return {
        "packed": captions,
        "messages": messages,
        "tokens": {"auxiliary": total - model.count_tokens(bare), "visual": 0, "prompt": total},
    }


def asked(state: AnswerState, captions: list[Candidate]) -> list[Message]:
    """The prompt that has captions summarised for the question."""
    told = "".join(line(candidate.record, state.name(candidate.record.video)) + "\n" for candidate in captions)
    return [opening(), Message("user", (f"Captions:\n{told}", f"{prompt('summarise')} {state.asked}"))]
