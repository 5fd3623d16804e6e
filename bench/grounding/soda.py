"""SODA (Fujita et al., 2020): how well captions tell the story of a video, each taken at most once and in order.

Captions and events are matched in order of time so that overlap times likeness adds up to the most; over a whole set
that sum is divided by the number of captions (precision) and of events (recall), as the authors' `soda_c` does. Their
likeness is METEOR, which needs Java and `pycocoevalcap`.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from ...tools.words import words
from .caption_scores import Event, Score
from .spans import iou

LACKING = "METEOR and SODA are left out: they need Java and `pip install pycocoevalcap`"


def soda(videos: Sequence[tuple[Sequence[Event], Sequence[Event]]], alike: Score) -> dict[str, float]:
    """`SODA`, its precision and its recall, 0..1, of pairs of the captions and the events of a video.

    >>> one = [Event(0, 10, "a"), Event(10, 20, "b")]
    >>> soda([(one, one)], lambda texts, right: [float(a == b) for a, b in zip(texts, right)])["SODA"]
    1.0
    """
    total, made, there = 0.0, 0, 0
    for captions, events in videos:
        captions, events = (sorted(each, key=lambda one: one.stretch) for each in (captions, events))
        total += in_order(worth(captions, events, alike))
        made += len(captions)
        there += len(events)
    precision, recall = total / made if made else 0.0, total / there if there else 0.0
    both = precision + recall
    return {
        "SODA": 2 * precision * recall / both if both else 0.0,
        "SODA precision": precision,
        "SODA recall": recall,
    }


def worth(captions: Sequence[Event], events: Sequence[Event], alike: Score) -> np.ndarray:
    """Overlap times likeness of each caption with each event, (captions, events); likeness is asked for only where
    they overlap."""
    table = np.array([[iou(one.stretch, other.stretch) for other in events] for one in captions])
    table = table.reshape(len(captions), len(events))
    pairs = np.argwhere(table > 0)
    scores = alike([captions[row].text for row, _ in pairs], [events[column].text for _, column in pairs])
    for (row, column), score in zip(pairs, scores, strict=True):
        table[row, column] *= score
    return table


def in_order(table: np.ndarray) -> float:
    """The most that pairs add up to of which each row and column is in one at most and none crosses another.

    >>> in_order(np.array([[0.0, 1.0], [0.9, 0.0]])), in_order(np.array([[1.0, 0.0], [0.0, 0.9]]))
    (1.0, 1.9)
    """
    best = np.zeros((table.shape[0] + 1, table.shape[1] + 1))
    for row in range(table.shape[0]):
        for column in range(table.shape[1]):
            best[row + 1, column + 1] = max(
                best[row, column + 1], best[row + 1, column], best[row, column] + table[row, column]
            )
    return float(best[-1, -1])


@contextmanager
def meteor() -> Iterator[Score | None]:
    """METEOR 1.5 (Denkowski and Lavie, 2014) by its authors' program, as `pycocoevalcap` has it; None where Java or
    that package is not there."""
    if shutil.which("java") is None or find_spec("pycocoevalcap") is None:
        yield None
        return
    program = import_module("pycocoevalcap.meteor.meteor").Meteor()

    def alike(texts: Sequence[str], right: Sequence[str]) -> Sequence[float]:
        if not texts:
            return []
        told = {at: [" ".join(words(text)) or "."] for at, text in enumerate(texts)}
        wanted = {at: [" ".join(words(text)) or "."] for at, text in enumerate(right)}
        return program.compute_score(wanted, told)[1]

    try:
        yield alike
    finally:
        program.meteor_p.terminate()
