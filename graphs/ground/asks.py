"""What a query asks for, by how near its embedding lies to those of examples: which stretches, and by which sense.

`asks.toml` has examples in ten languages. `asks.npz` holds what was learnt from their embeddings
(`embeddings/by_example.py`); `python -m vidscout.bench.measure.learning.asks` makes it anew and prints how many
examples of a part that was left out are told rightly.
"""

import tomllib
from collections import Counter
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np

from ...tools.perception.embeddings import by_example
from ...tools.perception.embeddings.by_example import learnt
from ...tools.words import STOP_WORDS, words

EXAMPLES = Path(__file__).with_name("asks.toml")
LEARNT = Path(__file__).with_name("asks.npz")
SURE = 0.15
"""How far the likeliest name must be ahead of the second, on a scale on which a clear example scores 1 and any other
−1: as for the kinds of questions."""
SENSE_SURE = 0.15
"""The same for the sense: of 55 queries of the development family for what is said or written both that were told
wrongly lie below it."""
TABLES = ("which", "sense", "task")
"""The tables of examples."""
FRAMES_FROM = 2
"""Examples of a language that share a word from which it frames a query and says nothing of its topic."""


class Which(StrEnum):
    """Which of the stretches in which something holds are wanted."""

    EVERY = "every"
    FIRST = "first"
    LAST = "last"
    UNTIL = "until"
    """What lies before the first of them."""
    NEVER = "never"
    """What lies between them: where it does not hold."""


class Task(StrEnum):
    """What is to be done with the stretches."""

    FIND = "find"
    HIGHLIGHTS = "highlights"
    """The best of the video are to be chosen."""
    CUT = "cut"
    """They are to be a file."""


class Sense(StrEnum):
    """By which sense something is to be found."""

    SAID = "said"
    WRITTEN = "written"
    SHOWN = "shown"
    HEARD = "heard"


def which(vectors: np.ndarray, source: str) -> Which:
    """Which stretches a query wants; every one where that is unsure, or another embedding made the vectors."""
    table = learnt(LEARNT, "which")
    if not table.fits(vectors, source):
        return Which.EVERY
    name, margin = table.told(vectors)
    return Which(name) if margin >= SURE else Which.EVERY


def sense(vectors: np.ndarray, source: str) -> Sense | None:
    """By which sense a query is to be answered; `None` where that is unsure, or another embedding made the vectors."""
    table = learnt(LEARNT, "sense")
    if not table.fits(vectors, source):
        return None
    name, margin = table.told(vectors)
    return Sense(name) if margin >= SENSE_SURE else None


def task(vectors: np.ndarray, source: str) -> Task:
    """What a query wants to be done with the stretches; that they are told where another embedding made the vectors."""
    table = learnt(LEARNT, "task")
    if not table.fits(vectors, source):
        return Task.FIND
    return Task(table.told(vectors)[0])


def examples(table: str) -> list[tuple[str, str, str]]:
    """Name, language and wording of every example of a table."""
    return by_example.examples(EXAMPLES, table)


@cache
def framing() -> frozenset[str]:
    """Words that frame a query and say nothing of its topic, in all languages of the examples."""
    topics = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["topics"]
    shared: Counter[tuple[str, str]] = Counter()
    for table in TABLES:
        for _, tongue, text in examples(table):
            shared.update((tongue, word) for word in set(words(text)))
    about = {(tongue, word) for tongue, names in topics.items() for name in names for word in words(name)}
    return frozenset(word for (tongue, word), n in shared.items() if n >= FRAMES_FROM and (tongue, word) not in about)


def framed(query: str) -> str:
    """A query with its topic left out, so that what it is about does not decide how it asks; empty if nothing is left.

    >>> framed("every time the capacity factor is mentioned")
    'every time the … is mentioned'
    """
    kept: list[str] = []
    for word in words(query):
        if word in framing() or word in STOP_WORDS:
            kept.append(word)
        elif kept[-1:] != ["…"]:
            kept.append("…")
    return " ".join(kept) if kept != ["…"] else ""


def wordings(table: str, query: str) -> list[str]:
    """The texts by whose vectors a query is told: itself, and by which sense also itself without its topic, which may
    be a thing that is mostly written or heard."""
    return list(filter(None, (query, framed(query)))) if table == "sense" else [query]


def topic_of(query: str) -> str:
    """What a query is about: from its first word that frames nothing to the last, as they are written; all of it where
    none is left.

    >>> topic_of("every time the capacity factor is mentioned")
    'capacity factor'
    """
    return bare_topic(query) or query


def bare_topic(query: str) -> str:
    """As `topic_of`; empty where every word frames the query. What stands between two words of the topic is of it.

    >>> bare_topic("all the parts about the cake for the bride and groom")
    'cake for the bride and groom'
    """
    kept = [word.strip('.,;:!?¿¡()“”„"«»…') for word in query.split()]
    own = [any(one not in framing() and one not in STOP_WORDS for one in words(word)) for word in kept]
    if not any(own):
        return ""
    return " ".join(filter(None, kept[own.index(True) : len(own) - own[::-1].index(True)]))
