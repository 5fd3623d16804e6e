"""What a question asks about what somebody or something looks like, by how near it lies to labelled examples.

`looking.toml` has the examples, in English; `looking.npz` holds what was learnt from their embeddings
(`embeddings/by_example.py`). `python -m vidscout.bench.measure.learning.looking --write` makes it anew.
"""

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np

from .....tools.perception.embeddings.by_example import learnt
from .....tools.words import words

EXAMPLES = Path(__file__).with_name("looking.toml")
LEARNT = Path(__file__).with_name("looking.npz")
RIDGE = 0.3
"""What the examples are learnt with: they are few beside those of everything else."""


class Asked(StrEnum):
    """What is asked about somebody's or something's looks, as `looking.toml` has examples of it."""

    COLOUR = "colour"
    WEARING = "wearing"
    LARGEST = "largest"
    SMALLEST = "smallest"
    NONE = "none"


def asked_for(vector: np.ndarray, source: str) -> Asked:
    """What a question asks for; nothing of it where another embedding made its vector than was learnt from.

    Args:
        vector: the question as a query, (dimensions,).
    """
    known = learnt(LEARNT, "asked")
    return Asked(known.told(vector)[0]) if known.fits(vector, source) else Asked.NONE


def wanted(question: str) -> frozenset[str]:
    """The basic colour terms and postures that a question names.

    >>> sorted(wanted("Is a man in gray trousers seated?"))
    ['grey', 'sitting']
    """
    said = set(words(question))
    return frozenset(name for name, phrases in _words().items() if any(said.issuperset(one.split()) for one in phrases))


@cache
def _words() -> dict[str, list[str]]:
    return tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["words"]
