"""Languages by whatever people and files call them: `de`, `deu`, `ger`, `German`, `de-AT`."""

from functools import lru_cache

UNKNOWN = frozenset({"und", "mis", "mul", "zxx"})
"""Codes of ISO 639-2 that name no language: undetermined, uncoded, several, none."""


@lru_cache(maxsize=256)
def language_code(name: str) -> str:
    """The shortest ISO 639 code of a language, of two letters where there is one; empty where the name is none.

    Args:
        name: a code of ISO 639-1, 639-2 (both kinds) or 639-3, a tag such as `pt-BR` or an English name, in any case.

    >>> language_code("ger"), language_code("German"), language_code("de-AT"), language_code("und")
    ('de', 'de', 'de', '')
    """
    from iso639 import Language, LanguageNotFoundError

    for wanted in (name.strip(), name.strip().replace("_", "-").split("-")[0]):
        try:
            found = Language.match(wanted, strict_case=False)
        except LanguageNotFoundError:
            continue
        code = found.part1 or found.part3
        return "" if code in UNKNOWN else code
    return ""


@lru_cache(maxsize=256)
def language_name(code: str) -> str:
    """The English name of a language by its code; the code itself where it is none.

    >>> language_name("de")
    'German'
    """
    from iso639 import Language, LanguageNotFoundError

    try:
        return Language.match(code, strict_case=False).name
    except LanguageNotFoundError:
        return code


@lru_cache(maxsize=1)
def nationalities() -> frozenset[str]:
    """English words for where somebody is from, as `German` or `American`, and some others: those in the names of the
    common languages, and of the sign languages, which are called after countries."""
    from iso639 import ALL_LANGUAGES

    names = (one.name for one in ALL_LANGUAGES if one.part1 or "Sign Language" in one.name)
    return frozenset(word for name in names for word in name.split())
