"""How likely a told answer is right: logistic regression on how well its best record fits and what the judge says.

The weights were fitted on the development half of the made questions (`vidscout bench questions`), never on its report
half; `bench/README.md` has the command and how well it is calibrated on the other half.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FITTED = Path(__file__).with_name("confidence.toml")


@dataclass(frozen=True)
class Fit:
    """What is known of an answer before it is given."""

    similarity: float
    """Cosine of the question and the best record."""
    ahead: float
    """By how much the best record's cosine is above the mean of the next ones."""
    judged: float | None = None
    """The judge's probability that the best record says the answer; `None` where nobody judged."""


def confidence(fit: Fit) -> float:
    """The probability that the record answers the question, 0..1."""
    weights = _fitted()["judged" if fit.judged is not None else "unjudged"]
    total = weights["offset"] + weights["similarity"] * fit.similarity + weights["ahead"] * fit.ahead
    if fit.judged is not None:
        total += weights["judged"] * fit.judged
    return 1 / (1 + math.exp(-total))


def told_from() -> float:
    """The probability from which an answer is given rather than withheld."""
    return _fitted()["told"]["from"]


def ahead(similarities: Sequence[float]) -> float:
    """By how much the first of several cosines, best first, is above the mean of the others."""
    others = similarities[1:]
    return similarities[0] - sum(others) / len(others) if others else 0.0


@cache
def _fitted() -> dict[str, dict[str, float]]:
    return tomllib.loads(FITTED.read_text(encoding="utf-8"))
