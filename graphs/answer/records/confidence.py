"""How likely a told answer is right: logistic regression on how well its best record fits and what the judge says.

The weights with a judge were fitted by `bench/measure/learning/confidence.py`, those with a probe of its state by
`answerable.py` there, on answers to development questions, never on a report half. Answers that the timeline gives (an
end, a stretch, the whole) carry a fixed confidence instead, which nothing was fitted to.
"""

import math
import tomllib
from functools import cache
from pathlib import Path

from ...events import Weighed

FITTED = Path(__file__).with_name("confidence.toml")
EDGE = 0.001
"""The judge's probabilities are kept this far from 0 and 1 before their log-odds are taken."""


def features(weighed: Weighed) -> dict[str, float]:
    """What the regression sees of an answer, by name; `said` is missing where nobody judged."""
    seen = {"offset": 1.0, "similarity": weighed.similarity, "lacks_number": float(weighed.lacks_number)}
    if weighed.said is not None:
        said = min(max(weighed.said, EDGE), 1 - EDGE)
        seen["said"] = math.log(said / (1 - said))
    return seen


def confidence(weighed: Weighed) -> float:
    """The probability that an answer is right, 0..1."""
    weights = _fitted()["unjudged" if weighed.said is None else "probed" if weighed.probed else "judged"]
    return 1 / (1 + math.exp(-sum(weights[name] * value for name, value in features(weighed).items())))


def told_from() -> float:
    """The probability from which an answer is given rather than withheld."""
    return _fitted()["told"]["from"]


@cache
def _fitted() -> dict[str, dict[str, float]]:
    return tomllib.loads(FITTED.read_text(encoding="utf-8"))
