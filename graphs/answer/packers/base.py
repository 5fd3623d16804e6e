"""What every packing shares: how a record is quoted, what may go in, and how a budget is kept exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from ....tools.records import FrameRef, Modality, Record, clock
from ....tools.videollm.interface import FramePart, Message
from ....tools.words import one_line
from ..state import Answering, AnswerState, Candidate

PROMPTS = Path(__file__).parents[1] / "prompts"

HOW_IT_WAS_FOUND = {
    Modality.SPEECH: "said",
    Modality.SCREEN_TEXT: "on screen",
    Modality.OBJECT: "seen",
    Modality.FRAME: "looks like",
    Modality.CAPTION: "scene",
    Modality.SOUND: "heard",
    Modality.CHAPTER: "titled",
}

LEAST_RELEVANCE = 0.12
"""Candidates below this are noise to any question; an emptier prompt is a faster and a safer one."""

BESIDE_THE_BEST = 0.5
"""Candidates below this share of the best one's relevance add nothing to a free answer."""

BESIDE_THE_BEST_FOR_A_CHOICE = 0.75
"""The same where one of given options is chosen, which takes one record. On tuning seed 0 (76 questions, 5 videos) the
prompts get a fifth shorter with it and as many questions are answered rightly."""

FRAMES_SHARE = 0.8
"""Share of a budget that frames may take where there is something to say beside them: words cost far less."""

LONGEST_LINE = 280
"""Characters of one record that a prompt quotes; the evidence of an answer has all of it."""


@dataclass(frozen=True)
class Packed:
    """A prompt, and what went into it."""

    messages: list[Message]
    candidates: list[Candidate]
    """In order of time."""
    auxiliary: int
    """Tokens that the candidates and their heading add to the prompt."""
    visual: int
    """Tokens that the frames add."""
    prompt: int
    """Tokens of the whole prompt."""
    notes: tuple[str, ...] = ()
    """What the answer tells of how it was packed."""


Packer = Callable[[Answering, AnswerState], Packed]

PACKERS: dict[str, Packer] = {}


def packer(function: Packer) -> Packer:
    """Register a packing under its function's name."""
    PACKERS[function.__name__] = function
    return function


@cache
def prompt(name: str) -> str:
    """The text of a prompt file."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def opening() -> Message:
    """What every prompt begins with, free-form and multiple choice alike, so that a model reads it once only."""
    return Message("system", (prompt("system"),))


def line(record: Record, name: str = "") -> str:
    """One record as a line of the prompt: when, how it was found, and what it says in quotation marks.

    What a video says or shows is data. Line breaks and quotation marks are taken out of it so that it cannot leave
    its quotes.
    """
    said = one_line(record.text).replace('"', "'")
    if len(said) > LONGEST_LINE:
        said = said[:LONGEST_LINE].rsplit(" ", 1)[0] + " …"
    where = f"{name} ".replace('"', "'") if name else ""
    return f'[{where}{clock(record.span.start)}] {HOW_IT_WAS_FOUND.get(record.modality, "found")}: "{said}"'


def says_the_same(first: Record, second: Record) -> bool:
    """Whether a prompt gains nothing from the second record beside the first."""
    if not first.span.overlaps(second.span):
        return False
    from rapidfuzz.fuzz import ratio

    return ratio(first.text.casefold(), second.text.casefold()) >= 85


def worth_packing(state: AnswerState) -> list[Candidate]:
    """What may go into the prompt, best first: relevant, and not a repetition of something better."""
    chosen: list[Candidate] = []
    least = least_relevance(state)
    for candidate in state.ranked:
        if candidate.relevance < least:
            break
        if not any(says_the_same(better.record, candidate.record) for better in chosen):
            chosen.append(candidate)
    return chosen


def least_relevance(state: AnswerState) -> float:
    """Below this a candidate is left out, 0..1."""
    if not state.ranked or (state.plan is not None and state.plan.open):
        return LEAST_RELEVANCE
    share = BESIDE_THE_BEST_FOR_A_CHOICE if state.options else BESIDE_THE_BEST
    return max(LEAST_RELEVANCE, share * state.ranked[0].relevance)


def in_time(candidates: list[Candidate]) -> list[Candidate]:
    """Candidates in order of video and time."""
    return sorted(candidates, key=lambda f: (f.record.video, f.record.span, f.record.modality))


def conversation(state: AnswerState, candidates: list[Candidate], frames: list[FrameRef]) -> list[Message]:
    """The prompt with these candidates and frames, text between the frames whose times surround it."""
    timed_parts: list[tuple[tuple[str, float, int], str | FramePart]] = [
        ((f.record.video, f.record.span.start, 1), line(f.record, state.name(f.record.video))) for f in candidates
    ]
    timed_parts += [
        ((frame.video, frame.time, 0), FramePart(frame.thumbnail, frame.time))
        for frame in frames
        if frame.thumbnail is not None
    ]
    timed_parts.sort(key=lambda part: part[0])
    parts: list[str | FramePart] = []
    if timed_parts:
        parts.append("Evidence:\n")
    for _, part in timed_parts:
        parts.append(part + "\n" if isinstance(part, str) else part)
    if frames and not state.options:
        parts.append(prompt("unseen") + "\n")
    parts.append(question_part(state))
    return [opening(), Message("user", tuple(parts))]


def question_part(state: AnswerState) -> str:
    """What ends the evidence of a prompt."""
    return f"Question: {state.asked}"


def asked_back(state: AnswerState, sentence: str) -> list[Message]:
    """The prompt that was packed, with the question whether its frames show a sentence of the answer.

    All before the question stays as it was, so that a backend which keeps prompts reads and encodes nothing anew.
    """
    system, packed = state.messages[:2]
    evidence = packed.parts[: packed.parts.index(question_part(state))]
    question = f"{question_part(state)}\nAnswer that was given: {one_line(sentence)}\n{prompt('shown')}"
    return [system, Message("user", (*evidence, question))]


Item = TypeVar("Item")


def as_many_as_fit(items: Sequence[Item], budget: int, cost: Callable[[list[Item]], int]) -> tuple[list[Item], int]:
    """The longest beginning of a ranking whose cost is within the budget, and that cost.

    An item that does not fit by itself is passed over, so that one long record does not leave the prompt empty. The
    cost is measured on the whole, since tokens of a text do not add up from those of its parts; it must not fall when
    an item is added.
    """
    items = list(items)
    while items:
        fits, fails = 0, len(items) + 1
        spent = 0
        while fails - fits > 1:
            middle = min((fits + fails) // 2, len(items))
            if (needed := cost(items[:middle])) <= budget:
                fits, spent = middle, needed
            else:
                fails = middle
        if fits:
            return items[:fits], spent
        del items[0]
    return [], 0


def within_shares(
    ranking: Sequence[Candidate], most: int, cost: Callable[[list[Candidate]], int]
) -> Sequence[Candidate]:
    """The candidates of which no tool takes more than so many tokens, so that none crowds out the others (MouSi).

    Args:
        ranking: in order of importance.
        most: tokens of one tool's candidates together.
        cost: tokens of some candidates.
    """
    kept: set[str] = set()
    for modality in dict.fromkeys(candidate.record.modality for candidate in ranking):
        fit, _ = as_many_as_fit([one for one in ranking if one.record.modality is modality], most, cost)
        kept |= {candidate.record.id for candidate in fit}
    return [candidate for candidate in ranking if candidate.record.id in kept]


def packed_with(
    answering: Answering,
    state: AnswerState,
    frames: Sequence[FrameRef],
    candidates: Sequence[Candidate] | None = None,
    budget: int | None = None,
) -> Packed:
    """A prompt with the frames and candidates that fit: frames first, and only where the answerer sees them.

    Args:
        frames: the best or most important have the highest score.
        candidates: in order of importance; by default what `worth_packing` gives.
        budget: tokens of both together; by default the answerer's whole budget.
    """
    model = answering.answerer
    budget = answering.token_budget if budget is None else budget
    empty = model.count_tokens(conversation(state, [], []))
    ranking = worth_packing(state) if candidates is None else candidates
    shown: list[FrameRef] = []
    visual = 0
    if model.accepts_frames:
        best_first = sorted(frames, key=lambda frame: -frame.score)[: model.most_frames]
        shown, visual = as_many_as_fit(
            best_first,
            int(budget * FRAMES_SHARE) if ranking else budget,
            lambda some: model.count_tokens(conversation(state, [], some)) - empty,
        )
    if answering.tool_share < 1:
        each = int(answering.tool_share * budget)
        ranking = within_shares(
            ranking, each, lambda some: model.count_tokens(conversation(state, in_time(some), [])) - empty
        )
    chosen, used = as_many_as_fit(
        ranking,
        budget,
        lambda some: model.count_tokens(conversation(state, in_time(some), shown)) - empty,
    )
    chosen, used = in_time(chosen), max(used, visual)
    return Packed(conversation(state, chosen, shown), chosen, used - visual, visual, empty + used)
