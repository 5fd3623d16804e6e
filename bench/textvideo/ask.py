"""Questions about the pages of a text: a word that is left out, when a sentence appears, which of four comes first."""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...tools.records import clock

TURNS = OPTIONS = 4

SHORTEST, LONGEST = 6, 24
"""Words of a sentence that is asked about: enough to be one of its kind, few enough to quote."""

LEAST_LETTERS = 4
"""Of a word that is left out, unless it is a number: shorter ones are mostly grammar."""

_WORD = re.compile(r"[^\W_]+(?:[-'’.,][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its four options, the right one among them."""

    type: str
    number: int
    question: str
    answer: str
    options: tuple[str, ...]
    pages: tuple[int, ...]
    """Where the answer stands, from 0."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that stands on one page, and nowhere else in the text."""

    text: str
    page: int


def draw(pages: Sequence[str], seed: int, most: int, seconds: float) -> list[Asked]:
    """At most so many questions, the three types in turn, none about a sentence that another is about.

    Args:
        pages: the text of each.
        seed: the same one gives the same questions.
        most: questions.
        seconds: how long a page stands, for questions that ask when.
    """
    dice = random.Random(seed)
    left = sentences(pages)
    dice.shuffle(left)
    counts = Counter(word for page in pages for word in _WORD.findall(page))
    kinds: tuple[Callable[[int], Asked | None], ...] = (
        lambda number: _missing(number, left, counts, dice),
        lambda number: _when(number, left, len(pages), seconds, dice),
        lambda number: _first(number, left),
    )
    asked: list[Asked] = []
    while left and len(asked) < most:
        one = kinds[len(asked) % len(kinds)](len(asked) // len(kinds))
        if one is None:
            break
        asked.append(one)
    return asked


def sentences(pages: Sequence[str]) -> list[Sentence]:
    """The sentences that can be asked about: whole on a page, of some length, once in the text."""
    whole = " ".join(pages)
    return [
        Sentence(part, number)
        for number, page in enumerate(pages)
        for part in re.split(r"(?<=[.!?])\s+", page)[1:-1]  # the first and the last may go on elsewhere
        if SHORTEST <= len(part.split()) <= LONGEST and whole.count(part) == 1
    ]


def _missing(number: int, left: list[Sentence], counts: Counter[str], dice: random.Random) -> Asked | None:
    while left:
        sentence = left.pop()
        words = [word for word in _WORD.findall(sentence.text) if _telling(word)]
        once = [word for word in words if sentence.text.count(word) == 1]
        if not once:
            continue
        right = min(once, key=lambda word: (counts[word], -len(word), word))  # the rarest cannot be guessed from others
        alike = sorted(
            word for word in counts if word not in sentence.text and _telling(word) and _shape(word) == _shape(right)
        )
        if len(alike) < OPTIONS - 1:
            continue
        wrong = dice.sample(alike, OPTIONS - 1)
        gap = sentence.text.replace(right, "____")
        return Asked("word", number, f'Which word is left out here: "{gap}"', right, (right, *wrong), (sentence.page,))
    return None


def _when(number: int, left: list[Sentence], pages: int, seconds: float, dice: random.Random) -> Asked | None:
    if not left:
        return None
    sentence = left.pop()
    others = dice.sample([page for page in range(pages) if page != sentence.page], OPTIONS - 1)
    times = [clock(page * seconds) for page in (sentence.page, *others)]
    question = f'When does this sentence appear on the screen: "{sentence.text}"'
    return Asked("when", number, question, times[0], tuple(times), (sentence.page,))


def _first(number: int, left: list[Sentence]) -> Asked | None:
    chosen: dict[int, Sentence] = {}
    for sentence in left:
        chosen.setdefault(sentence.page, sentence)
        if len(chosen) == OPTIONS:
            break
    if len(chosen) < OPTIONS:
        return None
    for sentence in chosen.values():
        left.remove(sentence)
    first, *later = sorted(chosen.values(), key=lambda sentence: sentence.page)
    texts = (first.text, *(sentence.text for sentence in later))
    return Asked("order", number, "Which of these sentences appears first?", first.text, texts, (first.page,))


def _telling(word: str) -> bool:
    return word[0].isdigit() or len(word) >= LEAST_LETTERS


def _shape(word: str) -> tuple[bool, bool]:
    return word[0].isdigit(), word[0].isupper()
