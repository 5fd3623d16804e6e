"""What a query asks for, by how near its embedding lies to those of examples: which stretches, and by which sense.

`asks.toml` has examples in ten languages. `asks.npz` holds what was learnt from their embeddings by ridge regression
for the text embedding that it names, as `answer/question/kinds.py` does it; `python -m vidscout.bench.measure.asks`
makes it anew and prints how many examples of a part that was left out are told rightly.
"""

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

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


@dataclass(frozen=True)
class Learnt:
    """Directions of the embedding space for one table of examples, for the embedding that `source` names."""

    source: str
    names: tuple[str, ...]
    weights: np.ndarray
    """(dimensions, names)"""
    offsets: np.ndarray

    def told(self, vectors: np.ndarray) -> tuple[str, float]:
        """The likeliest name of a query by its vectors, (wordings, dimensions), and how far it is ahead of the second.

        Args:
            vectors: of its `wordings`.
        """
        scores = (vectors @ self.weights + self.offsets).mean(axis=0)
        best, second = np.argsort(-scores)[:2]
        return self.names[best], float(scores[best] - scores[second])


def learn(vectors: np.ndarray, names: Sequence[str], source: str, ridge: float = 1.0) -> Learnt:
    """Ridge regression of names on embeddings: 1 for an example's own, −1 for every other.

    Args:
        vectors: unit vectors, (examples, dimensions).
    """
    known = sorted(set(names))
    wanted = 2.0 * (np.array(names)[:, None] == np.array(known)) - 1
    mean, level = vectors.mean(axis=0), wanted.mean(axis=0)
    centred = vectors - mean
    square = centred.T @ centred + ridge * np.eye(vectors.shape[1])
    weights = np.linalg.solve(square, centred.T @ (wanted - level))
    return Learnt(source, tuple(known), weights, level - mean @ weights)


def save(tables: dict[str, Learnt], path: Path = LEARNT) -> None:
    """Write what was learnt, weights as float16."""
    arrays: dict[str, Any] = {}
    for name, table in tables.items():
        arrays |= {
            f"{name}_source": np.array(table.source),
            f"{name}_names": np.array(table.names),
            f"{name}_weights": table.weights.astype(np.float16),
            f"{name}_offsets": table.offsets.astype(np.float32),
        }
    np.savez_compressed(path, **arrays)


@cache
def learnt(table: str, path: Path = LEARNT) -> Learnt:
    """What was learnt of one of the `TABLES`."""
    with np.load(path) as file:
        return Learnt(
            str(file[f"{table}_source"]),
            tuple(file[f"{table}_names"].tolist()),
            file[f"{table}_weights"].astype(np.float32),
            file[f"{table}_offsets"],
        )


def which(vectors: np.ndarray, source: str) -> Which:
    """Which stretches a query wants; every one where that is unsure, or another embedding made the vectors."""
    table = learnt("which")
    if source != table.source or vectors.shape[1] != len(table.weights):
        return Which.EVERY
    name, margin = table.told(vectors)
    return Which(name) if margin >= SURE else Which.EVERY


def sense(vectors: np.ndarray, source: str) -> Sense | None:
    """By which sense a query is to be answered; `None` where that is unsure, or another embedding made the vectors."""
    table = learnt("sense")
    if source != table.source or vectors.shape[1] != len(table.weights):
        return None
    name, margin = table.told(vectors)
    return Sense(name) if margin >= SENSE_SURE else None


def task(vectors: np.ndarray, source: str) -> Task:
    """What a query wants to be done with the stretches; that they are told where another embedding made the vectors."""
    table = learnt("task")
    if source != table.source or vectors.shape[1] != len(table.weights):
        return Task.FIND
    return Task(table.told(vectors)[0])


def examples(table: str) -> list[tuple[str, str, str]]:
    """Name, language and wording of every example of a table."""
    tables = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return [
        (name, tongue, text) for name, by in tables[table].items() for tongue, texts in by.items() for text in texts
    ]


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
    """What a query is about: its words that frame nothing, as they are written; all of them where none is left.

    >>> topic_of("every time the capacity factor is mentioned")
    'capacity factor'
    """
    return bare_topic(query) or query


def bare_topic(query: str) -> str:
    """As `topic_of`; empty where every word frames the query."""
    kept = [
        word.strip('.,;:!?¿¡()“”„"«»…')
        for word in query.split()
        if any(one not in framing() and one not in STOP_WORDS for one in words(word))
    ]
    return " ".join(filter(None, kept))
