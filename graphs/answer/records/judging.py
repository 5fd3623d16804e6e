"""Whether what was found answers a question, weighed by a language model that reads the notes together.

It is asked for the answer, of which nothing is written: whether the notes say it is read off the state in which its
last layer would begin, by a linear probe (Slobodkin et al., 2023) that `bench/measure/learning/answerable.py` learnt
for the profile's own judge. Of a judge that the probe was not learnt for, and of a question to be confirmed or denied,
the probability of the next word being “yes” is taken, after examples (`prompts/*_examples.toml`).

On transcripts of the development half of the made questions (75 questions whose answer was among the five nearest
records, 50 without an answer) the probability told the two apart with an area under the ROC curve of 0.86 to 0.88,
the cosine of the nearest record with 0.68, and one record at a time with 0.72 to 0.77. Asking which note it is put the
right one first no more often than its cosine does.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ....tools.perception.embeddings.by_example import learnt
from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message, VideoLLM
from ....tools.words import one_line
from ..packers.base import PROMPTS, prompt

NOTES = 5
"""Records that are read: the best of the cosine."""
AFFIRMING = 2
"""Records that are read where the answer is yes or no. Of 21 such questions of the development half, most of whose
answer is no, 16 were told rightly with one, two and five."""
PROBE = Path(__file__).with_name("answerable.npz")
SAID, NOT_SAID = "said", "not_said"
STEEP = 3.0
"""By how much the log-odds rise with the probe's score, in which 1 is a clear yes and −1 a clear no."""
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
    lines = [f"{number}. {_short(note)}" for number, note in enumerate(notes, 1)]
    return "\n".join(["Notes:", *lines, f"Question: {question}", prompt(f"{about}_asks")])


def _short(note: str) -> str:
    return one_line(note.replace("\n", "; "))[-LONGEST:]


@dataclass(frozen=True)
class Judged:
    """What the judge makes of notes."""

    said: float
    """How probable it is that they say the answer, 0..1; `confidence` tells how probable that is in truth."""
    probed: bool
    """Whether that was read off its state, and not off its next word."""


def answered(question: str, notes: Sequence[str], judge: VideoLLM) -> Judged:
    """How probable it is by the judge that one of the notes says the answer.

    Args:
        notes: the best first; `NOTES` of them are read.
    """
    probe = learnt(PROBE, "answered")
    if probe.source == judge.source:
        count("llm_calls")
        with judge.in_use():
            state = judge.state(asked_for(question, notes))
        if state is not None and probe.fits(state, judge.source):
            score = float(probe.scores(state)[probe.names.index(SAID)])
            return Judged(1 / (1 + math.exp(-STEEP * score)), probed=True)
    return Judged(_yes(judge, "judge", question, notes[:NOTES]), probed=False)


def begins(judge: VideoLLM) -> list[Message]:
    """What the judge's prompts begin with, to be read ahead of a question; nothing where its state is read."""
    return [] if learnt(PROBE, "answered").source == judge.source else opening()


def asked_for(question: str, notes: Sequence[str]) -> list[Message]:
    """The prompt in whose state the probe reads whether the notes say the answer."""
    lines = [f"[{number}] {_short(note)}" for number, note in enumerate(notes[:NOTES], 1)]
    wanted = "\n".join(["Notes:", *lines, "", f"Question: {question}", "Answer briefly."])
    return [Message("system", (prompt("answerable"),)), Message("user", (wanted,))]


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
