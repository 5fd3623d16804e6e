"""What the authors of public sets publish of a run: shares of right answers, whole groups, points of a judge.

Only questions that were asked count, and where some of those that a score needs are missing it says how many it is of.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Line = Mapping[str, Any]
"""One answered question: a line of `results.jsonl`."""


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of a set's leaderboard."""

    name: str
    value: float | None
    """Of 100 for shares; None where nothing of it was asked, or not all that it needs."""
    count: int
    """What it is the mean of: questions, groups or tasks."""


def accuracy(name: str, lines: Iterable[Line]) -> Score:
    """The share of right answers; an answer that names no option is a wrong one."""
    right = [bool(line["correct"]) for line in lines]
    return Score(name, 100 * statistics.fmean(right) if right else None, len(right))


def by(lines: Iterable[Line], key: Callable[[Line], Iterable[str]]) -> dict[str, list[Line]]:
    """Lines by each of what a key says of them, sorted by it; a line may stand under several."""
    parts: dict[str, list[Line]] = {}
    for line in lines:
        for name in key(line):
            parts.setdefault(name, []).append(line)
    return dict(sorted(parts.items()))


def by_label(label: str) -> Callable[[Sequence[Line]], list[Score]]:
    """Scores by a label of the questions, and over all."""

    def score(lines: Sequence[Line]) -> list[Score]:
        parts = by(lines, lambda line: [str(line["labels"][label])] if line["labels"].get(label) else [])
        return [accuracy("overall", lines), *(accuracy(f"{label} {name}", some) for name, some in parts.items())]

    return score


def mean_of(name: str, scores: Sequence[Score]) -> Score:
    """The mean of several scores, each weighing the same."""
    values = [score.value for score in scores if score.value is not None]
    return Score(name, statistics.fmean(values) if values else None, len(values))


def task_mean(lines: Sequence[Line]) -> list[Score]:
    """The mean of the tasks' accuracies (MLVU's M-Avg), then each task's own."""
    tasks = [accuracy(name, some) for name, some in by(lines, lambda line: [line["type"]]).items()]
    return [mean_of("M-Avg", tasks), *tasks]


def points_of(name: str, lines: Iterable[Line], criteria: Sequence[str]) -> Score:
    """The mean of what a judge gave for some criteria, 0 to 5; answers that it has not graded do not count."""
    given = [line.get("points") or {} for line in lines]
    values = [points[one] for points in given for one in criteria if points.get(one) is not None]
    return Score(name, statistics.fmean(values) if values else None, len(values))
