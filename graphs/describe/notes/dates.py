"""By when something is to be done, and whether a speaker means themselves: by the closed classes of `calendar.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CALENDAR = Path(__file__).with_name("calendar.toml")
WITHOUT_SPACES = frozenset(("zh", "ja"))
LARGEST_DAY = 31

_DAY_OF_MONTH = re.compile(r"\d{1,2}(?:st|nd|rd|th|\.|er|º|-?е|-?го)?|\d{1,2}:\d\d", re.IGNORECASE)
_EAST_ASIAN_DATE = re.compile(r"(?:\d{1,2}月)?\d{1,2}[日号號]")


@dataclass(frozen=True)
class Calendar:
    """The words of one language."""

    days: frozenset[str]
    months: frozenset[str]
    """Names of months that are other words too, and count beside a number only."""
    spans: frozenset[str]
    which: frozenset[str]
    joins: frozenset[str]
    parts: frozenset[str]
    self: frozenset[str]


@cache
def calendars() -> dict[str, Calendar]:
    """The calendars by ISO 639-1 code."""
    stored = tomllib.loads(CALENDAR.read_text(encoding="utf-8"))
    names = Calendar.__dataclass_fields__
    return {
        code: Calendar(**{name: frozenset(one.get(name, "").split()) for name in names}) for code, one in stored.items()
    }


@cache
def ordinals(language: str) -> frozenset[str]:
    """The words of ordinal and cardinal numbers up to 31, in lower case; none of a language that is not known."""
    from num2words import num2words

    known: set[str] = set()
    try:
        for number in range(1, LARGEST_DAY + 1):
            for kind in ("ordinal", "cardinal"):
                said = str(num2words(number, lang=language, to=kind)).casefold()
                known |= {said, *re.split(r"[\s-]+", said)}
    except (NotImplementedError, OverflowError, TypeError, ValueError):
        return frozenset()
    return frozenset(known) | {f"{one}n" for one in known} if language == "de" else frozenset(known)


def date_in(text: str, language: str) -> str:
    """The first date that a text names, in its own words; empty where it names none or the language is not known.

    >>> date_in("Please send it by the tenth of May.", "en"), date_in("Ich rufe nächste Woche an.", "de")
    ('the tenth of May', 'nächste Woche')
    >>> date_in("We may call them.", "en"), date_in("It closes tomorrow morning at nine.", "en")
    ('', 'tomorrow morning')
    """
    known = calendars().get(language)
    if known is None:
        return ""
    if language in WITHOUT_SPACES:
        if found := _EAST_ASIAN_DATE.search(text):
            return found[0]
        return next((day for day in sorted(known.days, key=len, reverse=True) if day in text), "")
    tokens = list(re.finditer(r"[^\s,.;:!?؟।]+(?::\d\d)?", text))
    said = [token[0].casefold() for token in tokens]
    for at, word in enumerate(said):
        if not names_a_day(said, at, known, language):
            continue
        first, last = at, at
        while first > 0 and belongs_before(said[first - 1], known, language):
            first -= 1
        while last + 1 < len(said) and (said[last + 1] in known.parts or is_ordinal(said[last + 1], language)):
            last += 1
        if word in known.spans and first == at and last == at:
            continue
        return text[tokens[first].start() : tokens[last].end()]
    return ""


def names_a_day(said: list[str], at: int, known: Calendar, language: str) -> bool:
    """Whether a word names a day, by itself or with what stands beside it."""
    word, beside = said[at], said[max(at - 2, 0) : at] + said[at + 1 : at + 2]
    if word in known.days:
        return True
    if word in known.months:
        return any(is_ordinal(one, language) for one in beside)
    return word in known.spans and any(one in known.which or one == "end" for one in said[max(at - 3, 0) : at + 2])


def belongs_before(word: str, known: Calendar, language: str) -> bool:
    """Whether a word before a date is part of it."""
    return word in known.joins or word in known.which or word in known.days or is_ordinal(word, language)


def is_ordinal(word: str, language: str) -> bool:
    """Whether a word is a day of the month, or a time, in figures or words."""
    return bool(_DAY_OF_MONTH.fullmatch(word)) or word in ordinals(language)


def names_oneself(text: str, language: str) -> bool:
    """Whether a speaker says “I”.

    >>> names_oneself("I'll call them.", "en"), names_oneself("Tom calls them.", "en")
    (True, False)
    """
    known = calendars().get(language)
    if known is None:
        return False
    if language in WITHOUT_SPACES:
        return any(word in text for word in known.self)
    said = re.findall(r"[^\s,.;:!?؟।]+", text.casefold().replace("’", "'"))
    return any(word in known.self for word in said)
