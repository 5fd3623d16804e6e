"""Times that a question names in other languages than English, by the closed classes of words of `times.toml`.

A clock time, as `2:15`, is the same in all of them: two are a stretch, one is a moment or, with a word for before or
after beside it, one side of it. Lengths (“die ersten 30 Sekunden”) are told by a word for first or last and a unit.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("times.toml")
CLOCK = r"(?<![\d:])(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d+)?(?![\d:])"
BESIDE = r"[\s:,’']{0,2}(?:\w{1,3}\s)?"
"""What may stand between a word and the time that it belongs to: a space, an article."""
DAY = re.compile(
    rf"{CLOCK}\s*(?:uhr|h\b|hs\b|heures|am\b|pm\b|a\.m|p\.m)"
    rf"|\b(?:um|a las?|às|alle)\s*{CLOCK}|(?:上午|下午|午前|午後)\s*{CLOCK}"
)
"""A time of day, which is no time in a video."""

NUMBER = r"(\d+(?:[.,]\d+)?)"
OF_THE_VIDEO = (
    r"\s(?:des|dieses|del|de la|du|de ce|do|deste)\s(?:\w+\s)?"
    r"(?:videos?|vidéo|vídeo|películas?|films?|filmes?|clips?)\b|(?=\s*(?:[?.,!;？。]|$))"
)
"""What may follow “at the end” when it means the end of the video, and not that of a meeting."""
UNSPACED = ("zh", "ja")
"""Languages that write words without spaces between them."""

Named = tuple[float, float, str]
"""Where a stretch begins and ends, in seconds, and the words that name it."""


def in_other_words(text: str, duration: float, around: float, short: float) -> Named | None:
    """The stretch that a question names, if it does.

    Args:
        text: the question in small letters.
        duration: of the video in seconds.
        around: seconds on either side of a moment.
        short: seconds that a beginning or an end takes.
    """
    return _by_clock(text, duration, around) or _by_length(text, duration) or _at_an_end(text, duration, short)


def _by_clock(text: str, duration: float, around: float) -> Named | None:
    if DAY.search(text):
        return None
    times = [(_seconds(match[0]), match) for match in re.finditer(CLOCK, text)]
    if not times or any(at > duration for at, _ in times):
        return None  # beyond the video: a score, a time of day, or another video
    if len(times) > 1:
        (first, begins), (last, ends) = times[0], times[1]
        return min(first, last), max(first, last), text[begins.start() : ends.end()]
    [(at, match)] = times
    for side, span in (("before", (0.0, at)), ("after", (at, duration))):
        words = _any(side)
        if found := re.search(
            rf"(?<!\w)(?:{words}){BESIDE}{re.escape(match[0])}|{re.escape(match[0])}\s?(?:{words})", text
        ):
            return (*span, found[0])
    return at - around, at + around, match[0]


def _by_length(text: str, duration: float) -> Named | None:
    """What is told by a number of units: “after 20 seconds”, “the first 30 seconds”."""
    for language, words in _words().items():
        apart, ends = ("", "") if language in UNSPACED else (r"(?<!\w)", r"(?![^\W\d_])")
        for size, unit in ((3600.0, words["hour"]), (60.0, words["minute"]), (1.0, words["second"])):
            for place in ("before", "after", "first", "last"):
                orders = _beside(words[place], unit) if place in ("before", "after") else _of(words[place], unit)
                if found := re.search("|".join(f"{apart}{order}{ends}" for order in orders), text):
                    told = next((part for part in found.groups() if part), None)
                    length = size * (float(told.replace(",", ".")) if told else 1.0)
                    start = {"after": length, "last": duration - length}.get(place, 0.0)
                    return start, duration if start else length, found[0]
    return None


def _beside(words: str, unit: str) -> tuple[str, ...]:
    return (rf"(?:{words}){BESIDE}{NUMBER}\s?(?:{unit})", rf"{NUMBER}\s?(?:{unit})\s?(?:{words})")


def _of(words: str, unit: str) -> tuple[str, ...]:
    """A length with the word for its place before the number, between number and unit, or behind, as Arabic has it."""
    return (
        rf"(?:{words})\s?(?:{NUMBER}\s?)?(?:{unit})",
        rf"{NUMBER}\s(?:{words})\s(?:{unit})",
        rf"(?:{NUMBER}\s)?(?:{unit})\s(?:{words})",
    )


def _at_an_end(text: str, duration: float, short: float) -> Named | None:
    for words in _words().values():
        for end, span in (("begins", (0.0, short)), ("ends", (duration - short, duration))):
            if found := re.search(rf"(?<!\w)(?:{words[end]})(?:{OF_THE_VIDEO})", text):
                return (*span, found[0])
    return None


def _seconds(clock: str) -> float:
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part.replace(",", "."))
    return total


@cache
def _any(side: str) -> str:
    """The words of all languages for one side, longest first."""
    found = [word for words in _words().values() for word in words[side].split("|")]
    return "|".join(sorted(found, key=len, reverse=True))


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))
