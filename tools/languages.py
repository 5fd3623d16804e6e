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
