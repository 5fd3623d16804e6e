"""Who speaks, where subtitles put it in brackets before what is said, as in `[Vera] Good morning.`

Sounds are put in brackets too: `[door creaks]`, `[Applause] Thank you.` A name is told by three things: its words begin
with capitals, where the script has them; it never stands by itself; and most of what is said has such a name before it,
or the same one comes back.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

NAMED = 0.6
"""Share of the subtitles in which something is said from which what all begin with is a name."""
WORDS = 4
"""Of a name, at most."""
_START = re.compile(r"^\W{0,3}?(?:\[([^\[\]]+)\]|【([^【】]+)】) ?([:：]?)\s*(.*)$", re.S)
"""A bracket at the beginning of a line, perhaps after a dash; whether a colon follows; what is said then."""
_BRACKET = re.compile(r"\[([^\[\]]+)\]|【([^【】]+)】")
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]*)*")


def names(subtitles: Iterable[Sequence[str]]) -> frozenset[str]:
    """What stands in brackets in a file's subtitles and is a name, as it is written there.

    Args:
        subtitles: the lines of each.
    """
    before: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    certain: set[str] = set()
    said = labelled = 0
    for lines in subtitles:
        for one, other in _BRACKET.findall(" ".join(lines)):
            anywhere[one or other] += 1
        here = [start for n in range(len(lines)) if (start := _at(lines, n))]
        for label, colon in here:
            before[label] += 1
            certain |= {label} if colon else set()
        said += bool(re.search(r"\w", _BRACKET.sub("", " ".join(lines))))
        labelled += bool(here)
    usual = labelled >= NAMED * said
    return frozenset(
        label
        for label, times in before.items()
        if _is_name(label) and times == anywhere[label] and (usual or times > 1 or label in certain)
    )


def _at(lines: Sequence[str], number: int) -> tuple[str, bool] | None:
    """What a line begins with in brackets, if something is said after it, and whether a colon is between."""
    start = _START.match(lines[number])
    if start is None:
        return None
    following = start[4] or (lines[number + 1] if number + 1 < len(lines) else "")
    if not re.match(r"\W*\w", _BRACKET.sub("", following)) or (not start[4] and _START.match(following)):
        return None
    return start[1] or start[2], bool(start[3])


def _is_name(label: str) -> bool:
    """Whether words are written as a name is; what follows a comma tells how somebody speaks."""
    words = _WORD.findall(label.split(",")[0])
    return 0 < len(words) <= WORDS and all(word[0].upper() == word[0] for word in words) and not words[0][0].isdigit()


def split(line: str, known: frozenset[str]) -> tuple[str, str, str] | None:
    """Who speaks, how, and what is said, of a line that begins with one of these names; None of any other.

    >>> split("- [VERA, whispering] Good morning.", frozenset({"VERA, whispering"}))
    ('Vera', 'whispering', 'Good morning.')
    """
    start = _START.match(line)
    if start is None or (label := start[1] or start[2]) not in known:
        return None
    name, _, how = (" ".join(part.split()) for part in label.partition(","))
    return name.title() if name.isupper() else name, how, start[4]
