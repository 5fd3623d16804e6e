"""What to keep of a meeting or a lecture: key points, decisions, actions, questions, and numbers that are said."""

import re
from collections.abc import Sequence

import numpy as np

from ....tools.payloads import Spoken as Said
from ....tools.words import STOP_WORDS, one_line
from ....tools.written_forms import in_digits
from ..extract import Spoken, chosen
from ..material import Material, Passage
from ..results import Cited, Note
from ..roles import ROLES, Role
from .dates import date_in
from .people import known_names, owner_of

LEAST = {Role.DECISION: 0.0, Role.ACTION: 0.2, Role.QUESTION: 0.2}
"""Score of its strongest role from which a passage has it, on a scale where a clear example has 1 and any other −1. Set
on the recordings to work with, of which no more than half of the listed decisions and actions are told at any value."""
KEY_POINTS_A_MINUTE = 1.2
NUMBERS = 12
"""Numbers that are listed of one chapter, at most."""
FROM = 10
"""Number from which one that is said in words counts; smaller ones are mostly articles and pronouns."""

_ASKS = re.compile(r"[?？؟]")
_NUMBER = re.compile(
    r"(?<![\w.,:])[€$£¥]?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,:]\d+)*"
    r"(?:\s?[%€$£¥°]\w?)?(?!\w)(?:\s+[^\W\d_]+)?"
)
"""Thousands may stand apart, as ISO 80000-1 has them."""


def notes(material: Material, spoken: Spoken, seconds: float) -> list[Note]:
    """The notes of one chapter, in order of time.

    Args:
        material: of the whole video, for its names and language.
        spoken: what is said in the chapter.
        seconds: how long the chapter is.
    """
    names = known_names(material)
    found: list[Note] = []
    taken: set[int] = set()
    for row, passage in enumerate(spoken.passages):
        for role in roles_of(passage, None if spoken.scores is None else spoken.scores[row]):
            taken.add(row)
            found.append(note(role, passage, material, names))
    rest = [row for row in range(len(spoken.passages)) if row not in taken]
    points = chosen(spoken.part(rest), max(round(KEY_POINTS_A_MINUTE * seconds / 60), 1)) if rest else []
    found += [plain("key_point", spoken.passages[rest[at]]) for at in points]
    found += numbers(spoken.passages, material.language)
    return sorted(found, key=lambda one: (one.start, one.kind))


def roles_of(passage: Passage, scores: np.ndarray | None) -> list[Role]:
    """Which of decision, action and question a passage is; a question mark decides for a question alone."""
    asks = [Role.QUESTION] if _ASKS.search(passage.text) else []
    if scores is None:
        return asks
    best = ROLES[int(scores.argmax())]
    clear = [best] if float(scores.max()) >= LEAST.get(best, np.inf) else []
    if asks and not passage.text.rstrip().endswith(("?", "？", "؟")):
        return [*asks, *(role for role in clear if role is not Role.QUESTION)]
    return asks or clear


def note(role: Role, passage: Passage, material: Material, names: Sequence[str]) -> Note:
    """A decision, an action with its owner and date, or a question."""
    made = plain(str(role), passage)
    if role is not Role.ACTION:
        return made
    language = language_of(passage, material.language)
    owner, date = owner_of(passage, material, names), date_in(passage.text, language)
    return Note(made.start, made.end, made.kind, made.text, made.evidence, owner, date)


def plain(kind: str, passage: Passage) -> Note:
    """A passage as a note."""
    start, end = round(passage.span.start, 3), round(passage.span.end, 3)
    return Note(start, end, kind, one_line(passage.text), tuple(map(Cited.of, passage.records)))


def language_of(passage: Passage, default: str) -> str:
    """The language in which a passage is said."""
    payload = passage.records[0].payload
    return (payload.language if isinstance(payload, Said) else "") or default


def numbers(passages: Sequence[Passage], language: str) -> list[Note]:
    """The passages in which numbers are said, with the numbers and what is counted, as they are written."""
    found = []
    for passage in passages:
        if values := values_in(passage.text, language_of(passage, language)):
            made = plain("number", passage)
            found.append(Note(made.start, made.end, "number", made.text, made.evidence, values=values))
    return found[:NUMBERS]


def values_in(text: str, language: str) -> tuple[str, ...]:
    """The numbers that a text says, each with the word after it.

    >>> values_in("It costs 89,000 euros and takes twenty-three days.", "en")
    ('89,000 euros', '23 days')
    >>> values_in("Il y a 4 500 ans.", "fr")
    ('4 500 ans',)
    """
    figures = {counted(found[0]) for found in _NUMBER.finditer(text)}
    told = [counted(found[0]) for found in _NUMBER.finditer(in_digits(text, language or "en"))]
    return tuple(
        dict.fromkeys(value for value in told if value in figures or int(re.sub(r"\D", "", value) or 0) >= FROM)
    )


def counted(number: str) -> str:
    """A number with the word after it, unless that is one of those that nothing is counted in.

    >>> counted("1360 degrees"), counted("15% off"), counted("104 of")
    ('1360 degrees', '15%', '104')
    """
    value, _, word = number.strip().rpartition(" ")
    return value.rstrip() if value and word.casefold() in STOP_WORDS else number.strip()
