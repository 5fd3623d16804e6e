"""The marks in subtitles that are not words: tags of SubRip and WebVTT, overrides of ASS, and who speaks.

FFmpeg takes whatever stands between angles for a tag, so that "a<b and c>d" would lose words; the text of SubRip and
WebVTT is therefore taken from the file, and only what is a tag is taken out of it.
"""

import html
import re
from collections.abc import Iterator

AS_IN_THE_FILE = frozenset({"subrip", "text", "webvtt"})
"""Codecs, by FFmpeg's names, whose packets are the text itself."""

_ASS = re.compile(r"\{[^}]*\\p[1-9][^}]*\}.*?(?:\{[^}]*\\p0[^}]*\}|$)|\{\\[^}]*\}|\{[a-zA-Z]:[^{}]*\}", re.S)
"""Overrides of ASS, drawings among them, and of MicroDVD, which people use in SubRip as well."""
_PAIR = re.compile(r"<([a-z][\w.-]*)(?:[\s.][^<>]*)?>([^<>]*)</\1\s*>", re.I)
"""A tag, whatever its name, that is closed."""
_TAG = re.compile(
    r"</?(?:[ibuscv]|em|strong|span|ruby|rt|br|p|div)(?:\.[^\s<>]+)*/?>|</[a-z][\w.]*>|<(?:br|font)\b[^<>]*>"
    r"|<(?:span|p|div|[cib])(?:\.[^\s<>]+)*\s+[a-z]+\s*=[^<>]*>|<lang\s[^<>]*>|<(?:\d+:)?\d+:\d+\.\d+>",
    re.I,
)
"""A tag that stands by itself, or a time within a subtitle."""
_VOICE = re.compile(r"<v(?:\.[^ >\t]*)?[ \t]+([^>]*)>", re.I)
"""Who speaks from there on, as WebVTT has it."""
_BREAKS = re.compile(r"\\N|<[bB][rR]\s*/?>|\r\n|\r")


def without(text: str) -> str:
    r"""A subtitle's text without tags and overrides; what only looks like a tag stays.

    >>> without("<i>one</i> {\\an8}if a <b and c> d")
    'one if a <b and c> d'
    """
    text = _ASS.sub("", text)
    before = ""
    while text != before:
        before, text = text, _PAIR.sub(r"\2", text)
    return _TAG.sub("", text)


def voices(text: str) -> Iterator[tuple[str, list[str]]]:
    """Who says which lines in the text of a subtitle of SubRip or WebVTT; nobody's name where it tells none.

    >>> list(voices("<v Ann>Well?</v> <v.loud Bob>a &lt; b"))
    [('Ann', ['Well?']), ('Bob', ['a < b'])]
    """
    first, *rest = _VOICE.split(_BREAKS.sub("\n", text))
    for who, said in [("", first), *zip(rest[::2], rest[1::2], strict=True)]:
        if lines := plain_lines(without(said)):
            yield " ".join(html.unescape(who).split()), lines


def plain_lines(text: str) -> list[str]:
    """The lines of a text that have anything on them, without entities and needless spaces."""
    lines = [" ".join(html.unescape(line).split()) for line in text.split("\n")]
    return [line for line in lines if line]
