"""Numbers in a text, with what they count or measure."""

import re
from dataclasses import dataclass

from .words import STOP_WORDS
from .written_forms import SCALES, in_digits

_FIGURES = r"\d+(?:[.,]\d+)*"
_SCALE = "|".join((*SCALES, "millionen", "millones", "millón", "millions", "milliards", "milliarden", "mio", "mrd"))
_QUANTITY = re.compile(
    rf"(?P<sign>[$€£¥]\s?)?(?<![\w.,])(?P<figures>{_FIGURES})(?:\s?(?P<scale>{_SCALE})\b\.?)?"
    r"(?:[\s-]?(?P<unit>[%°$€£¥]\w?|[^\W\d_]+))?",
    re.IGNORECASE,
)
_OF_SCALE = {"millionen": "million", "millones": "million", "millón": "million", "millions": "million",
             "milliards": "billion", "milliarden": "billion", "mio": "million", "mrd": "billion"}  # fmt: skip
_WRITTEN_BESIDE = re.compile(r"\s\([^)]*\)$")
"""The written forms that stand behind what is said."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text."""

    value: float
    written: str
    """Its figures, as in `112`, `£8` or `2.1 million`."""
    unit: str
    """The sign beside it or else the word after it, in lower case, which may be no unit; empty where nothing follows or
    an English function word."""


def quantities(text: str, language: str = "en") -> list[Quantity]:
    """The numbers of a text in order, those in words too.

    Args:
        text: what is said or written.
        language: ISO 639-1 code.

    >>> [(one.value, one.unit) for one in quantities("They promise 150 minutes. The best I got was 112.")]
    [(150.0, 'minutes'), (112.0, '')]
    >>> [(one.value, one.written, one.unit) for one in quantities("Profit fell from £2.8 million to 2.1 million")]
    [(2800000.0, '2.8 million', '£'), (2100000.0, '2.1 million', '')]
    """
    said = _WRITTEN_BESIDE.sub("", text)
    said = re.sub(r"\ban? (?=hundred|thousand|million|billion|trillion)", "one ", said, flags=re.IGNORECASE)
    found = []
    for match in _QUANTITY.finditer(in_digits(said, language)):
        scale = (match["scale"] or "").casefold()
        sign, unit = (match["sign"] or "").strip(), (match["unit"] or "").casefold()
        times = SCALES[_OF_SCALE.get(scale, scale)] if scale else 1
        unit = "" if unit in STOP_WORDS else unit
        written = f"{match['figures']}{f' {scale}' if scale else ''}"
        found.append(Quantity(value_of(match["figures"]) * times, written, sign or unit))
    return found


def value_of(figures: str) -> float:
    """The number that figures write; where groups of three follow a sign it parts thousands.

    >>> value_of("1,250"), value_of("3,8"), value_of("18.400")
    (1250.0, 3.8, 18400.0)
    """
    thousands = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", figures)
    plain = re.sub(r"[.,]", "", figures) if thousands else figures.replace(",", ".")
    try:
        return float(plain)
    except ValueError:  # a version or a date, as in 1.2.3
        return float(re.sub(r"\D", "", figures))
