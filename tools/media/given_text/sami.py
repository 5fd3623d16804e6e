"""SAMI files with several languages: each `<P Class=…>` belongs to one, which the style sheet names."""

import re

from ...languages import language_code

_STYLE = re.compile(r"\.([\w-]+)\s*\{([^}]*)\}")
_LANGUAGE = re.compile(r"\blang\s*:\s*([\w-]+)", re.I)
_NAME = re.compile(r"\bname\s*:\s*([^;}]+)", re.I)
_MOMENT = re.compile(r"<sync\b[^>]*>", re.I)
_PART = re.compile(r"<p\b([^>]*)>", re.I)
_CLASS = re.compile(r"class\s*=\s*[\"']?([\w-]+)", re.I)


def languages(text: str) -> dict[str, str]:
    """The classes of what is said in a file, in order, each with its ISO 639 code; empty where nothing tells it.

    >>> languages("<STYLE>.ENCC {lang: en-US;} .KRCC {lang: ko-KR;}</STYLE><SYNC Start=1><P Class=KRCC>네")
    {'KRCC': 'ko'}
    """
    styles = {name.casefold(): style for name, style in _STYLE.findall(text)}
    found: dict[str, str] = {}
    for attributes in _PART.findall(text):
        name = _class(attributes)
        if name and name.casefold() not in {one.casefold() for one in found}:
            style = styles.get(name.casefold(), "")
            told = [match[1].strip() for match in (_LANGUAGE.search(style), _NAME.search(style)) if match]
            found[name] = next((code for one in told if (code := language_code(one))), "")
    return found


def only(text: str, name: str) -> str:
    """A file without what is said in other classes, and without the moments at which nothing of this one changes."""
    pieces = _MOMENT.split(text)
    kept = [pieces[0]]
    for moment, content in zip(_MOMENT.findall(text), pieces[1:], strict=True):
        _, *parts = _PART.split(content)
        mine = [
            said
            for told, said in zip(parts[::2], parts[1::2], strict=True)
            if _class(told).casefold() == name.casefold()
        ]
        if mine:
            kept.append(f"{moment}<P Class={name}>{'<br>'.join(one.strip() for one in mine)}\n")
    return "".join(kept)


def _class(attributes: str) -> str:
    match = _CLASS.search(attributes)
    return match[1] if match else ""
