"""Words that carry meaning: what lexical search and support checks compare."""

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer

STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further get gets had has have having he her here hers him
    his how i if in into is it its itself just let like me more most my no nor not now of off on once one only or other
    our out over own per please same she should show shown shows so some such tell than that the their them then there
    these they this those through to too under until up very was we were what when where which while who whom whose why
    will with would you your""".split()
)
"""English function words; a question keeps its meaning without them."""

KNOWN_STEMS = 1 << 16
"""Words whose stems are remembered: more than hours of speech have."""


def _marks() -> str:
    """The signs that are no letters but belong to a word, as Devanagari's vowels, for a regular expression's class."""
    blocks = chain(range(0x300, 0x20D0), range(0xA800, 0xAC00))  # every script in use that has marks
    return re.escape("".join(char for char in map(chr, blocks) if unicodedata.category(char)[0] == "M"))


_WORD = re.compile(
    r"(?:[^\W_][MARKS]*)+(?:['’](?:[^\W_][MARKS]*)+)*(?:[.,:]\d+)*".replace("MARKS", _marks()), re.UNICODE
)


def folded(text: str) -> str:
    """Lower case without accents, so that “Café” and “cafe” are one word."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def one_line(text: str) -> str:
    """A text with its line ends and runs of spaces as single spaces."""
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """Words and numbers of a text in order, folded.

    >>> words("Café: 3.5 MW, isn’t it?")
    ['cafe', '3.5', 'mw', "isn't", 'it']
    """
    return [word.replace("’", "'") for word in _WORD.findall(folded(text))]


def spelled(text: str) -> list[tuple[str, str]]:
    """The words of a text as `words` gives them, each with what stands between it and the next.

    >>> spelled("A bus, a car.")
    [('a', ' '), ('bus', ', '), ('a', ' '), ('car', '.')]
    """
    whole = folded(text)
    found = list(_WORD.finditer(whole))
    ends = [*(match.start() for match in found[1:]), len(whole)]
    return [(match[0].replace("’", "'"), whole[match.end() : end]) for match, end in zip(found, ends, strict=False)]


@lru_cache(KNOWN_STEMS)
def stem(word: str) -> str:
    """A stem that makes plural and singular, or forms of one verb, compare equal (Snowball's English stemmer).

    >>> stem("turbines") == stem("turbine"), stem("running") == stem("run"), stem("studies") == stem("study")
    (True, True, True)
    """
    return _stemmer().stemWord(word) if word.replace("'", "").isalpha() else word


_stemmers = threading.local()


def _stemmer() -> "BaseStemmer":
    """One a thread: a stemmer holds the word that it works on."""
    if not hasattr(_stemmers, "english"):
        import snowballstemmer

        _stemmers.english = snowballstemmer.stemmer("english")
    return _stemmers.english


def content_words(text: str, without: Iterable[str] = ()) -> list[str]:
    """Stems of the words that carry meaning, each once, in order.

    Args:
        without: further words that mean nothing here, such as “slide” in a question about slides.
    """
    skip = STOP_WORDS.union(without)
    return list(dict.fromkeys(stem(word) for word in words(text) if word not in skip))


def spoken_numbers(text: str) -> set[str]:
    """Stems of a text's words, with every number in figures also as the words that say it.

    >>> sorted(spoken_numbers("42 cm"))
    ['42', 'cm', 'forti', 'two']
    """
    from num2words import num2words

    said = set()
    for word in words(text):
        said.add(stem(word))
        if word.replace(",", "").isdecimal() and len(word) <= 12:
            said |= {stem(part) for part in words(num2words(int(word.replace(",", "")))) if part != "and"}
    return said


_NUMBER_WORDS = frozenset(
    stem(word)
    for word in """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
    billion""".split()
)


def is_number(word: str) -> bool:
    """Whether a stem is a number, in figures or in words; “one” is more often a pronoun and does not count."""
    return any(char.isdigit() for char in word) or word in _NUMBER_WORDS


def coverage(wanted: Iterable[str], text: str) -> float:
    """Share of the wanted stems that a text holds, 0..1; 0 when nothing is wanted. “9” and “nine” are the same.

    >>> coverage(["nine", "month"], "It ends after 9 months"), coverage(["9", "month"], "It ends after nine months")
    (1.0, 1.0)
    """
    wanted = list(wanted)
    if not wanted:
        return 0.0
    there = {stem(word) for word in words(text)}
    if any(is_number(word) and word not in there for word in wanted):
        there |= spoken_numbers(text)
    return sum(word in there or said(word) <= there for word in wanted) / len(wanted)


def said(stem: str) -> set[str]:
    """The words that say a number in figures; of any other stem, itself."""
    return spoken_numbers(stem) - {stem} or {stem} if stem.isdecimal() else {stem}
