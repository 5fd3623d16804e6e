"""The fixed words of descriptions in the language that is asked for, else in the one that is spoken: `wording.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

WORDINGS = Path(__file__).with_name("wording.toml")
DEFAULT = "en"


@cache
def _wordings() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(WORDINGS.read_text(encoding="utf-8"))


def languages() -> tuple[str, ...]:
    """The ISO 639-1 codes of the languages that there are words in."""
    return tuple(_wordings())


def wording(name: str, language: str = "", **parts: str) -> str:
    """A fixed text in a language; in English where that language has none.

    >>> wording("says", "de", who="Ann", text="Guten Tag.")
    'Ann sagt: „Guten Tag.“'
    """
    known = _wordings()
    return known.get(language, known[DEFAULT])[name].format(**parts)
