"""Times that a question about a live video tells from now back: “now”, “five minutes ago”. “In the last minute” and the
like are read as of any other video (`graphs/answer/question/times.py`), whose end is now."""

import re

NOW = 5.0
"""Seconds back from the latest that count as now."""
AROUND = 0.25
"""How exact “an hour ago” is taken to be, as a share of it."""
_WORDS = "right now|just now|now|at the moment|currently|jetzt|gerade|im moment|ahora|en este momento|maintenant|agora"
_NOW = re.compile(rf"(?<!\w)(?:{_WORDS}|adesso|сейчас)(?!\w)|现在|いま", re.IGNORECASE)
_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_NUMBERS = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "ten": 10.0}
_NUMBERS |= {"half an": 0.5, "a couple of": 2.0, "a few": 3.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0}
_AGO = re.compile(
    rf"\b(?P<number>\d+(?:\.\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})\s+"
    r"(?P<unit>second|minute|hour|day)s?\s+ago\b",
    re.IGNORECASE,
)


def live_range(question: str, end: float) -> tuple[float, float] | None:
    """The stretch that a question means by its distance from now; None where it tells none.

    >>> live_range("What is on screen right now?", 500.0), live_range("Who came in two minutes ago?", 500.0)
    ((495.0, 500.0), (350.0, 410.0))

    Args:
        question: as it was asked.
        end: seconds up to which the video has been watched.
    """
    if told := _AGO.search(question):
        number = told["number"].lower()
        back = (_NUMBERS.get(number) or float(number)) * _UNITS[told["unit"].lower()]
        about = max(back * AROUND, NOW)
        start = max(end - back - about, 0.0)
        return start, max(min(end - back + about, end), start + 1.0)
    if _NOW.search(question) and end > 0:
        return max(end - NOW, 0.0), end
    return None
