"""The video-LLM as a judge: a structured prompt with frames and measurements, typed JSON back, checked and
rewritten."""

import json
import re
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from ...tools.forensics.signals.registry import SIGNALS
from ...tools.records import clock
from ...tools.videollm.interface import FramePart, Message, VideoLLM
from .state import Examination, ForensicState, Label, Opinion, WindowScore

FRAMES_SHOWN = 8
PATIENCE = 120.0
"""Seconds for one opinion."""
SHOWN = 8
"""Signals in the prompt."""
FAR, NEAR = 2.0, 1.0
"""Spreads from which a signal speaks against a real video, and below which it speaks for one."""


class Judgement(BaseModel):
    """What the model must return."""

    label: Label
    confidence: float = Field(ge=0, le=1)
    cited: list[str] = Field(default_factory=list)
    reason: str = ""


@cache
def text(name: str) -> str:
    """The text of a prompt file."""
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")


def ask(model: VideoLLM, prompt: str, frames: Sequence[FramePart] = (), max_tokens: int = 300) -> str:
    """What a video-LLM writes for a prompt with frames."""
    message = Message("user", (*frames, prompt))
    pieces = model.generate([message], max_tokens=max_tokens, deadline=time.monotonic() + PATIENCE)
    return "".join(pieces)


def parsed(answer: str) -> Judgement | None:
    """The first JSON object in an answer that is a judgement; None where there is none."""
    for place in re.finditer(r"\{", answer):
        try:
            value, _ = json.JSONDecoder().raw_decode(answer[place.start() :])
            return Judgement.model_validate(value)
        except (ValueError, ValidationError):
            continue
    return None


def measurements(chosen: Sequence[str], found: Sequence[WindowScore]) -> str:
    """The table of the prompt: a line a signal, over the whole video."""
    lines = []
    for name in chosen[:SHOWN]:
        distances = [f.distances[name] for f in found if name in f.distances]
        percentiles = [f.percentiles[name] for f in found if name in f.percentiles]
        if distances:
            lines.append(
                f"- {name} ({SIGNALS[name].title.lower()}): {np.median(distances):.1f} spreads from real videos, above"
                f" {np.median(percentiles):.0%} of them"
            )
    return "\n".join(lines)


def rated(model: VideoLLM, names: Sequence[str]) -> dict[str, float]:
    """How useful the model finds each tool, 0..1: the subjective half of LAVID's score; empty where it does not say."""
    described = "\n".join(f"- {name}: {SIGNALS[name].title}; fooled by {SIGNALS[name].fooled_by()}" for name in names)
    answer = ask(model, text("rate").replace("{tools}", described))
    for place in re.finditer(r"\{", answer):
        try:
            value, _ = json.JSONDecoder().raw_decode(answer[place.start() :])
            return {name: min(max(float(value[name]), 1), 5) / 5 for name in names if name in value}
        except (ValueError, TypeError):
            continue
    return {}


def shown_frames(state: ForensicState, context: Examination) -> list[FramePart]:
    """The pictures of evenly spread windows, the most unusual one among them, as files."""
    if context.folder is None or not state.scored:
        return []
    places = np.unique(np.linspace(0, len(state.scored) - 1, FRAMES_SHOWN).astype(int))
    chosen = {state.scored[at].span.start for at in places}
    chosen.add(max(state.scored, key=lambda f: f.unusual).span.start)
    parts = []
    for start in sorted(chosen & set(context.pictures)):
        path = context.folder / f"{round(start * 1000)}.jpg"
        path.write_bytes(context.pictures[start])
        parts.append(FramePart(path, start))
    return parts


def judged(state: ForensicState, context: Examination) -> tuple[str, Opinion | None]:
    """The prompt as it was sent, and the model's opinion; None where it gave no usable answer."""
    assert context.judge is not None
    instructions = state.instructions or text("judge")
    table = measurements(state.chosen, state.scored)
    odd = ", ".join(f"{clock(span.start)}–{clock(span.end)}" for span in state.spans) or "none"
    prompt = instructions.replace("{measurements}", table).replace("{stretches}", odd)
    said = parsed(ask(context.judge, prompt, shown_frames(state, context)))
    if said is None:
        return prompt, None
    likely = {Label.GENERATED: said.confidence, Label.REAL: 1 - said.confidence, Label.UNCERTAIN: 0.5}[said.label]
    cited = tuple(name for name in said.cited if name in SIGNALS)
    return prompt, Opinion(said.label, likely, (0.0, 1.0), context.judge.source, cited, said.reason)


def contradictions(opinion: Opinion, found: Sequence[WindowScore]) -> list[str]:
    """Where the verdict says the opposite of the very signals it cites."""
    wrong = []
    for name in opinion.cited:
        distances = [f.distances[name] for f in found if name in f.distances]
        if not distances:
            wrong.append(f"{name} was cited, but not measured")
            continue
        typical, farthest = float(np.median(distances)), max(distances)
        if opinion.label is Label.GENERATED and farthest < NEAR:
            wrong.append(
                f"{name} was cited for `generated`, but lies {typical:.1f} spreads from real videos: within them"
            )
        if opinion.label is Label.REAL and typical > FAR:
            wrong.append(f"{name} was cited for `real`, but lies {typical:.1f} spreads from real videos: outside them")
    if opinion.label is not Label.UNCERTAIN and not opinion.cited:
        wrong.append("no measured signal was cited")
    return wrong


def rewritten(model: VideoLLM, instructions: str, wrong: Sequence[str]) -> str:
    """The instructions as the model rewrites them (LAVID); with the contradictions appended where it loses the
    fields."""
    listed = "\n".join(f"- {one}" for one in wrong)
    new = ask(model, text("rewrite").replace("{instructions}", instructions).replace("{wrong}", listed), max_tokens=500)
    if "{measurements}" in new and "label" in new and new.strip() != instructions.strip():
        return new.strip()
    return f"{instructions}\n\nYour last verdict contradicted its own evidence:\n{listed}\nWeigh these signals again."
