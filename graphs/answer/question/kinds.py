"""Which kind of answer a question wants, and its language, by how near its embedding lies to those of examples.

`examples.toml` has questions of 25 kinds in ten languages, by several hands. `kinds.npz` holds what was learnt from
their embeddings (`embeddings/by_example.py`);
`python -m vidscout.bench.measure.learning.kinds` makes it anew and prints how many examples of a part that was left out
it tells rightly. A question that lies between two kinds is unsure: then nothing is left out and no special way is
taken.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....tools.perception.embeddings.by_example import ByExample, learnt
from ..state import Kind

EXAMPLES = Path(__file__).with_name("examples.toml")
LEARNT = Path(__file__).with_name("kinds.npz")
SURE = 0.15
"""How far the likeliest kind must be ahead of the second, on a scale on which a clear example scores 1 and any other
kind −1. Where the gap is smaller, 47 % of examples of a part that was left out are told wrongly."""


@dataclass(frozen=True)
class Understood:
    """A question's kind and language; `kind` is `None` where it is unsure."""

    kind: Kind | None
    language: str
    """ISO 639-1 code of the nearest of the examples' languages."""
    nearest: Kind
    margin: float


def understand(vector: np.ndarray, source: str) -> Understood | None:
    """The kind and language of a question; `None` where its embedding is another than the one that was learnt from.

    Args:
        vector: the question, embedded as `Labelled`, (dimensions,).
        source: of the text embedding.
    """
    kinds, languages = learnt(LEARNT, "kind"), learnt(LEARNT, "language")
    return understood(kinds, languages, vector) if kinds.fits(vector, source) else None


def understood(kinds: ByExample, languages: ByExample, vector: np.ndarray) -> Understood:
    """The kind and language of a question by what was learnt of both.

    Args:
        vector: the question, embedded as `Labelled`, (dimensions,).
    """
    name, margin = kinds.told(vector)
    nearest = Kind(name)
    return Understood(nearest if margin >= SURE else None, languages.told(vector)[0], nearest, margin)
