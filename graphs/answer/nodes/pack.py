"""Put what was found into a prompt that stays within a token budget, in order of time."""

from dataclasses import replace

from langgraph.runtime import Runtime

from ...events import Update, timed
from ..packers import PACKERS
from ..state import Answering, AnswerState


@timed("pack")
def pack(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Put the question, the best candidates and the selected frames into a prompt within the budget."""
    answering = runtime.context
    if not answering.route.records:
        state = replace(state, ranked=[])
    if not answering.route.frames:
        state = replace(state, frames=[])
    packed = PACKERS[answering.packer](answering, state)
    return {
        "packed": packed.candidates,
        "messages": packed.messages,
        "notes": list(packed.notes),
        "tokens": {"auxiliary": packed.auxiliary, "visual": packed.visual, "prompt": packed.prompt},
    }
