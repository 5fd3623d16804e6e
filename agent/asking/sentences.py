"""Which finding stands behind each sentence of an answer, and which moments an answer names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..answer import Answer, Evidence

FITS = 0.34
"""Share of a sentence's content words that evidence must hold to be shown as what supports the sentence."""

_CLOCK = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:])")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])(?<!\b[A-Z]\.)\s+(?=\S)")
"""Not after a single letter, which is an option or an initial."""


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of an answer with the one finding that it is shown with."""

    text: str
    citation: int | None
    """Which of the answer's evidence, from 0; None where none holds its words."""
    time: float | None
    """Seconds at which the video shows it: the moment that the sentence names, else where that finding begins."""


def sentences(answer: Answer) -> list[AnswerSentence]:
    """The sentences of an answer, in order; together they are its text but for the spaces between them."""
    parts = [part for part in _SENTENCE.split(answer.text.strip()) if part]
    if answer.abstained or not answer.evidence:
        return [AnswerSentence(part, None, None) for part in parts]
    return [_with_finding(part, number == 0, answer.evidence) for number, part in enumerate(parts)]


def _with_finding(sentence: str, first: bool, evidence: Sequence[Evidence]) -> AnswerSentence:
    for match in _CLOCK.finditer(sentence):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        at = hours * 3600.0 + minutes * 60.0 + seconds
        number = next((n for n, item in enumerate(evidence) if item.start - 1 < at < item.end + 1), None)
        if number is not None:  # else a time of day on a slide, not a time in the video
            start = evidence[number].start
            # Printed times are cut to whole seconds; where one is a finding's start, its fraction comes back.
            return AnswerSentence(sentence, number, start if int(start) == int(at) else at)
    number = supporting(sentence, evidence)
    number = 0 if number is None and first else number
    return AnswerSentence(sentence, number, None if number is None else evidence[number].start)


def supporting(sentence: str, evidence: Sequence[Evidence]) -> int | None:
    """Which evidence holds most of a sentence's words; the better-scored of equals; None where none holds enough."""
    from ...tools.words import content_words, coverage

    wanted = content_words(sentence)
    held = [(round(coverage(wanted, item.text), 2), item.score, -number) for number, item in enumerate(evidence)]
    best = max(held, default=None)
    return -best[2] if best is not None and best[0] >= FITS else None
