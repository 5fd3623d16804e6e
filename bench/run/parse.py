"""Which option an answer names, read strictly: a text that does not name exactly one names none.

Known evaluation scripts test `"A" in text` first, which scores "Answer: B" as A, and guess when nothing fits.
"""

import re
from collections.abc import Sequence

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_LETTER = (
    r"(?:\(\s*(?P<round>[A-Za-z])\s*\)|\[\s*(?P<square>[A-Za-z])\s*\]|\{\s*(?P<curly>[A-Za-z])\s*\}"
    r"|(?P<bare>[A-Za-z])(?![A-Za-z'’]))"
)
"""One letter by itself, in brackets or not."""

_JOINT = r"\s*(?:is|are|was|would\s+be|will\s+be|must\s+be|should\s+be)?\s*(?:option|choice|letter)?\s*[:=\-–—]?\s*"

_SAID = re.compile(
    r"\b(?:final\s+answer|correct\s+answer|best\s+answer|answer|correct\s+(?:option|choice)|best\s+(?:option|choice)|"
    r"(?:i|we)(?:\s+would|\s+will|['’]d|['’]ll)?\s+(?:choose|pick|select|go\s+with|say))\b" + _JOINT + _LETTER,
    re.IGNORECASE,
)
"""The answer is said to be a letter."""

_OPTION = re.compile(r"\b(?:option|choice)\s*[:=]?\s*" + _LETTER, re.IGNORECASE)

_MARKED = re.compile(r"(?:<answer>\s*|\\boxed\s*\{*)" + _LETTER, re.IGNORECASE)
"""The two marks that models are trained to put around an answer."""

_FIRST = re.compile(
    r"^\s*(?:\((?P<round>[A-Za-z])\)|\[(?P<square>[A-Za-z])\]|(?P<bare>[A-Za-z])(?=\s*[).:,;\-–—\]]|\s*$|\s*\n))"
)
"""The text begins with a letter that something closes off: `B.`, `(b)`, `B: because`, `B` alone."""

_REJECTED = re.compile(
    r"\b(?:not|isn['’]t|never|neither|nor|instead\s+of|rather\s+than|except|rule\s+out|eliminate|unlike)\s+"
    r"(?:option\s+|choice\s+|answer\s+)?" + _LETTER,
    re.IGNORECASE,
)

_ANOTHER = re.compile(r"^\s*(?:/|,|&|\bor\b|\band\b)\s*(?:option\s+|choice\s+)?" + _LETTER, re.IGNORECASE)
"""What follows a letter names a second one."""


def choice(text: str, options: Sequence[str]) -> str | None:
    """The letter of the option that a text names, or None when it names none, several, or one that does not exist.

    In this order: a marked answer (`<answer>B</answer>`), an answer that is said to be a letter (the last one counts),
    a letter that begins the text, an `option B`, and the text of exactly one option.

    >>> fruit = ["apple", "pear"]
    >>> choice("Answer: B", fruit), choice("An apple", fruit), choice("A or B", fruit)
    ('B', 'A', None)
    """
    text = _plain(text)
    if not text:
        return None
    known = LETTERS[: len(options)]
    text = _REJECTED.sub(" ", text)
    for pattern in (_MARKED, _SAID):
        if found := _letters(pattern, text):
            return found[-1] if found[-1] in known else None
    if (first := _FIRST.match(text)) is not None:
        letter = _letter(first)
        rest = text[first.end() :]
        if _ANOTHER.match(rest.lstrip(").:]")) is not None:
            return None
        listed = {_letter(match) for match in re.finditer(_FIRST.pattern, rest, re.MULTILINE)} - {letter, ""}
        return letter if letter in known and not listed else None
    if found := set(_letters(_OPTION, text)):
        [letter, *more] = sorted(found)
        return letter if not more and letter in known else None
    return _by_text(text, options)


def _plain(text: str) -> str:
    """Without the marks of Markdown, and with one kind of bracket and colon."""
    text = re.sub(r"[*_`#~$\"“”]|\\text(?=\{)", "", text)
    return text.translate(str.maketrans("（）［］：．", "()[]:.")).strip()


def _letters(pattern: re.Pattern[str], text: str) -> list[str]:
    """The letters that a pattern finds, without those that are words; one that no option has where two are joined."""
    found: list[str] = []
    for match in pattern.finditer(text):
        rest = text[match.end() :]
        if _ANOTHER.match(rest) is not None:
            return ["?"]  # two letters at once: no option has this one
        if not match["bare"] or _stands_alone(match["bare"], rest):
            found.append(_letter(match))
    return found


def _letter(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next((groups[name] for name in ("round", "square", "curly", "bare") if groups.get(name)), "").upper()


def _stands_alone(letter: str, rest: str) -> bool:
    """Whether a letter without brackets is a letter rather than the word "a" or "I" before other words."""
    followed = re.match(r"\s+\w", rest) is not None
    return letter.isupper() and letter not in "AI" if followed else True


def _by_text(text: str, options: Sequence[str]) -> str | None:
    """The option whose words the text has, if there is exactly one; of options within each other the longest."""
    said = " ".join(text.casefold().split())
    here: list[tuple[int, int, str]] = []
    for letter, option in zip(LETTERS, options, strict=False):
        words = " ".join(_plain(option).casefold().split()).rstrip(".")
        if words:
            here += [(m.start(), m.end(), letter) for m in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", said)]
    outer = {
        letter
        for start, end, letter in here
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e, _ in here)
    }
    return outer.pop() if len(outer) == 1 else None
