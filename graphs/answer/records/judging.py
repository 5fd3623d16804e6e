"""Whether a record answers a question, weighed by a language model: the probability that it says yes.

After the relevance generation of pointwise reranking with language models (Nogueira et al., 2020; Liang et al., 2022).
The prompt ends with the sentence, so that of a further sentence only its own words are read.
"""

import math
import time
from collections.abc import Sequence

from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message, VideoLLM
from ....tools.words import one_line
from ..packers.base import prompt
from ..state import Candidate

SURE = 0.7
"""Probability from which no further sentence is read."""
LONGEST = 320
"""Characters of a record that are read."""


def judged(question: str, candidates: Sequence[Candidate], judge: VideoLLM, most: int, seconds: float) -> list[float]:
    """How probable the judge finds it that each record says the answer, 0..1, of those that time allows.

    Args:
        candidates: best first.
        most: at most so many are read.
        seconds: none is begun later than this after the first.
    """
    began = time.perf_counter()
    told: list[float] = []
    for candidate in candidates[:most]:
        if told and (time.perf_counter() - began > seconds or max(told) >= SURE):
            break
        told.append(says_yes(question, candidate, judge, "judge_asks"))
    return told


def says_yes(question: str, candidate: Candidate, judge: VideoLLM, asks: str) -> float:
    """The probability of “yes” against “no” to what the prompt file `asks` about the question and the record."""
    sentence = one_line(candidate.record.text.replace("\n", "; "))[:LONGEST]
    asked = f"Question: {question}\nSentence: {sentence}\n{prompt(asks)}"
    count("llm_calls")
    with judge.in_use():
        tokens = judge.next_tokens([Message("system", (prompt("judge"),)), Message("user", (asked,))])
    yes = _mass(tokens, "yes")
    no = _mass(tokens, "no")
    return yes / (yes + no) if yes + no else 0.5


def _mass(tokens: "dict[str, float] | object", word: str) -> float:
    """Probability of a word among the next tokens, in any case and with or without a space before it."""
    items = tokens.items() if hasattr(tokens, "items") else ()  # type: ignore[union-attr]
    return sum(math.exp(log) for token, log in items if token.strip().casefold() == word)
