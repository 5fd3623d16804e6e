"""Text that somebody else wrote, as Markdown that shows it and does nothing else: the one place where it is escaped.

It comes from a video, from a model, or from whoever asked. CommonMark 0.31.2, section 2.4: a backslash before a sign of
punctuation makes it a sign. GitHub's Flavored Markdown makes links of bare addresses too (section 6.9).
"""

import re

_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~&!$]")
_ADDRESSES = re.compile(r":(?=//)|(?<=www)\.|@", re.IGNORECASE)
"""The signs by which a bare address is told."""
_LINE_STARTS = re.compile(r"^([ \t]*)(?:([-+=])(?=[-+=\s]|$)|(\d{1,9})([.)])(?=\s|$))?", re.MULTILINE)
"""Lists, underlined headings and rules, and what is indented, which would be code."""


def plain(text: str) -> str:
    """Text that Markdown shows as it is.

    >>> plain("see *this* at https://evil.example, www.evil.example or a@evil.example")
    'see \\\\*this\\\\* at https\\\\://evil.example, www\\\\.evil.example or a\\\\@evil.example'
    """
    escaped = _SIGNS.sub(r"\\\g<0>", text)
    escaped = _ADDRESSES.sub(r"\\\g<0>", escaped)
    return _LINE_STARTS.sub(_not_a_block, escaped)


def one_line(text: str) -> str:
    """The same, in one line, as in a heading, a list or a cell of a table."""
    return plain(" ".join(text.split()))


def _not_a_block(found: re.Match[str]) -> str:
    indented, sign, number, end = found.groups()
    space = " " if indented else ""
    if sign:
        return f"{space}\\{sign}"
    return f"{space}{number}\\{end}" if number else space
