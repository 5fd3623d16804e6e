"""By how much two numbers differ that the video gives of one thing, where a question asks for that."""

from collections.abc import Sequence
from itertools import combinations

from ....tools.quantities import Quantity, quantities
from ....tools.words import stem

APART = 10.0
"""How many times the smaller number the larger may be: numbers further apart are hardly of one thing."""
ALIKE = 2.0
"""The same where another word follows each: “instead of 300 euros it cost 270 in all”."""


def difference(texts: Sequence[str], question: str, language: str) -> str | None:
    """The difference of the two numbers that belong together most, as it is reckoned; `None` where there are no two.

    Two numbers belong together where they have one unit, or where one is given without a unit, as in “150 minutes, and
    I got 112”; more so where the question names the unit. Of equals the first two are taken.

    Args:
        texts: what answers, the best first; both numbers are taken from one of them.
        question: names the unit, perhaps.
        language: of the texts, ISO 639-1 code.

    >>> difference(["Stalls are 12 pounds, or 8 for charities."], "How much less do charities pay?", "en")
    '12 − 8 = 4 (pounds).'
    """
    asked = {stem(word.strip("?!.,;:").casefold()) for word in question.split()}
    best: tuple[float, str] = (0.0, "")
    for text in texts:
        for pair in combinations(quantities(text, language), 2):
            together = _together(*pair)
            fits = together + 2 * _named(pair, asked) if together else 0.0
            if fits > best[0]:
                best = fits, _reckoned(*pair)
    return best[1] or None


def _together(one: Quantity, other: Quantity) -> float:
    """How much speaks for two numbers being of one thing; 0 where nothing does."""
    low, high = sorted((one.value, other.value))
    if low <= 0 or low == high or high / low > APART:
        return 0.0
    if one.unit and stem(one.unit) == stem(other.unit):
        return 2.0
    if one.unit and other.unit:
        return 0.5 if high / low <= ALIKE else 0.0
    return 1.0


def _named(pair: tuple[Quantity, Quantity], asked: set[str]) -> bool:
    return any(one.unit and stem(one.unit) in asked for one in pair)


def _reckoned(one: Quantity, other: Quantity) -> str:
    larger, smaller = (one, other) if one.value > other.value else (other, one)
    unit = one.unit or other.unit
    return f"{larger.written} − {smaller.written} = {larger.value - smaller.value:,.10g}{f' ({unit})' if unit else ''}."
