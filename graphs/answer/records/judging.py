"""Whether a record answers a question, weighed by a language model: the probability that it says yes.

After pointwise reranking with language models (Nogueira et al., 2020; Liang et al., 2022), with examples before the
question (`prompts/judge_examples.toml`). A prompt ends with the sentence, so that of a further sentence only its own
words are read.
"""

import math
import time
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message, VideoLLM
from ....tools.words import one_line
from ..packers.base import PROMPTS, prompt

SURE = 0.8
"""Probability from which no further sentence is read."""
LONGEST = 320
"""Characters of a record that are read."""


@cache
def opening() -> list[Message]:
    """What every prompt of the judge begins with, so that it is read once only."""
    examples = tomllib.loads((PROMPTS / "judge_examples.toml").read_text(encoding="utf-8"))["examples"]
    messages = [Message("system", (prompt("judge"),))]
    for example in examples:
        messages.append(Message("user", (asked(example["question"], example["sentence"]),)))
        messages.append(Message("assistant", (example["says"],)))
    return messages


def asked(question: str, sentence: str, asks: str = "judge_asks") -> str:
    """What the judge is asked about one sentence; `asks` is the prompt file with the last line."""
    return f"Question: {question}\nSentence: {sentence}\n{prompt(asks)}"


def judged(question: str, sentences: Sequence[str], judge: VideoLLM, seconds: float) -> list[float]:
    """How probable the judge finds it that each sentence says the answer, 0..1, of those that time allows.

    Args:
        sentences: best first.
        seconds: none is begun later than this after the first.
    """
    began = time.perf_counter()
    told: list[float] = []
    for sentence in sentences:
        if told and (time.perf_counter() - began > seconds or max(told) >= SURE):
            break
        told.append(says_yes(question, sentence, judge))
    return told


def says_yes(question: str, sentence: str, judge: VideoLLM, asks: str = "judge_asks") -> float:
    """The probability of “yes” against “no” to what the prompt file `asks` about the question and the sentence."""
    sentence = one_line(sentence.replace("\n", "; "))[-LONGEST:]
    count("llm_calls")
    with judge.in_use():
        tokens = judge.next_tokens([*opening(), Message("user", (asked(question, sentence, asks),))])
    yes, no = _mass(tokens, "yes"), _mass(tokens, "no")
    return yes / (yes + no) if yes + no else 0.5


def _mass(tokens: Mapping[str, float], word: str) -> float:
    """Probability of a word among the next tokens, in any case and with or without a space before it."""
    return sum(math.exp(log) for token, log in tokens.items() if token.strip().casefold() == word)
