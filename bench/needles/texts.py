"""The words of needles: made-up secret words, and lists of what they belong to. Nothing is handed out twice."""

import random
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...tools.errors import UsageError

SOURCE = Path(__file__).with_name("texts.toml")

ONSETS = "b br c d dr f g gr h j k l m n p pr r s st t tr v z".split()
VOWELS = "a e i o u".split()
CODAS = ["", "", "", "l", "n", "r", "s", "m"]

LEAST_DIFFERENCE = 3
"""Letters by which two secret words differ at least, so that no misread letter turns one into another."""


@cache
def lists() -> dict[str, Any]:
    """What `texts.toml` holds; the word lists as tuples, in which `#` stands for a space."""
    found = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    return {
        name: tuple(word.replace("#", " ") for word in value.split()) if isinstance(value, str) else value
        for name, value in found.items()
    }


class Texts:
    """Hands out words, each once, and puts them into questions.

    Args:
        dice: where chance comes from.
        wordings: `first` or `second`.

    Raises:
        UsageError: there are no such wordings.
    """

    def __init__(self, dice: random.Random, wordings: str = "first") -> None:
        if wordings not in lists()["asked"]:
            raise UsageError(f"no wordings {wordings!r}; there are {', '.join(lists()['asked'])}")
        self._wordings = wordings
        self._dice = dice
        self._words: list[str] = []
        self._left: dict[str, Iterator[str]] = {}

    def word(self) -> str:
        """A made-up word such as `Bresonil`, unlike every word before it."""
        from rapidfuzz.distance import Levenshtein

        while True:
            syllables = [
                self._dice.choice(ONSETS) + self._dice.choice(VOWELS) + self._dice.choice(CODAS) for _ in range(3)
            ]
            word = "".join(syllables).capitalize()
            if len(word) <= 9 and all(
                Levenshtein.distance(word, other, score_cutoff=LEAST_DIFFERENCE) >= LEAST_DIFFERENCE
                for other in self._words
            ):
                self._words.append(word)
                return word

    def asked(self, name: str, **values: str) -> str:
        """A question by its name in `texts.toml`."""
        return lists()["asked"][self._wordings][name].format(**values)

    def form(self, said: Mapping[str, str]) -> str:
        """The question about a sentence that is said, with its places."""
        return said["question" if self._wordings == "first" else "again"]

    def next(self, name: str) -> str:
        """The next word of one of the lists, which are shuffled first.

        Raises:
            UsageError: all of them have been handed out.
        """
        if name not in self._left:
            words = list(lists()[name])
            self._dice.shuffle(words)
            self._left[name] = iter(words)
        try:
            return next(self._left[name])
        except StopIteration:
            raise UsageError(f"{SOURCE.name}: the list {name!r} has only {len(lists()[name])} words") from None
