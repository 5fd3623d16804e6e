"""How what is said would be written: telephone numbers, percentages, amounts and e-mail addresses.

A recogniser writes one number in many ways: `555 1234`, `5 5 5 1 2 3 4`, `five five five one two three four`. Beside
the text stands one form that they share, so that any of them is found by any other.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from .words import STOP_WORDS

LARGEST = 999
"""The largest number that is recognised when written in words; recognisers write larger ones in digits."""
CODE = 3
"""Digits said one by one from which they are one number."""
TELEPHONE = range(7, 16)
"""Digits of a telephone number: local ones have seven, and E.164 allows fifteen."""
GROUPS = {7: (3, 4), 10: (3, 3, 4), 11: (1, 3, 3, 4)}
"""How telephone numbers of so many digits are grouped in North America, whose grouping is the only fixed one."""
YEARS = range(1000, 2200)

UNITS = (
    ("km", "kilometers", "kilometers?|kilometres?"),
    ("km/h", "kilometers per hour", "kilomet(?:er|re)s? (?:per|an) hour|kph"),
    ("mph", "miles per hour", "miles (?:per|an) hour"),
    ("m", "meters", "meters?|metres?"),
    ("cm", "centimeters", "centimeters?|centimetres?"),
    ("mm", "millimeters", "millimeters?|millimetres?"),
    ("kg", "kilograms", "kilograms?|kilos?"),
    ("g", "grams", "grams?|grammes?"),
    ("mg", "milligrams", "milligrams?"),
    ("lb", "pounds", "pounds? of weight"),
    ("l", "liters", "liters?|litres?"),
    ("ml", "milliliters", "milliliters?|millilitres?"),
    ("°C", "degrees Celsius", "degrees? (?:celsius|centigrade)"),
    ("°F", "degrees Fahrenheit", "degrees? fahrenheit"),
    ("kW", "kilowatts", "kilowatts?"),
    ("MW", "megawatts", "megawatts?"),
    ("GW", "gigawatts", "gigawatts?"),
    ("kWh", "kilowatt hours", "kilowatt[- ]?hours?"),
    ("V", "volts", "volts?"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("MB", "megabytes", "megabytes?"),
    ("GB", "gigabytes", "gigabytes?"),
    ("TB", "terabytes", "terabytes?"),
    ("ha", "hectares", "hectares?"),
    ("%", "percent", "per ?cent|prozent|pour cent|por ciento|por cento|per cento|procent"),
    ("€", "euros", "euros?"),
    ("$", "dollars", "dollars?"),
    ("£", "pounds sterling", "pounds? sterling"),
    ("¥", "yen", "yen"),
)
"""Symbols, what is said for them, and that as a regular expression with its variants: SI, what is used beside it, and
currencies. “Pounds” alone has no symbol: weight or money may be meant."""
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

AT = {"en": "at", "de": "at|ät|klammeraffe", "fr": "arobase|at", "es": "arroba", "pt": "arroba", "it": "chiocciola|at"}
DOT = {"en": "dot", "de": "punkt|dot", "fr": "point", "es": "punto", "pt": "ponto", "it": "punto"}
"""What is said for the signs of an address, by language."""
BEFORE_ADDRESS = frozenset(("to", "is", "an", "ist", "à", "est", "a", "es", "è", "address", "contact", "write", "ask"))
"""What stands before an address and not before another word that something is `at`."""

NUMBER = r"\d+(?:[.,]\d+)*"


def written_forms(text: str, language: str = "en") -> tuple[str, ...]:
    """The written forms of what is said, but for those that stand in the text already; in order, each once.

    Args:
        text: what a recogniser wrote.
        language: ISO 639-1 code of what is spoken.

    >>> written_forms("Call five five five, one two three four.")
    ('555-1234', '5551234')
    >>> written_forms("It grew by twenty-three percent to 3.5 million.")
    ('23 %', '3,500,000')
    >>> written_forms("Write to jane dot doe at example dot org.")
    ('jane.doe@example.org',)
    """
    hundredths = next(names for symbol, _, names in UNITS if symbol == "%")
    digits = in_digits(re.sub(rf"\b(?:{hundredths})\b", "percent", text, flags=re.IGNORECASE), language)
    there, forms = [text.casefold()], []
    for form in (*_called(digits), *_measured(digits), *_addressed(text, language or "en")):
        if not any(form.casefold() in one for one in there):
            there.append(form.casefold())
            forms.append(form)
    return tuple(forms)


def in_digits(text: str, language: str = "en") -> str:
    """A text with numbers that are written in words in digits.

    >>> in_digits("twenty-three people and double oh seven")
    '23 people and 0 0 7'
    """
    known = _number_words(language)
    if not known:
        return text
    longest = max(map(len, known))
    pieces = re.split(r"(\w+)", text)  # what is between words stands at even places
    words = [piece.casefold() for piece in pieces[1::2]]
    written, at = [pieces[0]], 0
    while at < len(words):
        value, taken = _number_at(words, pieces, at, known, longest, language)
        written += [pieces[2 * at + 1] if value is None else value, pieces[2 * (at + taken)]]
        at += taken
    return "".join(written)


def _number_at(
    words: Sequence[str],
    pieces: Sequence[str],
    at: int,
    known: Mapping[tuple[str, ...], int],
    longest: int,
    language: str,
) -> tuple[str | None, int]:
    """The number that begins with a word, in digits, and how many words it takes; None where none begins."""
    for size in range(min(longest, len(words) - at), 0, -1):
        between = pieces[2 * at + 2 : 2 * (at + size) : 2]
        if all(re.fullmatch(r"[\s-]+", gap) for gap in between) and tuple(words[at : at + size]) in known:
            return str(known[tuple(words[at : at + size])]), size
    times = {"double": 2, "triple": 3}.get(words[at]) if language == "en" else None
    if times and at + 1 < len(words) and len(digit := str(known.get((words[at + 1],), "none"))) == 1:
        return " ".join([digit] * times), 2
    return None, 1


@cache
def _number_words(language: str) -> dict[tuple[str, ...], int]:
    """The words for each number up to `LARGEST`; none for a language in which they are not known."""
    from num2words import num2words

    known: dict[tuple[str, ...], int] = {}
    try:
        for number in range(LARGEST + 1):
            said = str(num2words(number, lang=language or "en")).casefold()
            known.setdefault(tuple(re.findall(r"\w+", said)), number)
            known.setdefault(tuple(re.findall(r"\w+", said.replace(" and ", " "))), number)
    except (NotImplementedError, OverflowError, TypeError, ValueError):
        return {}
    if language == "en":
        known |= {("oh",): 0, ("o",): 0}
    return known


def _called(text: str) -> Iterator[str]:
    """Numbers that are said digit by digit or in groups."""
    one_by_one = re.sub(r"(?<=\b\d),\s?(?=\d\b)", " ", text)
    for found in re.finditer(r"(?<![\w.,:/-])\+?\(?\d(?:[\s().-]{0,2}\d){2,}(?![\w:/%]|[.,]\d)", one_by_one):
        said = found[0]
        groups = re.findall(r"\d+", said)
        digits = "".join(groups)
        if _digit_by_digit(groups) or ((said.startswith("+") or _grouped(said, groups)) and len(digits) in TELEPHONE):
            area = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
            if len(digits) in GROUPS and area[0] not in "01" and not (len(digits) == 11 and area is digits):
                yield _cut(digits, GROUPS[len(digits)])
            yield digits


def _digit_by_digit(groups: Sequence[str]) -> bool:
    """Whether digits are said singly, and not to count."""
    if len(groups) < CODE or sum(len(group) > 1 for group in groups) > len(groups) // 4:
        return False
    steps = {int(later) - int(sooner) for sooner, later in itertools.pairwise(groups)}
    return steps not in ({1}, {-1})


def _grouped(said: str, groups: Sequence[str]) -> bool:
    """Whether groups of digits are a telephone number rather than a date, a stretch of years or a large number."""
    sizes = [len(group) for group in groups]
    if len(groups) == 1:
        return sizes[0] in (7, 10)
    date = (sizes[0] == 4 and max(sizes[1:]) <= 2) or (len(sizes) == 3 and sizes[2] == 4 and max(sizes[:2]) <= 2)
    years = all(size == 4 and int(group) in YEARS for size, group in zip(sizes, groups, strict=True))
    large = sizes[0] <= 3 and set(sizes[1:]) == {3}
    dotted = "." in said and (max(sizes) > 4 or min(sizes) < 2 or set(sizes) == {3})
    return not (date or years or large or dotted) and max(sizes) <= 8


def _cut(digits: str, sizes: Sequence[int]) -> str:
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return "-".join(digits[end - size : end] for end, size in zip(ends, sizes, strict=True))


def _measured(text: str) -> Iterator[str]:
    """Amounts with the symbol of their unit, and large numbers in digits."""
    for sign, hundreds, rest in re.findall(r"([$€£])(\d{1,3}00) and \1(\d{1,2})(?!\d|[.,]\d)", text):
        yield f"{sign}{int(hundreds) + int(rest)}"  # “four hundred and twenty-nine dollars”, as recognisers write it
    scales = "|".join(SCALES)
    for found in re.finditer(rf"(?<![\w.,])({NUMBER})(?: ({scales}))?\b", text, re.IGNORECASE):
        number, scale = found[1], (found[2] or "").casefold()
        if scale and re.fullmatch(r"\d+(?:\.\d+)?", number):
            yield f"{round(float(number) * SCALES[scale]):,}"
        if unit := _unit_after(text[found.end() :]):
            yield f"{number}{f' {scale}' * bool(scale)} {unit}"


def _unit_after(rest: str) -> str:
    """The unit that a text begins with: its symbol where a name stands there, its name where the symbol does."""
    longest, other = 0, ""
    for symbol, name, names in UNITS:
        for pattern, meant, case in ((names, symbol, re.IGNORECASE), (re.escape(symbol), name, 0)):
            found = re.match(rf"[\s-]?(?:{pattern})(?![\w/])", rest, case)
            if found and found.end() > longest:
                longest, other = found.end(), meant
    return other


def _addressed(text: str, language: str) -> Iterator[str]:
    """E-mail addresses and names of servers that are said with words for their signs."""
    at, dot = AT.get(language, AT["en"]), DOT.get(language, DOT["en"])
    part = r"[^\W_][\w-]*"
    name = rf"{part}(?:(?:\s(?:{dot})\s|\.){part})*"
    server = rf"{part}(?:(?:\s(?:{dot})\s|\.){part})*(?:\s(?:{dot})\s|\.)[^\W\d_]{{2,6}}"

    def signs(said: str) -> str:
        return re.sub(rf"\s(?:{dot})\s", ".", said, flags=re.IGNORECASE).casefold()

    for found in re.finditer(rf"(?:(\w+)[\s:,]+)?({name})\s(?:{at})\s({server})\b", text, re.IGNORECASE):
        before, local = (found[1] or "").casefold(), signs(found[2])
        address = "." in local or "mail" in text.casefold() or before in BEFORE_ADDRESS
        if address and len(local) > 2 and local not in STOP_WORDS:
            yield f"{local}@{signs(found[3])}"
        else:
            yield signs(found[3])
    for found in re.finditer(rf"\b{part}(?:\s(?:{dot})\s{part})*\s(?:{dot})\s[a-z]{{2,3}}\b", text, re.IGNORECASE):
        yield signs(found[0])
