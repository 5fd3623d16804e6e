"""Multiple choice: the model's log-probabilities, fused with how well the evidence fits each option."""

import math
import re
from typing import TYPE_CHECKING

from ...tools.counters import count
from ...tools.words import content_words, coverage
from ..events import Update
from . import compose
from .state import Answering, AnswerState, Finding, Want
from .times import seconds

if TYPE_CHECKING:
    pass

EVIDENCE_WEIGHT = 8.0
"""How much one unit of option–evidence fit counts against one nat of log-probability. Set on the tuning questions."""


def letter(position: int) -> str:
    return chr(ord("A") + position)


def choose(state: AnswerState, answering: Answering) -> Update:
    """The option that the records support best, with the records that do."""
    read = read_off(state)
    if read is not None:
        position, cited = read
        confidence = min(cited[0].relevance, 1.0)
    else:
        model = answering.answerer.choose(state.messages, state.options)
        count("llm_calls")
        fits, best = option_evidence(state, answering)
        scores = [math.log(max(p, 1e-6)) + EVIDENCE_WEIGHT * fit for p, fit in zip(model, fits, strict=True)]
        top = max(scores)
        weights = [math.exp(score - top) for score in scores]
        position = scores.index(top)
        confidence = weights[position] / sum(weights)
        cited = [best[position]] if best[position] is not None else []
    return {
        "text": f"{letter(position)}. {state.options[position]}",
        "choice": position,
        "cited": cited,
        "confidence": round(confidence, 3),
    }


def option_evidence(state: AnswerState, answering: Answering) -> tuple[list[float], list[Finding | None]]:
    """For each option how well the best record fits it, 0..1, and that record.

    A record fits an option when it fits the question and holds the option's words or means the same.
    """
    findings = state.packed
    if not findings:
        return [0.0] * len(state.options), [None] * len(state.options)
    import numpy as np

    topic = state.plan.topic if state.plan else state.question
    texts = [f"{topic}: {option}" for option in state.options] + [f.record.text for f in findings]
    vectors: np.ndarray = np.stack(answering.text_embedding.run(texts))
    asked, records = vectors[: len(state.options)], vectors[len(state.options) :]
    similar = asked @ records.T
    fits: list[float] = []
    best: list[Finding | None] = []
    for row, option in zip(similar, state.options, strict=True):
        held = np.array([coverage(content_words(option), f.record.text) for f in findings])
        relevance = np.array([f.relevance for f in findings])
        fit = 0.4 * np.clip(row, 0, 1) + 0.6 * held * (0.5 + 0.5 * relevance)
        fits.append(float(fit.max()))
        best.append(findings[int(fit.argmax())])
    return fits, best


def read_off(state: AnswerState) -> tuple[int, list[Finding]] | None:
    """The option nearest to what the records say, when the options are times or numbers that they can tell."""
    if not state.plan or not state.ranked:
        return None
    if state.plan.want is Want.WHEN:
        times = [option_time(option) for option in state.options]
        if any(time is None for time in times):
            return None
        _, cited = compose.when(state)
        at = cited[0].record.span.start
        return min(range(len(times)), key=lambda n: abs((times[n] or 0.0) - at)), cited
    if state.plan.want is Want.COUNT:
        counted = compose.count(state)
        numbers = [re.fullmatch(r"\D*(\d+)\D*", option) for option in state.options]
        if counted is None or any(number is None for number in numbers):
            return None
        text, cited = counted
        value = int(text.split()[0])
        return min(range(len(numbers)), key=lambda n: abs(int(numbers[n][1]) - value)), cited  # type: ignore[index]
    return None


def option_time(option: str) -> float | None:
    try:
        return seconds(re.sub(r"^\W*(?:at|around|about)\s+", "", option.strip(" .")))
    except ValueError:
        return None
