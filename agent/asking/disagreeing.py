"""Where sources disagree: one number is said and another one written of the same thing."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from ..answer import Evidence

LOOKED_AT = 8
"""Pieces of evidence, best first, that are held against each other."""
SAME = 2
"""Words besides numbers that two findings share when they are about one thing, at least."""
SHARED = 0.5
"""Share of the shorter finding's words that the other one holds, at least."""
BETWEEN = {("speech", "screen_text"), ("screen_text", "speech")}
"""Sources that tell of the same independently: what is said and what is written."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two findings that give different numbers for one thing."""

    citations: tuple[int, int]
    """Which of the evidence, from 0; the better one first."""
    values: tuple[str, str]
    """What each says, in figures, as in `100,000` and `900,000`."""


def disagreements(evidence: Sequence[Evidence]) -> list[Disagreement]:
    """The pairs among the best evidence in which what is said and what is written give different numbers.

    Two findings are about one thing where they share most of their words besides the numbers, at least two of them,
    and each gives one number that the other does not have.
    """
    shown = list(enumerate(evidence[:LOOKED_AT]))
    found = []
    for (first, one), (second, other) in combinations(shown, 2):
        if one.video != other.video or (one.modality, other.modality) not in BETWEEN:
            continue
        for line in _lines(one):
            values = next(filter(None, (_differing(line, text) for text in _lines(other))), None)
            if values is not None:
                found.append(Disagreement((first, second), values))
                break
    return found


def _lines(item: Evidence) -> Iterator[str]:
    """A finding sentence by sentence and, of what is written, line by line: each line is about something of its own."""
    lines = (item.payload or {}).get("lines") if item.modality == "screen_text" else None
    for line in lines or [item.text]:
        yield from re.split(r"(?<=[.!?])\s+", line)
    if lines and len(lines) > 1:
        yield from (" ".join(pair) for pair in pairwise(lines))


def _differing(one: str, other: str) -> tuple[str, str] | None:
    """What each says, where the two are about one thing and give different numbers."""
    here, there = numbers(one), numbers(other)
    if len(here) != 1 or len(there) != 1 or {*here} == {*there}:
        return None
    about, same = _words(one), _words(other)
    shared = about & same
    if len(shared) < SAME or len(shared) < SHARED * min(len(about), len(same)):
        return None
    return next(iter(here.values())), next(iter(there.values()))


def numbers(text: str) -> dict[float, str]:
    """The numbers in a text, by their value, as they are written; those in words in figures.

    >>> numbers("It has nine hundred thousand members."), numbers("Members: 100,000")
    ({900000.0: '900,000'}, {100000.0: '100,000'})
    """
    from ...tools.quantities import quantities

    found: dict[float, str] = {}
    for one in quantities(text):
        scaled = " " in one.written  # as in “900 thousand”
        found.setdefault(one.value, f"{one.value:,.0f}" if scaled else one.written)
    return found


def _words(text: str) -> set[str]:
    """Stems of what a text is about, without its numbers."""
    from ...tools.words import content_words, is_number

    return {word for word in content_words(text) if not is_number(word) and len(word) > 1}


Search = Callable[[str, str, Sequence[str]], Sequence[Evidence]]
"""Query, modality and ids of videos: what fits, best first."""


def beside(evidence: Sequence[Evidence], search: Search) -> list[Evidence]:
    """What the other source says about what the best evidence gives a number for, as far as it is not there already.

    Args:
        evidence: of an answer, best first.
        search: looks in the index.
    """
    if not evidence or evidence[0].modality not in ("speech", "screen_text") or not numbers(evidence[0].text):
        return []
    best = evidence[0]
    other = "screen_text" if best.modality == "speech" else "speech"
    there = {(item.video, item.start, item.text) for item in evidence}
    found = search(best.text, other, [best.video])
    return [item for item in found if (item.video, item.start, item.text) not in there and disagreements([best, item])]
