"""Hold an answer against the records that it was given, and say which of them support it."""

from langgraph.runtime import Runtime

from ...events import Update, timed
from ..records.citing import AT_MOST_CITED, SUPPORTED
from ..records.sentences import quote
from ..state import Answering, AnswerState, Candidate, Turn
from .answer_from_records import answerable, sees

FRAMES_ALONE = 0.5
"""Relevance that stands for frames where no record fits. Nothing was measured to set it."""
NOT_FOUND = "Nothing found in the video answers this."


@timed("verify")
def verify(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Keep, replace or withdraw the answer; what is withdrawn is looked for again while rounds are left."""
    best = state.ranked[0].relevance if state.ranked else 0.0
    last = state.round >= runtime.context.max_rounds
    seen = sees(state, runtime.context)
    if not answerable(state) and not seen:
        if not last:
            return {"supported": False}
        if state.options:
            note = "no evidence supports any of the options: the choice is a guess"
            return {"supported": False, "abstained": True, "notes": [note], "confidence": min(state.confidence, 0.2)}
        return {"supported": False, "abstained": True, "text": NOT_FOUND, "cited": [], "confidence": 0.0}
    if state.cited or state.options:  # read off the records, or chosen by them
        return {"supported": True}
    if not runtime.context.route.records:
        note = "answered from frames alone: nothing of it was held against records"
        return {"supported": True, "confidence": 0.5, "notes": [note]}
    supported = [sentence for sentence in state.sentences if sentence.support >= SUPPORTED and sentence.cited]
    if supported:
        cited = list({candidate.record.id: candidate for s in supported for candidate in s.cited}.values())
        share = sum(sentence.support for sentence in supported) / len(state.sentences)
        lost = [sentence.text for sentence in state.sentences if sentence not in supported]
        return {
            "supported": True,
            "cited": cited[:AT_MOST_CITED],
            "confidence": round(share * min(best, 1.0), 3),
            "notes": [f"no record says so: {text!r}" for text in lost],
        }
    if seen and state.text:
        note = "no record confirms it: answered from the frames that were shown"
        return {"supported": True, "confidence": round(0.5 * max(best, FRAMES_ALONE), 3), "notes": [note]}
    if not last and state.sentences and not (state.plan and state.plan.open):
        return {"supported": False}
    source: Candidate = next((f for f in state.ranked if f in state.packed), state.ranked[0])
    return {
        "supported": True,
        "text": quote(source),
        "cited": [source],
        "confidence": round(0.5 * min(best, 1.0), 3),
        "notes": [f"the model's sentence was not supported by the records and was replaced: {state.text!r}"],
    }


def remember(state: AnswerState) -> Update:
    """Keep what a later question of the same conversation may lean on."""
    record = state.cited[0].record if state.cited else None
    topic = state.plan.topic if state.plan is not None else state.question
    turn = Turn(
        question=state.asked,
        topic=topic,
        text=state.text,
        video=record.video if record is not None else None,
        span=record.span if record is not None else None,
    )
    return {"turns": [turn]}
