"""Sentences that nothing supports are written anew from the evidence, or left out (VIGC, Wang et al., 2024).

What VIGC does to the data that it makes, step by step and without training, is done to an answer before it is given.
"""

from functools import partial

from langgraph.runtime import Runtime

from ....tools.errors import AnswererError, CancelledError, DeadlineError
from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message
from ....tools.words import one_line
from ...deadline import in_time
from ...events import Update, timed
from ..packers.base import prompt, question_part
from ..records.citing import SUPPORTED, checked, mark
from ..state import Answering, AnswerState, CheckedSentence, Correction
from .answer_from_records import sees
from .best_of import shown
from .verify import LIKELIER_SHOWN, says_it_is_not_there

LONGEST = 64
"""Tokens of a sentence that is written anew."""


@timed("correct")
def correct(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Hold every sentence against records and frames; each that fails is written anew once, and held again."""
    answering = runtime.context
    kept: list[CheckedSentence] = []
    corrections: list[Correction] = []
    for sentence in state.sentences:
        held = _held(sentence, state, answering)
        if _stands(held) or says_it_is_not_there(held.text):
            kept.append(held)
            continue
        anew = _anew(held, state, answering)
        corrections.append(Correction(held.text, anew.text if anew is not None else ""))
        if anew is not None and anew.text not in (one.text for one in kept):
            kept.append(anew)
    if not corrections:
        return {"sentences": kept}
    seen = sees(state)
    text = " ".join(f"{one.text}{mark(one, state.name, seen)}" for one in kept)
    return {"text": text, "sentences": kept, "corrections": corrections}


def _held(sentence: CheckedSentence, state: AnswerState, answering: Answering) -> CheckedSentence:
    known = _stands(sentence) or sentence.shown is not None or not sees(state)
    return sentence if known else shown(sentence, state, answering)


def _stands(sentence: CheckedSentence) -> bool:
    return bool(sentence.support >= SUPPORTED and sentence.cited) or (sentence.shown or 0.0) > LIKELIER_SHOWN


def _anew(sentence: CheckedSentence, state: AnswerState, answering: Answering) -> CheckedSentence | None:
    """The sentence as the evidence supports it; `None` where nothing of it is supported."""
    if answering.stop.is_set():
        raise CancelledError("the question was given up")
    system, packed = state.messages[:2]
    evidence = packed.parts[: packed.parts.index(question_part(state))]
    ask = f"{question_part(state)}\nSentence: {one_line(sentence.text)}\n{prompt('correct')}"
    count("llm_calls")
    try:
        pieces = answering.answerer.generate([system, Message("user", (*evidence, ask))], max_tokens=LONGEST)
        text = one_line("".join(in_time(answering.answer_timeout, pieces))).strip()
    except (AnswererError, DeadlineError):
        return None
    if not text or text == sentence.text or says_it_is_not_there(text):
        return None
    check = partial(checked, question=state.asked, candidates=state.packed)
    held = _held(check(text), state, answering)
    return held if _stands(held) else None
