"""What speakers are called, as far as the video tells: they say it, others address them, or it stands on the picture.

Each hint is a vote for a name; a speaker has the name that has enough of them, and that no other speaker has as well.
"""

import re
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...languages import nationalities
from ...records import Span
from ...words import one_line

EXAMPLES = Path(__file__).with_name("introductions.toml")
NAME = r"(?P<name>[^\W\d_a-z][\w'’-]+(?: [^\W\d_a-z][\w'’-]+){0,2})"
"""One to three words that begin with a capital."""
OWN, GIVEN, SHOWN, ADDRESSED = 3, 3, 2, 1
"""Votes of an introduction, of a subtitle that names who speaks, of a name on screen, and of one by which somebody is
addressed. Nothing was measured to set them: two people who say "thanks, Tom" count as much as a name on screen."""
ENOUGH = 2
"""Votes of a name that is believed."""
CLEARLY = 1.5
"""How many times as much one speaker must have in common with a name on screen as any other. This and the two below
were set by hand while looking at twenty made recordings of the development half; no other was counted."""
MOSTLY = 0.5
"""Share of the speech while a name stands there that must be his, or of his speech that must be while it does."""
HEARD = 0.25
"""Share of the time for which a name stands on screen in which he must be heard."""
BARE = 1
"""Votes of a name on screen without a role beside it, however often it stands there: it may be the title of a show."""
STANDS = 30.0
"""Seconds up to which a name on screen without a role may be that of who speaks; what stands longer is a title."""
BESIDE = 8.0
"""Seconds within which the one who is addressed speaks."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, and by whom."""

    span: Span
    text: str
    label: str
    given: str = ""
    """Who says it, as subtitles have it."""


_NUMBERED = "Speaker {}"


def numbered(number: int) -> str:
    """What somebody is called whose name is not known, counted from 1 in a video."""
    return _NUMBERED.format(number)


def is_numbered(name: str) -> bool:
    """Whether that is what somebody is called.

    >>> is_numbered(numbered(2)), is_numbered("Speaker Pelosi")
    (True, False)
    """
    first, _, number = name.rpartition(" ")
    return number.isdigit() and numbered(int(number)) == f"{first} {number}"


def named(
    said: Sequence[Heard], spoke: Sequence[tuple[str, Span]], shown: Sequence[tuple[Span, str]]
) -> dict[str, str]:
    """Names by label; speakers of whom the video tells too little are not in it.

    Args:
        said: utterances with the label of who says them, in order of time.
        spoke: who speaks when, in order of time.
        shown: lines of text on the picture, and when they stand there.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in said:
        if one.given:
            votes[one.label][one.given] += GIVEN
        for part, name in mentioned(one.text):
            if part == "own":
                votes[one.label][name] += OWN
            elif (other := beside(one, spoke, part == "before")) is not None:
                votes[other][name] += ADDRESSED
    for role, name, spans in names_on_screen(shown):
        if (label := meanwhile(spans, spoke)) is not None:
            votes[label][name] += SHOWN if role else BARE
    return decided(votes)


def names_on_screen(shown: Sequence[tuple[Span, str]]) -> Iterator[tuple[bool, str, list[Span]]]:
    """The names that stand on the picture: whether with a role, the name, and when."""
    spans: dict[tuple[bool, str], list[Span]] = defaultdict(list)
    for span, line in shown:
        alone = _name_in(line) == line.strip() and span.duration <= STANDS
        if looks_like_a_name(line) and (has_a_role(line) or alone):
            spans[has_a_role(line), _name_in(line)].append(span)
    yield from ((role, name, found) for (role, name), found in spans.items())


def mentioned(text: str) -> Iterator[tuple[str, str]]:
    """The names in a sentence that say who somebody is, each with `own`, `before` or `after`.

    >>> list(mentioned("Good morning, I'm Maria Lopez, and I lead the lab."))
    [('own', 'Maria Lopez')]
    >>> list(mentioned("I'm German."))
    []
    """
    for part, pattern in _patterns():
        for found in pattern.finditer(one_line(text).replace("’", "'")):
            name = found["name"]
            if not (name.isupper() or name.startswith("I'm ") or set(name.split()) & nationalities()):
                yield part, name


def beside(one: Heard, spoke: Sequence[tuple[str, Span]], before: bool) -> str | None:
    """Who else spoke last before an utterance, or speaks first after it."""
    at = bisect_right([span.start for _, span in spoke], one.span.start)
    turns = reversed(spoke[:at]) if before else spoke[at:]
    for label, span in turns:
        if label == one.label:
            continue
        gap = one.span.start - span.end if before else span.start - one.span.end
        return label if gap <= BESIDE else None
    return None


def meanwhile(shown: Sequence[Span], spoke: Sequence[tuple[str, Span]]) -> str | None:
    """Whose name stands on screen in some stretches, by who speaks in them and who does not speak outside them.

    A name may stand there for a whole interview, of which another asks the questions. What a stretch and a speaker's
    speech have in common is twice the seconds of both together, by the seconds of all speech in the stretch and of all
    that he says (Dice's coefficient).
    """
    inside: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for label, other in spoke:
        alone[label] += other.duration  # pyright: ignore[reportArgumentType]
        shared = (min(span.end, other.end) - max(span.start, other.start) for span in shown)
        inside[label] += sum(seconds for seconds in shared if seconds > 0)  # pyright: ignore[reportArgumentType]
    if not (total := sum(inside.values())):
        return None
    common = Counter({label: 2 * seconds / (total + alone[label]) for label, seconds in inside.items()})
    [(label, most), *others] = common.most_common(2)
    if any(most < CLEARLY * fewer for _, fewer in others):
        return None
    there = inside[label] >= MOSTLY * total or inside[label] >= MOSTLY * alone[label]
    return label if there and inside[label] >= HEARD * sum(span.duration for span in shown) else None


def decided(votes: Mapping[str, Counter[str]]) -> dict[str, str]:
    """The name of each speaker that has enough votes, more than any other name of his and than with anybody else."""
    found = {}
    for label, names in votes.items():
        joined = _first_names_joined(names)
        [(name, most), *others] = joined.most_common(2)
        elsewhere = max((other[name] for one, other in votes.items() if one != label), default=0)
        if most >= ENOUGH and most > elsewhere and all(most > fewer for _, fewer in others):
            found[label] = name
    return found


def _first_names_joined(names: Counter[str]) -> Counter[str]:
    """Votes in which a first name alone counts for the whole name."""
    joined: Counter[str] = Counter()
    for name, number in names.items():
        whole = [one for one in names if one != name and one.split()[0] == name]
        joined[whole[0] if len(whole) == 1 else name] += number
    return joined


def looks_like_a_name(line: str) -> bool:
    """Whether a line begins as a lower third does that names a person: two or three capitalised words, then no more
    than a title after a comma or a dash.

    >>> looks_like_a_name("Anna Berg, harbour master"), looks_like_a_name("Budget: 430,000 euros")
    (True, False)
    """
    name = _name_in(line).split()
    return 2 <= len(name) <= 3 and all(word[:1].isupper() and word[1:].islower() and word.isalpha() for word in name)


def has_a_role(line: str) -> bool:
    """Whether what stands beside the name in a line is in words alone, as in “Anna Berg, harbour master”; a figure
    tells of a time, a price or the weather: “Until Friday, 6:00”, “Crow Pass, minus 21”.
    """
    beside = line.strip()[len(_name_in(line)) :]
    return any(letter.isalpha() for letter in beside) and not any(letter.isdigit() for letter in beside)


def name_on_screen(lines: Sequence[str]) -> str:
    """The line of a text on screen that names a person as a lower third does, with the role beside the name; or one
    that is a name and no title over other lines; empty where there is neither."""
    names = [line for line in lines if looks_like_a_name(line)]
    with_roles = [line for line in names if has_a_role(line)]
    alone = [line for line in names if _name_in(line) == line.strip()]
    bare = [line for line in alone if len(lines) == 1 or line is not lines[0]]
    return one_line((with_roles or bare or [""])[0])


def _name_in(line: str) -> str:
    return line.replace("–", ",").replace("|", ",").replace(" - ", ",").partition(",")[0].strip()


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    made = []
    for language in tomllib.loads(EXAMPLES.read_text(encoding="utf-8")).values():
        for part, examples in language.items():
            for example in sorted(examples, key=len, reverse=True):
                before, after = (re.escape(piece).replace("\\ ", " ") for piece in example.split("{name}"))
                ends = r"(?![\w'’-])" if after else r"(?=[.,;:!?…]|$| and | und | y | et | e | en | и | from | aus )"
                begins = r"(?<![\w'’-])"
                made.append((part, re.compile(f"{begins}(?i:{before}){NAME}(?i:{after}){ends}")))
    return made
