"""Words that carry meaning: what lexical search and support checks compare."""

import re
import unicodedata
from collections.abc import Iterable

STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further get gets had has have having he her here hers him
    his how i if in into is it its itself just let like me more most my no nor not now of off on once one only or other
    our out over own per please same she should show shown shows so some such tell than that the their them then there
    these they this those through to too under until up very was we were what when where which while who whom whose why
    will with would you your""".split()
)
"""English function words; a question keeps its meaning without them."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:[.,:]\d+)*", re.UNICODE)


def folded(text: str) -> str:
    """Lower case without accents, so that “Café” and “cafe” are one word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Words and numbers of a text in order, folded.

    >>> words("Café: 3.5 MW, isn’t it?")
    ['cafe', '3.5', 'mw', "isn't", 'it']
    """
    return [word.replace("’", "'") for word in _WORD.findall(folded(text))]


def stem(word: str) -> str:
    """A crude stem that makes plural and singular, or tenses of one verb, compare equal.

    >>> stem("turbines") == stem("turbine"), stem("buckets"), stem("studies") == stem("study")
    (True, 'bucket', True)
    """
    word = word.removesuffix("'s")
    if len(word) <= 3 or not word.isalpha():
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and not word.endswith(("ss", "us", "is")) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    return word.removesuffix("e") if len(word) > 4 else word


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
    ['42', 'cm', 'forty', 'two']
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
