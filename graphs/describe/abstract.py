"""Summaries in a model's own words, each sentence held against the lines that it cites.

Each part of the video is summarised by itself (map), and then summaries of neighbours together until few enough are
left (reduce), so that no prompt grows with the length of the video. A sentence that cites nothing, or says what the
lines that it cites do not, is left out.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...tools.errors import AnswererError, UsageError
from ...tools.runtime.counters import count
from ...tools.videollm.interface import Message, VideoLLM
from ...tools.words import content_words, coverage, is_number, one_line
from .results import Cited, Sentence

PROMPTS = Path(__file__).with_name("prompts")
TOKENS_A_SENTENCE = 48
KEPT_FREE = 200
"""Tokens of the context that are left for the template."""
AT_ONCE = 24
"""Sentences that one reduce step reads."""
SUPPORTED = 0.6
"""Share of a sentence's own words that the lines it cites must hold, as for answers."""

_CITES = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that may be cited."""

    text: str
    evidence: tuple[Cited, ...]


def summarised(
    lines: Sequence[Line], wanted: int, language: str, model: VideoLLM, task: str = "map"
) -> tuple[list[Sentence], int]:
    """Sentences that a model wrote about lines, and how many were left out since they are not supported.

    Args:
        lines: what may be cited, in order.
        wanted: how many sentences.
        language: English name of the language to write.
        model: a text model.
        task: `map` or `reduce`, which prompt.

    Raises:
        AnswererError: the model failed.
    """
    told = list(lines)
    most = wanted * TOKENS_A_SENTENCE
    while len(told) > 2 and model.count_tokens(prompt(told, wanted, language, task)) > model.context - KEPT_FREE - most:
        told = told[: len(told) // 2] if task == "map" else told[::2]
    count("llm_calls")
    try:
        written = "".join(model.generate(prompt(told, wanted, language, task), max_tokens=most))
    except UsageError as error:
        raise AnswererError(str(error)) from error
    return checked(written, told)


def prompt(lines: Sequence[Line], wanted: int, language: str, task: str) -> list[Message]:
    """The prompt with its numbered lines."""
    asked = (PROMPTS / f"{task}.md").read_text(encoding="utf-8").strip().format(count=wanted, language=language)
    numbered = "\n".join(f"[{number}] {line.text}" for number, line in enumerate(lines, start=1))
    return [Message("user", (f"{asked}\n\n{numbered}",))]


def checked(written: str, lines: Sequence[Line]) -> tuple[list[Sentence], int]:
    """The sentences of a text that are supported by the lines that they cite, and how many are not.

    >>> said = [Line("The bridge is 40 m long.", (Cited(1, 2, "speech", "The bridge is 40 m long.", "t", "r"),))]
    >>> kept, dropped = checked("The bridge is 40 m long. [1]\\nIt cost 9 million. [1]\\nIt is red.", said)
    >>> [sentence.text for sentence in kept], dropped
    (['The bridge is 40 m long.'], 2)
    """
    kept: list[Sentence] = []
    dropped = 0
    for row in written.splitlines():
        cites = [int(one) - 1 for one in _CITES.findall(row)]
        text = one_line(_CITES.sub("", row)).lstrip("-*•0123456789.) ").strip()
        if not content_words(text):
            continue
        there = [lines[at] for at in dict.fromkeys(cites) if 0 <= at < len(lines)]
        if not there or not supported(text, " ".join(line.text for line in there)):
            dropped += 1
            continue
        evidence = tuple(dict.fromkeys(one for line in there for one in line.evidence))
        start, end = min(one.start for one in evidence), max(one.end for one in evidence)
        kept.append(Sentence(start, end, text, evidence))
    return kept, dropped


def supported(sentence: str, cited: str) -> bool:
    """Whether what is cited holds most words of a sentence, and all its numbers."""
    own = content_words(sentence)
    numbers = [word for word in own if is_number(word)]
    return coverage(own, cited) >= SUPPORTED and all(coverage([number], cited) == 1.0 for number in numbers)


def reduced(
    sentences: Sequence[Sentence],
    wanted: int,
    language: str,
    model: VideoLLM,
    goes_on: Callable[[], object] = lambda: None,
) -> tuple[list[Sentence], int]:
    """So few sentences from many, level by level: neighbours together, `AT_ONCE` at a time.

    Args:
        goes_on: asked before each step; it raises where the work is to end.
    """
    left, dropped = list(sentences), 0
    while len(left) > wanted:
        groups = [left[first : first + AT_ONCE] for first in range(0, len(left), AT_ONCE)]
        share = wanted if len(groups) == 1 else max(AT_ONCE // 4, 1)
        after: list[Sentence] = []
        for group in groups:
            goes_on()
            made, lost = summarised([Line(one.text, one.evidence) for one in group], share, language, model, "reduce")
            after += made or group[:share]
            dropped += lost
        if len(after) >= len(left) or len(groups) == 1:
            return after[:wanted], dropped
        left = after
    return left, dropped
