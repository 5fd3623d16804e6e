"""Put what was found into a prompt that stays within a token budget, in order of time."""

from dataclasses import replace

from langgraph.runtime import Runtime

from ....tools.weights.systems import used_at_most
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
    shown = sum(len(message.frames) for message in packed.messages)
    return {
        "packed": packed.candidates,
        "messages": packed.messages,
        "notes": [*packed.notes, *beyond(shown, str(getattr(answering.answerer, "model", "")))],
        "tokens": {"auxiliary": packed.auxiliary, "visual": packed.visual, "prompt": packed.prompt},
    }


def beyond(shown: int, model: str) -> list[str]:
    """A warning where a model is shown more frames than its authors ever used, as far as the catalogue knows.

    Args:
        shown: frames in the prompt.
        model: name of the checkpoint, as `owner/name`.
    """
    known = used_at_most(model)
    if known is None or shown <= known:
        return []
    return [f"{shown} frames are shown, and {model} was used with at most {known} by its authors: it may answer worse"]
