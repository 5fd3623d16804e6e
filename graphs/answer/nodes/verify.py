"""Hold an answer against what it was given, records and frames, and say what supports it."""

from langgraph.runtime import Runtime

from ....tools.errors import CancelledError, VidscoutError
from ....tools.runtime.counters import count
from ....tools.words import content_words, coverage, words
from ...events import Update, timed
from ..packers.base import asked_back, prompt
from ..question.rules import ABOUT_THE_VIDEO
from ..records.citing import AT_MOST_CITED, SUPPORTED
from ..records.sentences import occurrence, quote
from ..state import Answering, AnswerState, Candidate, CheckedSentence, Standing, Turn, Want
from .answer_from_records import ANSWERABLE, answerable, sees
from .observe import may_observe

FRAMES_ALONE = 0.5
"""Relevance that stands for frames where no record fits. Nothing was measured to set it."""
SURE = 0.7
"""Probability from which an answer that rests on frames alone is not looked at more closely, as in AVP."""
LIKELIER_SHOWN = 0.5
"""Probability from which the answerer finds it likelier that the frames show a sentence than that they do not."""
MOST_ASKED_BACK = 3
"""Sentences of one answer about which the answerer is asked again; later ones count as not shown."""
REPEATED = 8
"""Words in a row that no answer shares with the instructions by chance."""
NOT_FOUND = "Nothing found in the video answers this."


@timed("verify")
def verify(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Keep, replace or withdraw the answer; what is withdrawn, or rests on frames that do not show it surely, is looked
    at more closely or looked for again while that is left."""
    update, sure = judged(state, runtime.context)
    return surest(state, runtime.context, update, sure)


def judged(state: AnswerState, answering: Answering) -> tuple[Update, float | None]:
    """What becomes of the answer of this round, and how sure the frames make it where it rests on them alone."""
    last = state.round >= answering.max_rounds and not may_observe(state, answering)
    seen = sees(state)
    if state.plan is not None and state.plan.quotes and not state.options:
        return {"supported": not state.abstained}, None  # quoted from what it cites, or that nothing answers
    if not answerable(state) and not seen:
        return nothing_fits(state, last), None
    if state.cited or state.options:  # read off the records, or chosen by them
        return {"supported": True}, state.confidence if state.options and seen else None
    held = [sentence for sentence in state.sentences if sentence.support >= SUPPORTED and sentence.cited]
    shown, notes = shown_in_frames(state, answering, held) if seen else ({}, [])
    if held or shown:
        told = {**supported(state, held, shown), "notes": [*notes, *unsupported(state, held, shown)]}
        return told, None if held else min(shown.values())
    is_open = state.plan is not None and state.plan.open
    if not last and (state.sentences or seen) and not is_open:
        return {"supported": False, "notes": notes}, None
    return {**instead(state, answering), "notes": [*notes, *withdrawn(state, seen)]}, None


def surest(state: AnswerState, answering: Answering, update: Update, sure: float | None) -> Update:
    """The answer of this round or, where that is less sure, of an earlier one; none while a closer look may settle it.

    Only answers that rest on frames alone are looked at again; one that records hold ends the question.
    """
    if not update.get("supported") and not update.get("abstained"):
        return update
    standing = state.standing
    if update.get("supported") and sure is None:
        return update
    if sure is not None and (standing is None or sure >= standing.sure):
        told = {name: update.get(name, getattr(state, name)) for name in ("text", "cited", "confidence")}
        standing = Standing(sure, choice=state.choice, sentences=state.sentences, **told)
    if sure is not None and sure < SURE and may_observe(state, answering) and not (state.plan and state.plan.open):
        return {"supported": False, "standing": standing, "notes": update.get("notes", [])}
    if standing is None:
        return update
    told = {name: getattr(standing, name) for name in ("text", "choice", "cited", "sentences", "confidence")}
    return {**update, **told, "supported": True, "abstained": False}


def nothing_fits(state: AnswerState, last: bool) -> Update:
    """Where neither a record nor a frame in the prompt may hold the answer."""
    if not last:
        return {"supported": False}
    if state.options:
        note = "no evidence supports any of the options: the choice is a guess"
        return {"supported": False, "abstained": True, "notes": [note], "confidence": min(state.confidence, 0.2)}
    return abstention()


def abstention(nearest: Candidate | None = None) -> Update:
    """That nothing answers the question, and what comes nearest, if anything does."""
    told = f" Nearest: {occurrence(nearest.record)}" if nearest is not None else ""
    cited = [nearest] if nearest is not None else []
    return {"supported": False, "abstained": True, "text": NOT_FOUND + told, "cited": cited, "confidence": 0.0}


def shown_in_frames(
    state: AnswerState, answering: Answering, held: list[CheckedSentence]
) -> tuple[dict[str, float], list[str]]:
    """Of the sentences that no record holds those that the frames in the prompt show, by the answerer's own word.

    Returns:
        The sentences with the probability that the answerer gives them, and notes of what could not be asked.
    """
    shown: dict[str, float] = {}
    open_ones = [sentence.text for sentence in state.sentences if sentence not in held]
    known = {sentence.text: sentence.shown for sentence in state.sentences if sentence.shown is not None}
    shown |= {text: known[text] for text in open_ones if known.get(text, 0.0) > LIKELIER_SHOWN}
    asked = [text for text in open_ones if text not in known and not says_it_is_not_there(text)]
    for text in asked[:MOST_ASKED_BACK]:
        if answering.stop.is_set():
            raise CancelledError("the question was given up")
        count("llm_calls")
        try:
            probability = answering.answerer.confirms(asked_back(state, text))
        except VidscoutError as error:
            return shown, [f"whether the frames show the answer could not be asked: {error}"]
        if probability > LIKELIER_SHOWN:
            shown[text] = probability
    return shown, []


def says_it_is_not_there(text: str) -> bool:
    """Whether the answerer says in the prompt's own words that the frames do not show the answer."""
    told = words(prompt("unseen").rpartition(":")[2])
    return words(text)[: len(told)] == told


def supported(state: AnswerState, held: list[CheckedSentence], shown: dict[str, float]) -> Update:
    """The answer as it was written, with the records that hold it."""
    best = min(state.ranked[0].relevance, 1.0) if state.ranked else 0.0
    cited = {candidate.record.id: candidate for sentence in held for candidate in sentence.cited}
    share = sum(sentence.support for sentence in held) * best + sum(shown.values()) * max(best, FRAMES_ALONE)
    return {
        "supported": True,
        "cited": list(cited.values())[:AT_MOST_CITED],
        "confidence": round(share / len(state.sentences), 3),
    }


def unsupported(state: AnswerState, held: list[CheckedSentence], shown: dict[str, float]) -> list[str]:
    """Notes of the sentences that only the frames show, or nothing."""
    notes = [f"the frames show it, no record says so: {text!r}" for text in shown]
    lost = [sentence.text for sentence in state.sentences if sentence not in held and sentence.text not in shown]
    return notes + [f"no record says so: {text!r}" for text in lost]


def instead(state: AnswerState, answering: Answering) -> Update:
    """A record in place of an answer that nothing supports, if it answers by itself; otherwise that nothing does."""
    if not answering.route.records or not state.ranked:
        return abstention()
    nearest = next((candidate for candidate in state.ranked if candidate in state.packed), state.ranked[0])
    if not answers_by_itself(nearest, state):
        return abstention(nearest)
    return {
        "supported": True,
        "text": quote(nearest),
        "cited": [nearest],
        "confidence": round(0.5 * min(nearest.relevance, 1.0), 3),
    }


def answers_by_itself(candidate: Candidate, state: AnswerState) -> bool:
    """Whether a record is about what is asked: relevant, and holding as many of its words as support takes."""
    if state.plan is not None and state.plan.want is Want.OVERVIEW:
        return True  # any record tells something of the whole
    topic = state.plan.topic if state.plan is not None else state.asked
    wanted = content_words(topic, without=ABOUT_THE_VIDEO) or content_words(topic)
    return candidate.relevance >= ANSWERABLE and coverage(wanted, candidate.record.text) >= SUPPORTED


def withdrawn(state: AnswerState, seen: bool) -> list[str]:
    """A note of what the answerer had written, where it had."""
    if not state.text:
        return []
    by = "the records or shown by the frames" if seen else "the records"
    written = "it repeated its instructions" if repeats_instructions(state.text) else repr(state.text)
    return [f"the answer was not supported by {by} and was withdrawn: {written}"]


def repeats_instructions(text: str) -> bool:
    """Whether a text has `REPEATED` words in a row of what the answerer is told to do."""
    told, said = f" {' '.join(words(prompt('system')))} ", words(text)
    runs = (said[at : at + REPEATED] for at in range(len(said) - REPEATED + 1))
    return any(f" {' '.join(run)} " in told for run in runs)


def remember(state: AnswerState) -> Update:
    """Keep what a later question of the same conversation may lean on."""
    record = state.cited[0].record if state.cited and not state.abstained else None
    topic = state.plan.topic if state.plan is not None else state.question
    turn = Turn(
        question=state.asked,
        topic=topic,
        text=state.text,
        video=record.video if record is not None else None,
        span=record.span if record is not None else None,
    )
    return {"turns": [turn]}
