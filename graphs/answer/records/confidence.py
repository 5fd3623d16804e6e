"""How likely a told answer is right: logistic regression on how well its best record fits and what the judge says.

The weights with a judge were fitted on transcripts of the development half of the made questions (90 questions of
thirteen recordings), never on its report half, on which nothing has been measured. Answers that the timeline gives (an
end, a stretch, the whole) carry a fixed confidence instead, which nothing was fitted to.
"""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FITTED = Path(__file__).with_name("confidence.toml")


@dataclass(frozen=True)
class Fit:
    """What is known of an answer before it is given."""

    similarity: float
    """Cosine of the question and the best record."""
    judged: tuple[float, ...] = ()
    """The judge's probabilities that a record says the answer, in order of their cosines; none where nobody judged."""
    lacks_number: bool = False
    """A number is asked for, and the best record has none."""


def confidence(fit: Fit) -> float:
    """The probability that the record answers the question, 0..1."""
    weights = _fitted()["judged" if fit.judged else "unjudged"]
    total = weights["offset"] + weights["similarity"] * fit.similarity + weights["lacks_number"] * fit.lacks_number
    if fit.judged:
        total += weights["highest"] * max(fit.judged) + weights["nearest"] * fit.judged[0]
    return 1 / (1 + math.exp(-total))


def told_from() -> float:
    """The probability from which an answer is given rather than withheld."""
    return _fitted()["told"]["from"]


@cache
def _fitted() -> dict[str, dict[str, float]]:
    return tomllib.loads(FITTED.read_text(encoding="utf-8"))
