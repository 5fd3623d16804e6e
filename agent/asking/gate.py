"""A gate on questions and answers, for services whose users are strangers: by rules, and by a model.

Off by default: whoever examines evidence must be able to ask anything. What it refuses is not answered, and its reason
stands in the answer's notes, its step in the route. After GPT4Video's gate on both ends (Wang et al., 2023).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from ...tools.errors import VidscoutError
from ...tools.runtime.counters import NAMES
from ...tools.videollm.interface import Message, VideoLLM
from ..answer import Answer

RULES = Path(__file__).with_name("gate.toml")
PROMPT = Path(__file__).parents[1] / "prompts" / "gate.md"
REFUSED = "This is not answered: {reason}."
BY_MODEL = "the gate's model takes it for harmful"
SURE = 0.9
"""Probability of “yes” from which the model's word refuses. Nothing was measured to set it."""

Side = Literal["question", "answer"]


@dataclass(frozen=True)
class Rule:
    """One category of what is refused."""

    name: str
    reason: str
    patterns: Mapping[Side, tuple[re.Pattern[str], ...]]


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of `gate.toml`."""
    told = tomllib.loads(RULES.read_text(encoding="utf-8"))
    sides: tuple[Side, ...] = ("question", "answer")
    return tuple(
        Rule(
            name,
            rule["reason"],
            {side: tuple(re.compile(one, re.IGNORECASE | re.DOTALL) for one in rule.get(side, ())) for side in sides},
        )
        for name, rule in told.items()
    )


@dataclass(frozen=True)
class Gate:
    """Looks at what goes in and what comes out."""

    model: VideoLLM | None = None
    """Reads what the rules let pass; None leaves it to the rules."""

    def refusal(self, text: str, side: Side) -> str | None:
        """Why a text is refused, or None where it is not.

        A model that fails refuses nothing: the rules have been asked before.
        """
        for rule in rules():
            if any(pattern.search(text) for pattern in rule.patterns[side]):
                return rule.reason
        if self.model is None or not text.strip():
            return None
        asked = f"{side.capitalize()}: {' '.join(text.split())}\nDoes this {side} do harm?"
        messages = [Message("system", (PROMPT.read_text(encoding="utf-8").strip(),)), Message("user", (asked,))]
        try:
            return BY_MODEL if self.model.confirms(messages) >= SURE else None
        except VidscoutError:
            return None


def refused(answer: Answer, reason: str, side: Side) -> Answer:
    """An answer that the gate holds back."""
    note = f"gate, {side}: {reason}"
    return replace(
        answer,
        text=REFUSED.format(reason=reason),
        choice=None,
        abstained=True,
        confidence=0.0,
        evidence=[],
        frames=[],
        images=[],
        notes=[note, *answer.notes],
        route=["gate", *answer.route] if side == "question" else [*answer.route, "gate"],
    )


def unanswered(question: str, videos: list[str], profile: str, reason: str, seconds: float) -> Answer:
    """What a question gets that is refused before anything is looked for."""
    tokens: dict[str, int] = {"auxiliary": 0, "visual": 0, "prompt": 0, "generated": 0}
    counters: dict[str, float] = {name: 0.0 for name in NAMES}  # noqa: C420 - whose keys would be of literal types
    timings = {"before_answer": seconds, "total": seconds}
    empty = Answer("", None, True, 0.0, [], [], [], [], timings, counters, tokens, profile, question, videos)
    return refused(replace(empty, understood=question), reason, "question")
