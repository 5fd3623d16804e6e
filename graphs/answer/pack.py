"""Put what was found into a prompt that stays within a token budget, in order of time."""

from langgraph.runtime import Runtime

from ..events import Update, timed
from .packers import PACKERS
from .state import Answering, AnswerState


@timed("pack")
async def pack(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    packed = PACKERS[runtime.context.packer](runtime.context, state)
    return {
        "packed": packed.findings,
        "messages": packed.messages,
        "tokens": {"auxiliary": packed.auxiliary, "visual": packed.visual, "prompt": packed.prompt},
    }
