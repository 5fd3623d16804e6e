"""What the server says in English, in another language: as `told` of `static/dom.js` does for what the page shows."""

import re
from collections.abc import Iterator, Sequence

BETWEEN = (" — ", "; ")
"""What stands between several things that are said in one line."""


def translated(line: str, words: Sequence[tuple[str, str]]) -> str:
    """A line in another language, part by part; a part that there are no words for stays as it is.

    Args:
        line: as the server says it.
        words: English and the same in the language, `{name}` for what is filled in, which is translated too.
    """
    return "".join(part if part in BETWEEN else _said(part, words) for part in _parts(line))


def _said(part: str, words: Sequence[tuple[str, str]]) -> str:
    for english, own in sorted(words, key=lambda pair: pair[0].count("{")):  # the most particular first
        names = re.findall(r"\{(\w+)\}", english)
        found = re.fullmatch("(.+?)".join(map(re.escape, re.split(r"\{\w+\}", english))), part, re.S)
        if found:
            return own.format_map(
                {name: translated(one, words) for name, one in zip(names, found.groups(), strict=True)}
            )
    return part


def _parts(line: str) -> Iterator[str]:
    """A line cut at what stands `BETWEEN`, but not within brackets, with the separators."""
    depth, began, at = 0, 0, 0
    while at < len(line):
        depth += (line[at] == "(") - (line[at] == ")")
        separator = next((one for one in BETWEEN if depth == 0 and line.startswith(one, at)), None)
        if separator is None:
            at += 1
            continue
        yield line[began:at]
        yield separator
        began = at = at + len(separator)
    yield line[began:]
