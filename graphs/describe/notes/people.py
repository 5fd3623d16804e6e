"""Whose task a passage tells: names that speakers have, or that stand on the picture.

Who speaks is what the records say, and nothing where they do not: a name that stands on the picture is as often that of
somebody who listens.
"""

import re
from collections.abc import Sequence

from ..material import Material, Passage
from .dates import names_oneself

ALIKE = 80
"""rapidfuzz ratio from which a word is a name that was heard a little otherwise: `Oma` for `Omar`."""


def known_names(material: Material) -> tuple[str, ...]:
    """Every name of a speaker or on the picture, each once."""
    spoken = [passage.speaker for passage in material.passages if passage.speaker]
    return tuple(dict.fromkeys([*spoken, *(name for _, name in material.names)]))


def owner_of(passage: Passage, material: Material, names: Sequence[str]) -> str:
    """Whose action a passage tells: who is its subject, else the speaker who says “I”, else who is addressed.

    Empty where none of these is known.
    """
    subject, addressed = named(passage.text, names)
    if subject:
        return subject
    language = getattr(passage.records[0].payload, "language", "") or material.language
    if names_oneself(passage.text, language):
        return passage.speaker
    return addressed


def named(text: str, names: Sequence[str]) -> tuple[str, str]:
    """Of the known names, the first that a text uses as a subject, and the first that stands between stops as the name
    of who is addressed does; empty where there is none.

    >>> named("Omar calls them.", ["Omar Lind"]), named("Could you call them, Omar?", ["Omar Lind"])
    (('Omar Lind', ''), ('', 'Omar Lind'))
    """
    from rapidfuzz.fuzz import ratio

    subject = addressed = ""
    for found in re.finditer(r"\w+", text):
        word = found[0]
        if len(word) < 3 or not word[0].isupper():
            continue
        full = next(
            (n for n in names if any(ratio(word.casefold(), part.casefold()) >= ALIKE for part in n.split())), ""
        )
        if not full:
            continue
        before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
        if not after or after[0] in ",.!?;:" or before.endswith(","):
            addressed = addressed or full
        else:
            subject = subject or full
    return subject, addressed
