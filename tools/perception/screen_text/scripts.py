"""The scripts of the world that writing on the picture may be in, and which of them a text is written in."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from functools import cache

from ...errors import UsageError


class Script(StrEnum):
    """A script by its ISO 15924 code; Han stands for Chinese and Japanese together, kana with them."""

    LATIN = "Latn"
    CYRILLIC = "Cyrl"
    GREEK = "Grek"
    HAN = "Hani"
    HANGUL = "Hang"
    ARABIC = "Arab"
    HEBREW = "Hebr"
    DEVANAGARI = "Deva"
    BENGALI = "Beng"
    GURMUKHI = "Guru"
    GUJARATI = "Gujr"
    TAMIL = "Taml"
    TELUGU = "Telu"
    KANNADA = "Knda"
    MALAYALAM = "Mlym"
    SINHALA = "Sinh"
    THAI = "Thai"
    LAO = "Laoo"
    KHMER = "Khmr"
    MYANMAR = "Mymr"
    TIBETAN = "Tibt"
    ETHIOPIC = "Ethi"
    GEORGIAN = "Geor"
    ARMENIAN = "Armn"

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Its name in English, as in `Cyrillic`."""
        return "Chinese or Japanese" if self is Script.HAN else self.name.capitalize()


RIGHT_TO_LEFT = frozenset({Script.ARABIC, Script.HEBREW})

_NAMED = {
    "CJK": Script.HAN,
    "KANGXI": Script.HAN,
    "HIRAGANA": Script.HAN,
    "KATAKANA": Script.HAN,
    "HALFWIDTH KATAKANA": Script.HAN,
    "BOPOMOFO": Script.HAN,
    "COPTIC": Script.GREEK,
}
"""First words of Unicode's names of letters that are not the name of their script."""


@cache
def script_of_letter(letter: str) -> Script | None:
    """The script of one letter or vowel sign; None of digits, marks and letters of no script that is known here."""
    if unicodedata.category(letter)[0] not in "LM":
        return None
    name = unicodedata.name(letter, "")
    for first, script in _NAMED.items():
        if name.startswith(first):
            return script
    return Script.__members__.get(name.partition(" ")[0])


def script_of(text: str) -> Script | None:
    """The script of most letters of a text; None where it has no letter."""
    counted = Counter(script for letter in text if (script := script_of_letter(letter)) is not None)
    return counted.most_common(1)[0][0] if counted else None


AUTO = "auto"
"""Whatever script is there."""


def expected_scripts(wanted: str | Sequence[str]) -> frozenset[Script]:
    """The scripts that somebody says are written in the videos; none for `auto`.

    >>> sorted(expected_scripts("latin, Cyrl"))
    [<Script.CYRILLIC: 'Cyrl'>, <Script.LATIN: 'Latn'>]

    Args:
        wanted: names or ISO 15924 codes, `japanese` and `chinese` among them, with commas between them; or `auto`.

    Raises:
        UsageError: there is no such script.
    """
    names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    names = [name.strip() for name in names if name.strip()]
    if [name.casefold() for name in names] in ([], [AUTO]):
        return frozenset()
    known = {script.name.casefold(): script for script in Script} | {
        script.value.casefold(): script for script in Script
    }
    known |= dict.fromkeys(("japanese", "chinese", "jpan", "hans", "hant", "kana"), Script.HAN)
    known |= {"korean": Script.HANGUL, "kore": Script.HANGUL, "burmese": Script.MYANMAR}
    for name in names:
        if name.casefold() not in known:
            there = ", ".join(script.name.lower() for script in Script)
            raise UsageError(f"no script {name[:40]!r}; there are auto, {there}, chinese, japanese and korean")
    return frozenset(known[name.casefold()] for name in names)
