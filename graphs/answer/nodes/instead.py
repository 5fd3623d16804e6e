"""What stands in for a step that failed, so that a question gets the best answer that is left, or is told of none."""

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from ...events import Token, Update, timed
from ..records.options import chosen, option_evidence
from ..records.wording import worded
from ..state import Answering, AnswerState
from . import verify
from .observe import observed_nothing
from .select import ranked

WEIGHED = 8
"""Records that options are held against where there is no prompt: as many as a branch brings."""


@timed("unsearched")
def unsearched(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Say that nothing could be searched, which is not the same as that nothing was found."""
    text = worded(state.plan.language if state.plan is not None else "en", "unsearched")
    runtime.stream_writer(Token(text))
    return {"text": text, "abstained": True, "supported": False, "confidence": 0.0, "cited": [], "choice": None}


def found_or_unsearched(state: AnswerState) -> str:
    """Whether at least one modality was searched, in this round or in one before."""
    return "unsearched" if state.unsearched and not state.searched else "find_objects"


def without_frames(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """What the branches found in order of how well it fits, and no frames."""
    return {"ranked": ranked(state.found), "frames": []}


def nothing_more(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Go on with what is there."""
    return {}


def best_record(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """The record that fits best in place of an answer, if it answers by itself; otherwise that nothing does.

    A free question that is to be written by a model, or a choice, goes on: its prompt does not need this step.
    """
    if state.options or state.plan is None or not state.plan.quotes:
        return {}
    return in_place_of_an_answer(state, runtime)


def in_place_of_an_answer(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """An answer that the records alone support, or that there is none."""
    update = verify.instead(state, runtime.context)
    runtime.stream_writer(Token(update["text"]))
    return update


def no_prompt(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """No prompt, so that the answerer is not asked."""
    return {"packed": [], "messages": [], "tokens": {}}


def unwritten(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """No text of the answerer's, so that the records answer alone; of several options the one that they fit best."""
    if not state.options:
        return {"text": "", "sentences": [], "cited": []}
    held = replace(state, packed=state.packed or state.ranked[:WEIGHED])
    fits, best = option_evidence(held, runtime.context)
    position = fits.index(max(fits))
    record = best[position]
    return chosen(state, position, fits[position] / (sum(fits) or 1.0), [record] if record is not None else [])


def unchecked(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """What is cited from the records stands unchecked; what a model wrote does not."""
    if state.cited:
        return {"supported": True}
    return in_place_of_an_answer(state, runtime)


GUARDS: dict[str, tuple[Any, str]] = {
    "select": (without_frames, "frames could not be chosen"),
    "find_objects": (nothing_more, "objects could not be looked for"),
    "answer_from_records": (best_record, "the answer could not be read off the records"),
    "pack": (no_prompt, "no prompt could be made, so the records answer alone"),
    "summarise": (no_prompt, "the captions could not be summarised, so the records answer alone"),
    "think": (nothing_more, "the evidence could not be written down first"),
    "respond": (unwritten, "the answerer failed, so the records answer alone"),
    "correct": (nothing_more, "unsupported sentences could not be written anew"),
    "observe": (observed_nothing, "the video could not be looked at more closely"),
    "verify": (unchecked, "the answer could not be checked"),
}
"""By step: what stands in for it, and what is told then. `plan` has none: without it nothing can be looked for."""
