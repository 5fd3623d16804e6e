"""Whether what was found answers a question, weighed by a language model that reads the notes together.

It is asked whether a note says the answer and, of a question to be confirmed or denied, whether the answer is yes. Both
are read off the probabilities of the next word, so nothing is written. Examples come first (`prompts/*_examples.toml`).

On transcripts of the development half of the made questions (75 questions whose answer was among the five nearest
records, 50 without an answer) the probability told the two apart with an area under the ROC curve of 0.86 to 0.88,
the cosine of the nearest record with 0.68, and one record at a time with 0.72 to 0.77. Asking which note it is put the
right one first no more often than its cosine does.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message, VideoLLM
from ....tools.words import one_line
from ..packers.base import PROMPTS, prompt

NOTES = 5
"""Records that are read: the best of the cosine."""
AFFIRMING = 2
"""Records that are read where the answer is yes or no. Of 21 such questions of the development half, most of whose
answer is no, 16 were told rightly with one, two and five."""
LONGEST = 280
"""Characters of a record that are read, its last ones."""


@cache
def opening(about: str = "judge") -> list[Message]:
    """What every prompt about the same matter begins with, so that it is read once only.

    Args:
        about: `judge`, whether a note says the answer; or `affirm`, whether the answer is yes.
    """
    examples = tomllib.loads((PROMPTS / f"{about}_examples.toml").read_text(encoding="utf-8"))["examples"]
    messages = [Message("system", (prompt(about),))]
    for example in examples:
        messages.append(Message("user", (shown(example["question"], example["notes"], about),)))
        messages.append(Message("assistant", (example["says"],)))
    return messages


def shown(question: str, notes: Sequence[str], about: str = "judge") -> str:
    """The numbered notes, the question, and what the judge is asked about them."""
    lines = [f"{number}. {one_line(note.replace(chr(10), '; '))[-LONGEST:]}" for number, note in enumerate(notes, 1)]
    return "\n".join(["Notes:", *lines, f"Question: {question}", prompt(f"{about}_asks")])


def answered(question: str, notes: Sequence[str], judge: VideoLLM) -> float:
    """How probable the judge finds it that one of the notes says the answer, 0..1.

    Args:
        notes: the best first; `NOTES` of them are read.
    """
    return _yes(judge, "judge", question, notes[:NOTES])


def affirmed(question: str, notes: Sequence[str], judge: VideoLLM) -> float:
    """How probable the judge finds it that the answer to the question is yes, 0..1, given that the notes tell.

    Args:
        notes: the best first; `AFFIRMING` of them are read.
    """
    return _yes(judge, "affirm", question, notes[:AFFIRMING])


def _yes(judge: VideoLLM, about: str, question: str, notes: Sequence[str]) -> float:
    """The probability of “yes” against “no”."""
    count("llm_calls")
    with judge.in_use():
        judge.warm(opening(about))
        tokens = judge.next_tokens([*opening(about), Message("user", (shown(question, notes, about),))])
    yes, no = _mass(tokens, "yes"), _mass(tokens, "no")
    return yes / (yes + no) if yes + no else 0.5


def _mass(tokens: Mapping[str, float], word: str) -> float:
    """Probability of a word among the next tokens, in any case and with or without a space before it."""
    return sum(math.exp(log) for token, log in tokens.items() if token.strip().casefold() == word)
