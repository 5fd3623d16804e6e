"""What a question asks about who speaks or is seen, by how near its embedding lies to those of labelled examples.

`speaking.toml` has the examples, eleven languages of them, in which a name stands as `{x}`; `speaking.npz` holds what
was learnt from their embeddings (`embeddings/by_example.py`).
`python -m vidscout.bench.measure.learning.speaking --write` makes it anew.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np

from .....tools.perception.embeddings import by_example
from .....tools.perception.embeddings.by_example import ByExample, learnt

EXAMPLES = Path(__file__).with_name("speaking.toml")
LEARNT = Path(__file__).with_name("speaking.npz")
PLACEHOLDERS = {"{x}": "Anna", "{y}": "Boris"}
"""Names in whose stead those of a question are embedded, so that a name's own meaning decides nothing."""


class Asked(StrEnum):
    """What is asked about somebody, as `speaking.toml` has examples of it."""

    HOW_LONG = "how_long"
    MOST = "most"
    LEAST = "least"
    FIRST = "first"
    LAST = "last"
    EVERYBODY = "everybody"
    ABOUT = "about"
    ANSWER = "answer"
    ASK = "ask"
    WHO = "who"
    SEEN = "seen"
    NONE = "none"


OF_SOMEBODY = (Asked.HOW_LONG, Asked.ABOUT, Asked.ANSWER, Asked.ASK, Asked.SEEN)
"""What can be asked only about somebody whom the question names."""
OF_NOBODY = (Asked.MOST, Asked.LEAST, Asked.FIRST, Asked.LAST, Asked.EVERYBODY)
"""What can be asked only where it names nobody."""


def asked_for(question: str, named: Sequence[str], vector: np.ndarray, source: str) -> Asked | None:
    """What a question asks for; `None` where its embedding is another than the one that was learnt from.

    Args:
        question: with placeholders (`masked`), whose embedding as a query is `vector`.
        named: who is named in it.
        vector: (dimensions,).
        source: of the text embedding.
    """
    known = learnt(LEARNT, "asked")
    return nearest(known, vector, bool(named)) if question and known.fits(vector, source) else None


def nearest(known: ByExample, vector: np.ndarray, named: bool) -> Asked:
    """What the examples nearest to a question ask for, of what can be asked where somebody is named, or nobody."""
    order = [Asked(known.names[at]) for at in np.argsort(-known.scores(vector))]
    if not named:  # what is asked of somebody whom nobody knows by that name is none of it
        return order[0] if order[0] not in OF_SOMEBODY else Asked.NONE
    return next(kind for kind in order if kind not in OF_NOBODY)


def masked(question: str, named: Sequence[str]) -> str:
    """A question with placeholders for the names in it, in the order in which they are mentioned.

    >>> masked("What does Tom answer Maria?", ["Tom", "Maria"])
    'What does Anna answer Boris?'
    """
    for name, stand_in in zip(named, PLACEHOLDERS.values(), strict=False):
        question = _standing(name).sub(stand_in, question)
    return question


def mentioned(question: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Which of the names stand in a question, in that order, each as it stands there: whole, or its first word."""
    found: list[tuple[int, str, str]] = []
    for name in names:
        parts = [name] if name.split()[-1].isdecimal() else [name, name.split()[0]]
        for part in parts:
            if (there := _standing(part).search(question)) is not None:
                found.append((there.start(), name, part))
                break
    whole = {name.split()[0] for _, name, part in found if part == name and " " in name}
    return [(name, part) for _, name, part in sorted(found) if part == name or part not in whole]


def stands_in(name: str, text: str) -> bool:
    """Whether a name stands in a text, as a word of its own where its script parts words."""
    return _standing(name).search(text) is not None


def examples() -> list[tuple[str, str, str]]:
    """What is asked for, language and wording of every example, with placeholders."""
    found = []
    for kind, language, text in by_example.examples(EXAMPLES):
        for mark, stand_in in PLACEHOLDERS.items():
            text = text.replace(mark, stand_in)
        found.append((kind, language, text))
    return found


def _standing(name: str) -> re.Pattern[str]:
    unparted = r"\u0900-\u097f\u3040-\u30ff\u4e00-\u9fff"  # scripts that part no words, or join particles to them
    return re.compile(rf"(?<![^\W{unparted}]){re.escape(name)}(?:['’]?s)?(?![^\W{unparted}])", re.IGNORECASE)
