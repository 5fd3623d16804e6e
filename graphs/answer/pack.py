"""Put what was found into a prompt that stays within a token budget, in order of time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from langgraph.runtime import Runtime

from ...tools.records import FrameRef, Modality, Record, clock
from ...tools.videollm.base import FramePart, Message
from ..events import Update, timed
from .state import Answering, AnswerState, Finding

PROMPTS = Path(__file__).parent / "prompts"

HOW_IT_WAS_FOUND = {
    Modality.SPEECH: "said",
    Modality.SCREEN_TEXT: "on screen",
    Modality.OBJECT: "seen",
    Modality.FRAME: "looks like",
    Modality.CAPTION: "scene",
}

LEAST_RELEVANCE = 0.12
"""Findings below this are noise to any question; an emptier prompt is a faster and a safer one."""


@dataclass(frozen=True)
class Packed:
    """A prompt, and what went into it."""

    messages: list[Message]
    findings: list[Finding]
    """In order of time."""
    auxiliary: int
    """Tokens that the findings and their heading add to the prompt."""
    visual: int
    """Tokens that the frames add."""
    prompt: int
    """Tokens of the whole prompt."""


Packer = Callable[[Answering, AnswerState], Packed]

PACKERS: dict[str, Packer] = {}


def packer(function: Packer) -> Packer:
    PACKERS[function.__name__] = function
    return function


@cache
def prompt(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def line(record: Record, several_videos: bool = False) -> str:
    """One record as a line of the prompt: when, how it was found, and what it says in quotation marks.

    What a video says or shows is data. Line breaks and quotation marks are taken out of it so that it cannot leave
    its quotes.
    """
    said = " ".join(record.text.split()).replace('"', "'")
    where = f"{record.video[:6]} " if several_videos else ""
    return f'[{where}{clock(record.span.start)}] {HOW_IT_WAS_FOUND.get(record.modality, "found")}: "{said}"'


def says_the_same(first: Record, second: Record) -> bool:
    """Whether a prompt gains nothing from the second record beside the first."""
    if not first.span.overlaps(second.span):
        return False
    from rapidfuzz.fuzz import ratio

    return ratio(first.text.casefold(), second.text.casefold()) >= 85


def candidates(state: AnswerState) -> list[Finding]:
    """What may go into the prompt, best first: relevant, and not a repetition of something better."""
    chosen: list[Finding] = []
    for finding in state.ranked:
        if finding.relevance < LEAST_RELEVANCE:
            break
        if not any(says_the_same(better.record, finding.record) for better in chosen):
            chosen.append(finding)
    return chosen


def in_time(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (f.record.video, f.record.span, f.record.modality))


def conversation(state: AnswerState, findings: list[Finding], frames: list[FrameRef]) -> list[Message]:
    """The prompt with these findings and frames, text between the frames whose times surround it."""
    several = len(state.videos) > 1
    timed_parts: list[tuple[tuple[str, float, int], str | FramePart]] = [
        ((f.record.video, f.record.span.start, 1), line(f.record, several)) for f in findings
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
    parts.append(f"Question: {state.question}")
    return [Message("system", (prompt("choose" if state.options else "answer"),)), Message("user", tuple(parts))]


@packer
def interleaved(answering: Answering, state: AnswerState) -> Packed:
    """The best findings that fit the budget, in order of time, between the frames when the answerer sees frames."""
    model = answering.answerer
    empty = model.count_tokens(conversation(state, [], []))
    frames = [replace(f, thumbnail=answering.index.thumbnail(f.video, f.time)) for f in state.frames]
    shown: list[FrameRef] = []
    visual = 0
    if model.accepts_frames:
        for frame in sorted(frames, key=lambda f: -f.score):
            attempt = model.count_tokens(conversation(state, [], [*shown, frame])) - empty
            if attempt <= answering.token_budget:
                shown, visual = [*shown, frame], attempt
    chosen: list[Finding] = []
    used = visual
    for finding in candidates(state):
        attempt = model.count_tokens(conversation(state, in_time([*chosen, finding]), shown)) - empty
        if attempt <= answering.token_budget:
            chosen, used = [*chosen, finding], attempt
        elif answering.token_budget - used < 12:
            break  # no line is shorter
    findings = in_time(chosen)
    return Packed(conversation(state, findings, shown), findings, used - visual, visual, empty + used)


@timed("pack")
async def pack(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    packed = PACKERS[runtime.context.packer](runtime.context, state)
    return {
        "packed": packed.findings,
        "messages": packed.messages,
        "tokens": {"auxiliary": packed.auxiliary, "visual": packed.visual, "prompt": packed.prompt},
    }
