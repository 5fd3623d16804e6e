"""Times that a question speaks of: “at 2:15”, “in the last minute”, “between 1:00 and 2:00”."""

import re
from dataclasses import dataclass

from ....tools.records import Span
from .times_by_language import in_other_words

AROUND = 5.0
"""Seconds on either side of a moment that a question names."""
ENDS = 0.1
"""“At the beginning” and “at the end” mean this share of the video, but at least `ENDS_AT_LEAST`."""
ENDS_AT_LEAST = 15.0

_UNITS = {"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "min": 60, "mins": 60, "minute": 60, "minutes": 60}
_UNITS |= {"h": 3600, "hour": 3600, "hours": 3600}
_NUMBERS = {"half a": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "three": 3, "few": 3, "four": 4}
_NUMBERS |= {"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15}
_NUMBERS |= {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}

_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d+)?(?![\d:])"
_AMOUNT = rf"(?:(?P<number>\b\d+(?:\.\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\s+)?"
_UNIT = r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?)"
_HOURS, _MINUTES = (
    r"\d+\s*(?:h|hrs?|hours?)(?![a-z])\s*(?:and\s+)?",
    r"\d+\s*(?:m|mins?|minutes?)(?![a-z])\s*(?:and\s+)?",
)
_SECONDS = r"\d+(?:\.\d+)?\s*(?:s|secs?|seconds?)(?![a-z])"
_PARTS = rf"(?:{_HOURS}(?:{_MINUTES})?(?:{_SECONDS})?|{_MINUTES}{_SECONDS}|\d+['’′]\s*\d+(?:\"|”|″|''))"
"""Hours, minutes and seconds one after the other: `1h02m`, `1 min 5 s`, `2 minutes and 10 seconds`, `1'30"`."""
_MOMENT = rf"(?:{_CLOCK}|{_PARTS}|\d+(?:\.\d+)?\s*(?:seconds?|secs?|s|minutes?|mins?)\b|(?:second|minute)\s+\d+\b)"
_OF_THE_VIDEO = r"(?: of (?:the|this) (?:video|clip|film|movie|lecture|talk|trailer|recording)\b|(?=\s*(?:[?.,!;]|$)))"
"""What may follow “at the end” when it means the end of the video, and not that of a speech or a street."""


def seconds(text: str) -> float:
    """A moment in seconds.

    >>> seconds("2:15"), seconds("1:02:03"), seconds("75 s"), seconds("minute 3"), seconds("1h2m3s")
    (135.0, 3723.0, 75.0, 180.0, 3723.0)

    Raises:
        ValueError: the text is not a time.
    """
    text = text.strip().lower()
    if re.fullmatch(_CLOCK, text):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part.replace(",", "."))
        return total
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text):
        number, unit = match.groups()
        if not unit or unit in _UNITS:
            return float(number) * _UNITS.get(unit, 1)
    if match := re.fullmatch(r"(second|minute)\s+(\d+)", text):
        return float(match[2]) * _UNITS[match[1]]
    if re.fullmatch(_PARTS, text):
        units = {"h": 3600, "m": 60, "s": 1, "'": 60, "’": 60, "′": 60, '"': 1, "”": 1, "″": 1}
        return sum(
            float(number) * units[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)\s*([hms'’′\"”″])", text)
        )
    raise ValueError(f"not a time: {text!r}")


@dataclass(frozen=True)
class TimePhrase:
    """A stretch that a question names, and the words that named it."""

    span: Span
    words: str


def time_phrase(question: str, duration: float) -> TimePhrase | None:
    """The stretch of a video that the question is about, when it names one.

    Args:
        duration: of the video in seconds; stretches are cut to it.
    """
    text = question.lower()

    def within(start: float, end: float, words: str) -> TimePhrase:
        start = min(max(start, 0.0), duration)
        return TimePhrase(Span(start, max(start, min(end, duration))), words)

    between = rf"\b(?:between|from)\s+(?P<a>{_MOMENT})\s+(?:and|to|until|till|through|-|–)\s+(?P<b>{_MOMENT})"
    if match := re.search(between, text):
        start, end = sorted((seconds(match["a"]), seconds(match["b"])))
        return within(start, end, match[0])
    if match := re.search(rf"\b(?P<which>first|last|final|opening|closing)\s+{_AMOUNT}{_UNIT}\b", text):
        number = match["number"]
        amount = 1.0 if number is None else float(_NUMBERS.get(number) or number)
        length = amount * _UNITS[match["unit"]]
        at_the_start = match["which"] in ("first", "opening")
        return within(*((0, length) if at_the_start else (duration - length, duration)), match[0])
    if match := re.search(r"\b(?P<which>first|second|last)\s+(?P<part>half|third|quarter)\b", text):
        length = duration / {"half": 2, "third": 3, "quarter": 4}[match["part"]]
        start = {"first": 0.0, "second": length, "last": duration - length}[match["which"]]
        return within(start, start + length, match[0])
    if match := re.search(rf"\b(?P<side>before|until|after|since|past)\s+(?P<at>{_MOMENT})", text):
        at = seconds(match["at"])
        return within(0, at, match[0]) if match["side"] in ("before", "until") else within(at, duration, match[0])
    if match := re.search(rf"\b(?:at|around|about|near)\s+(?:the\s+)?(?P<at>{_MOMENT})(?:\s+mark)?", text):
        at = seconds(match["at"])
        return within(at - AROUND, at + AROUND, match[0])
    short = max(duration * ENDS, ENDS_AT_LEAST)
    if match := re.search(rf"\b(?:at|in|near) the (?:very )?(?:beginning|start|opening){_OF_THE_VIDEO}", text):
        return within(0, short, match[0])
    if match := re.search(rf"\b(?:at|in|near) the (?:very )?end(?:ing)?{_OF_THE_VIDEO}", text):
        return within(duration - short, duration, match[0])
    other = in_other_words(text, duration, AROUND, short)
    return within(*other) if other is not None else None
