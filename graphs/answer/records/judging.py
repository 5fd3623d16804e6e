"""Whether what was found answers a question, weighed by a language model that reads the notes together.

A conversation of at most two turns: does a note say the answer; and, of a question to be confirmed or denied, is the
answer yes. Each is read off the probabilities of the next word, so nothing is written. Examples come first
(`prompts/judge_examples.toml`). A second turn begins with what the first one read, so that it costs a few words.

On transcripts of the development half of the made questions (75 questions whose answer was among the five nearest
records, 50 without an answer) the probability told the two apart with an area under the ROC curve of 0.86 to 0.88,
the cosine of the nearest record with 0.68, and one record at a time with 0.72 to 0.77. Asking which note it is put the
right one first no more often than its cosine does.
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
        if "yes" in example:
            messages.append(Message("user", (prompt("judge_yes"),)))
            messages.append(Message("assistant", (example["yes"],)))
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


def affirmed(question: str, notes: Sequence[str], judge: VideoLLM) -> float:
    """How probable the judge finds it that the answer to the question is yes, 0..1, given that the notes tell."""
    first = [Message("user", (shown(question, notes),)), Message("assistant", ("yes",))]
    return _yes(_asked(judge, [*first, Message("user", (prompt("judge_yes"),))]))


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
