"""Hold an answer against the records that it was given, and say which of them support it."""

from langgraph.runtime import Runtime

from ...tools.words import content_words, is_number, spoken_numbers, stem, words
from ..events import Update, timed
from .compose import quote
from .read import answerable
from .state import Answering, AnswerState, Finding

AT_MOST_CITED = 3
SUPPORTED = 0.6
"""Share of an answer's own words that the records must hold."""
NOT_FOUND = "Nothing found in the video answers this."


def support(answer: str, question: str, findings: list[Finding]) -> tuple[float, list[Finding]]:
    """How far the records hold what an answer says, and the records that hold it, best first.

    Words that the answer repeats from the question prove nothing, so only its own words count; a number that is in no
    record makes the answer unsupported whatever else it says.

    Returns:
        Share of the answer's own words that the records hold, 0..1, and the findings that hold any of them.
    """
    asked = {stem(word) for word in words(question)}
    own = [word for word in content_words(answer) if word not in asked]
    own = [part for word in own for part in as_said(word, findings)]
    held = {finding.record.id: spoken_numbers(finding.record.text) for finding in findings}
    if not own:
        return (1.0, findings[:1]) if findings and content_words(answer) else (0.0, [])
    everything = set().union(*held.values()) if held else set()
    if any(is_number(word) and word not in everything for word in own):
        return 0.0, []

    def holds(finding: Finding) -> int:
        return sum(word in held[finding.record.id] for word in own)

    holding = [finding for finding in findings if holds(finding)]
    holding.sort(key=lambda finding: (-holds(finding), -finding.relevance))
    return sum(word in everything for word in own) / len(own), holding


def as_said(word: str, findings: list[Finding]) -> list[str]:
    """A number in figures as the words that say it, when no record has the figures: “11” where “eleven” was said."""
    if not word.isdecimal() or any(word in words(finding.record.text) for finding in findings):
        return [word]
    return sorted(spoken_numbers(word) - {word}) or [word]


@timed("verify")
async def verify(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """Keep, replace or withdraw the answer; what is withdrawn is looked for again while rounds are left."""
    best = state.ranked[0].relevance if state.ranked else 0.0
    last = state.round >= runtime.context.max_rounds
    if not answerable(state):
        if not last:
            return {"supported": False}
        if state.options:
            note = "no evidence supports any of the options: the choice is a guess"
            return {"supported": False, "abstained": True, "notes": [note], "confidence": min(state.confidence, 0.2)}
        return {"supported": False, "abstained": True, "text": NOT_FOUND, "cited": [], "confidence": 0.0}
    if state.cited:  # read off the records, or chosen by them
        return {"supported": True}
    share, holding = support(state.text, state.question, state.packed)
    if share >= SUPPORTED:
        return {"supported": True, "cited": holding[:AT_MOST_CITED], "confidence": round(share * min(best, 1.0), 3)}
    source = next((f for f in state.ranked if f in state.packed), state.ranked[0])
    return {
        "supported": True,
        "text": quote(source),
        "cited": [source],
        "confidence": round(0.5 * min(best, 1.0), 3),
        "notes": [f"the model's sentence was not supported by the records and was replaced: {state.text!r}"],
    }
