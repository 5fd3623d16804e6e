"""The ways in which a text may be read, as words: so that “€1,500”, “fifteen hundred euros” and “1.500 Euro” meet.

A reading is a tuple of words without case, accents and punctuation, with numbers in figures and units in one spelling.
A text has several readings where its language or a number's meaning is open: “nineteen eighty” is a year, or two
numbers.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from ...tools.words import folded

Reading = tuple[str, ...]

SPELLED = ("ar", "de", "en", "es", "fr", "it")
"""Languages whose number words are read; figures and Chinese numerals always are."""

_NUMBER = r"\d+(?:\.\d+)?"

_SIGNS = {"€": "euro", "$": "dollar", "£": "pound", "¥": "yen", "%": "percent", "°": "degree", "&": "and"}

_UNITS = {
    "euro": "euros eur",
    "dollar": "dollars usd",
    "pound": "pounds gbp pfund libras livres",
    "percent": "prozent",
    "degree": "degrees grad grados degres",
    "km": "kilometre kilometres kilometer kilometers kilometern kilometro kilometros",
    "m": "metre metres meter meters metern metro metros",
    "cm": "centimetre centimetres centimeter centimeters zentimeter zentimetern centimetro centimetros",
    "mm": "millimetre millimetres millimeter millimeters milimetro milimetros",
    "kg": "kilo kilos kilogram kilograms kilogramme kilogrammes kilogramm kilogramo kilogramos",
    "g": "gram grams gramme grammes gramm gramo gramos",
    "l": "litre litres liter liters litern litro litros",
    "h": "hr hrs hour hours stunde stunden heure heures hora horas",
    "min": "mins minute minutes minuten minuto minutos",
    "s": "sec secs seconds sekunde sekunden seconde secondes segundo segundos",
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
"""Without “second”, which is an ordinal as well."""

_SCALES = {
    "hundred": 100, "thousand": 1000, "tausend": 1000, "mille": 1000, "mil": 1000, "million": 10**6, "millions": 10**6,
    "millionen": 10**6, "millones": 10**6, "mio": 10**6, "billion": 10**9, "billions": 10**9, "milliarde": 10**9,
    "milliarden": 10**9, "milliard": 10**9, "milliards": 10**9, "mrd": 10**9, "万": 10**4, "亿": 10**8, "الف": 1000,
    "مليون": 10**6,
}  # fmt: skip

_LATIN_SCALES = "|".join(sorted((word for word in _SCALES if word.isascii()), key=len, reverse=True))

_ONE = frozenset("a an one eine un une una".split())
"""Before a scale, as in “a million”."""

_MONTHS = """january february march april may june july august september october november december
    januar februar marz april mai juni juli august september oktober november dezember
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"""
_MONTH = frozenset(_MONTHS.split())

_OF = frozenset({"of", "de", "del", "the"})

_CHINESE = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_CHINESE_SCALES = {"十": 10, "百": 100, "千": 1000}

_SAID_WITH_HOURS = frozenset({"oclock", "uhr"})

_ARABIC_LETTERS = str.maketrans({"ة": "ه", "ى": "ي", "ـ": ""})
_ARABIC_PREFIX = re.compile(r"^[وف]?(?:[بلك]?ال|لل)(?=\w{2})")

_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|dell|nell|sull|all)['’](?=\w)")
"""An article or pronoun that has lost its vowel before the word, as in French and Italian."""

_WORD = re.compile(rf"{_NUMBER}|[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)*")


def readings(text: str, languages: Iterable[str]) -> frozenset[Reading]:
    """All readings of a text.

    Args:
        text: an answer, or a string that a right answer holds.
        languages: codes (`en`) of those that it may be in.

    >>> ("430000", "euro") in readings("€430,000", ["en"])
    True
    >>> holds(readings("It was four hundred and thirty thousand euros.", ["en"]), readings("430 000 €", ["en"]))
    True
    """
    words = _words(text)
    found: set[Reading] = set()
    for language in dict.fromkeys(["", *languages]):
        for years in (True, False):
            counted = _counted(words, language, years)
            found |= {tuple(counted), tuple(_dates(counted)), tuple(_joined(counted))}
    return frozenset(found)


def holds(text: frozenset[Reading], wanted: frozenset[Reading]) -> bool:
    """Whether a text has the words of a string one after another, in any of their readings."""
    return any(_at(words, other) for words in wanted if words for other in text)


def _at(words: Reading, text: Reading) -> bool:
    return any(text[at : at + len(words)] == words for at in range(len(text) - len(words) + 1))


def _words(text: str) -> list[str]:
    """Words and figures, with number words still as they were written."""
    text = re.sub(r"(?<=\d)\s?½", ".5", text)
    text = "".join(str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char for char in text)
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th|er|[eè]re|re|[eè]?me|e|º|ª)\b", "", text, flags=re.IGNORECASE)
    text = _letters(text)
    text = re.sub(r"(?<![\d.,])(\d{1,2})[.h](\d{2})(?=\s?(?:uhr|am|pm|a\.m|p\.m)\b)", r"\1:\2", text)
    text = re.sub(r"\b(\d{1,2})h(\d{2})\b", r"\1:\2", text)
    text = re.sub(r"\b(\d{1,2}):00\b(?!:)", r"\1", text)
    # Grouped thousands, a comma as decimal point, noughts that say nothing.
    text = re.sub(r"(?<![\d.,])\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?!\d)", lambda m: re.sub(r"\D", "", m[0]), text)
    text = re.sub(r"(?<![\d.,:])(\d+)[.,](\d+)(?![\d.,:]*\d)", lambda m: f"{m[1]}.{m[2]}".rstrip("0").rstrip("."), text)
    text = re.sub(rf"([€$£¥])\s*({_NUMBER}(?:\s*(?:{_LATIN_SCALES})\b)?)", r"\2 \1 ", text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, f" {word} ")
    text = re.sub(r"\b(?:per cent|pour cent|por ciento)\b", "percent", text)
    text = re.sub(r"\bno one\b", "nobody", text)
    found = []
    for word in _WORD.findall(text):
        bare = _ELIDED.sub("", re.sub(r"['’]s$", "", word)).replace("’", "").replace("'", "")
        if bare not in _SAID_WITH_HOURS:
            found.append(_UNIT.get(bare, _ARABIC_PREFIX.sub("", bare)))
    return _chinese(found)


def _letters(text: str) -> str:
    """Without case and accents, one spelling of Arabic letters, and German thousands apart from what follows them."""
    return re.sub(r"(?<=[a-z])tausend(?=[a-z])", "tausend ", folded(text).translate(_ARABIC_LETTERS))


def _chinese(words: Sequence[str]) -> list[str]:
    """Runs of Chinese numerals as figures."""
    out: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if word in _CHINESE or word in _CHINESE_SCALES:
            run.append(word)
            continue
        if run:
            out.append(str(_chinese_number(run)))
            run = []
        out.append(word)
    return out[:-1]


def _chinese_number(run: Sequence[str]) -> int:
    if not any(char in _CHINESE_SCALES for char in run):
        return int("".join(str(_CHINESE[char]) for char in run))
    total, digit = 0, None
    for char in run:
        if char in _CHINESE:
            digit = _CHINESE[char]
        else:
            total += (1 if digit is None else digit) * _CHINESE_SCALES[char]
            digit = None
    return total + (digit or 0)


@cache
def _spelled(language: str) -> dict[Reading, str]:
    """Number words of a language, as words, with their figures."""
    if language not in SPELLED:
        return {}
    from num2words import num2words

    table: dict[Reading, str] = {}
    for number in (*range(1000), *range(1000, 10000, 100), *range(2001, 2100), *range(1000, 100000, 1000)):
        said = num2words(number, lang=language)
        _enter(table, said, number)
        _enter(table, re.sub(r"^(?:one|ein)(?=\s?(?:hundred|thousand|hundert|tausend))", "", said), number)
        if language == "en":
            _enter(table, re.sub("^one(?= (?:hundred|thousand)$)", "a", said), number)
        if language == "es":
            _enter(table, said.replace("cientos", "cientas"), number)
    for number in range(1, 101):
        said = num2words(number, lang=language, to="ordinal")
        for end in {"de": ("", "n", "r", "s", "m")}.get(language, ("",)):
            _enter(table, said + end, number)
        if language in {"es", "it"}:
            _enter(table, re.sub("o$", "a", said), number)
        if language == "fr" and number == 1:
            _enter(table, "première", number)
    return table


@cache
def _years(language: str) -> dict[Reading, str]:
    """Years as they are said in hundreds: “nineteen eighty-four”."""
    if language not in {"de", "en"}:
        return {}
    from num2words import num2words

    table: dict[Reading, str] = {}
    for number in range(1100, 2100):
        _enter(table, num2words(number, lang=language, to="year"), number)
        if number >= 2010 and language == "en":
            _enter(table, f"{num2words(number // 100)} {num2words(number % 100)}", number)
    return table


def _enter(table: dict[Reading, str], said: str, number: int) -> None:
    words = tuple(_WORD.findall(_letters(said)))
    for form in (words, tuple(word for word in words if word != "and")):
        if form not in _NO_NUMBER:
            table.setdefault(form, str(number))


_NO_NUMBER: frozenset[Reading] = frozenset({(), ("un",), ("una",), ("une",), ("ein",), ("eine",)})
"""More often articles than numbers."""


def _counted(words: Sequence[str], language: str, years: bool) -> list[str]:
    """Number words in figures, scales multiplied in, and what belongs together added up."""
    table = _spelled(language) | (_years(language) if years else {})
    longest = max(map(len, table), default=0)
    out: list[str] = []
    spoken: list[bool] = []
    at = 0
    while at < len(words):
        size = next((n for n in range(min(longest, len(words) - at), 0, -1) if tuple(words[at : at + n]) in table), 0)
        word, scale = table[tuple(words[at : at + size])] if size else words[at], _SCALES.get(words[at], 0)
        if scale and size <= 1 and out and (_is_number(out[-1]) or out[-1] in _ONE):
            count = float(out[-1]) if _is_number(out[-1]) else 1.0
            out[-1], spoken[-1] = _figures(count * scale), True
        else:
            out.append(word)
            spoken.append(bool(size))
        at += max(size, 1)
    return _fractions(_added(out, spoken))


def _added(words: Sequence[str], spoken: Sequence[bool]) -> list[str]:
    """Spoken numbers that go on with the next one as their sum: 12000 and 345."""
    out: list[str] = []
    for at, word in enumerate(words):
        if at and spoken[at] and spoken[at - 1] and _fits_after(out[-1], word):
            out[-1] = str(int(out[-1]) + int(word))
        else:
            out.append(word)
    return out


def _is_number(word: str) -> bool:
    return re.fullmatch(_NUMBER, word) is not None


def _figures(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _fits_after(one: str, other: str) -> bool:
    """Whether a number goes on with another, as 12000 with 345."""
    if not (one.isdigit() and other.isdigit()) or int(one) < 100 or int(other) == 0:
        return False
    return one.endswith("0" * max(len(other), 2))


def _fractions(words: Sequence[str]) -> list[str]:
    """“Three and a half”, “one point five” and “half past two” in figures."""
    text = " ".join(words)
    text = re.sub(r"\b(half|quarter) past (\d+)\b", lambda m: f"{m[2]} {30 if m[1] == 'half' else 15}", text)
    text = re.sub(r"\bquarter to (\d+)\b", lambda m: f"{int(m[1]) - 1} 45", text)
    text = re.sub(r"\b(\d+) (?:and a half|und ein halb|et demie?|y medi[ao])\b", r"\1.5", text)
    text = re.sub(
        r"\b(\d+) (?:point|komma|virgule|coma) ((?:\d )*\d)\b", lambda m: f"{m[1]}.{m[2].replace(' ', '')}", text
    )
    return text.split()


def _dates(words: Sequence[str]) -> list[str]:
    """Every day before its month: “June 14” and “the 14th of June” as “14 june”."""
    out = list(words)
    for at in range(len(out) - 1):
        if out[at] in _MONTH and out[at + 1].isdigit() and int(out[at + 1]) <= 31:
            out[at], out[at + 1] = out[at + 1], out[at]
    bare: list[str] = []
    for at, word in enumerate(out):
        of_a_month = word in _OF and 0 < at < len(out) - 1 and out[at - 1].isdigit() and out[at + 1] in _MONTH
        if not of_a_month:
            bare.append(word)
    return bare


def _joined(words: Sequence[str]) -> list[str]:
    """Figures one after another as one: a telephone number, however it was grouped."""
    out: list[str] = []
    for word in words:
        if word.isdigit() and out and out[-1].isdigit():
            out[-1] += word
        else:
            out.append(word)
    return out
