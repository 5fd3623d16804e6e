"""Whether what was found answers a question, weighed by a language model that reads the notes together.

A conversation of at most two turns: does a note say the answer, and which one; or, of a question to be confirmed or
denied, is the answer yes. Each is read off the probabilities of the next word, so nothing is written. Examples come
first (`prompts/judge_examples.toml`), and every turn begins with what the turn before it read, so that a second one
costs a few words.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message, VideoLLM
from ....tools.words import one_line
from ..packers.base import PROMPTS, prompt

NOTES = 5
"""Records that are read: the best of the cosine."""
LONGEST = 280
"""Characters of a record that are read, its last ones."""


@cache
def opening() -> list[Message]:
    """What every prompt of the judge begins with, so that it is read once only."""
    examples: list[dict[str, Any]] = tomllib.loads((PROMPTS / "judge_examples.toml").read_text(encoding="utf-8"))[
        "examples"
    ]
    messages = [Message("system", (prompt("judge"),))]
    for example in examples:
        messages.append(Message("user", (shown(example["question"], example["notes"]),)))
        messages.append(Message("assistant", (example["says"],)))
        for ask in ("which", "yes"):
            if ask in example:
                messages.append(Message("user", (prompt(f"judge_{ask}"),)))
                messages.append(Message("assistant", (str(example[ask]),)))
    return messages


def shown(question: str, notes: Sequence[str]) -> str:
    """The question with the numbered notes, as the judge is first asked about them."""
    lines = [f"{number}. {one_line(note.replace(chr(10), '; '))[-LONGEST:]}" for number, note in enumerate(notes, 1)]
    return "\n".join(["Notes:", *lines, f"Question: {question}", prompt("judge_asks")])


def answered(question: str, notes: Sequence[str], judge: VideoLLM) -> float:
    """How probable the judge finds it that one of the notes says the answer, 0..1.

    Args:
        notes: at most `NOTES`, best first.
    """
    tokens = _asked(judge, [Message("user", (shown(question, notes),))])
    return _yes(tokens)


def which(question: str, notes: Sequence[str], judge: VideoLLM) -> list[float]:
    """How probable the judge finds it that the answer stands in each note, given that one has it; they sum to one."""
    tokens = _asked(judge, _second(question, notes, "judge_which"))
    mass = [_mass(tokens, str(number)) for number in range(1, len(notes) + 1)]
    total = sum(mass)
    return [one / total for one in mass] if total else [1 / len(notes)] * len(notes)


def affirmed(question: str, notes: Sequence[str], judge: VideoLLM) -> float:
    """How probable the judge finds it that the answer to the question is yes, 0..1, given that the notes tell."""
    return _yes(_asked(judge, _second(question, notes, "judge_yes")))


def _second(question: str, notes: Sequence[str], asks: str) -> list[Message]:
    first = Message("user", (shown(question, notes),))
    return [first, Message("assistant", ("yes",)), Message("user", (prompt(asks),))]


def _asked(judge: VideoLLM, messages: list[Message]) -> Mapping[str, float]:
    count("llm_calls")
    with judge.in_use():
        return judge.next_tokens([*opening(), *messages])


def _yes(tokens: Mapping[str, float]) -> float:
    yes, no = _mass(tokens, "yes"), _mass(tokens, "no")
    return yes / (yes + no) if yes + no else 0.5


def _mass(tokens: Mapping[str, float], word: str) -> float:
    """Probability of a word among the next tokens, in any case and with or without a space before it."""
    return sum(math.exp(log) for token, log in tokens.items() if token.strip().casefold() == word)
