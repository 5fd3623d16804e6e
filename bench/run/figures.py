"""What the answers of a run add up to."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .line import Line

RESAMPLES = 2000

ROTATIONS = 4
"""Tries of one question that must all be right, as VNBench scores."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of questions, with the interval in which 95 % of bootstrap resamples lie."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.low:.0%}–{self.high:.0%})"


@dataclass(frozen=True, slots=True)
class Figures:
    """One pipeline over some questions; None where nothing was measured."""

    once: Share | None
    """Accuracy on the first try."""
    rotated: Share | None
    """Accuracy when a question counts only if it is right in all four tries."""
    recall_frames: dict[str, float]
    """Mean share of needles found, by rank."""
    recall_records: dict[str, float]
    recall: float | None
    """At rank 8, by frames or records."""
    tokens: dict[str, float]
    """Mean of a first try."""
    cold: float | None
    """Median seconds from a new video to the first token of its first answer."""
    warm: float | None
    """Median seconds to the first token of later first tries."""
    before: float | None
    """Median seconds until the answerer is asked, warm."""
    unparsed: float | None
    """Share of answers to questions with options that name none of them; they count as wrong."""
    failed: int
    undecodable: int
    """Videos that could not be read; their questions count as wrong."""
    frames: float | None
    """Mean of a first try, as pictures or in words."""
    pictures: float | None
    """Those of them that the answerer saw."""
    pixels: float | None
    """Of these pictures, all of a question together."""
    off: float | None
    """Median seconds by which `when` answers point beside the needle."""
    pointed: int
    """`when` answers that point somewhere."""


def share(right: Sequence[bool]) -> Share | None:
    """Mean and bootstrap interval; the same answers give the same interval."""
    if not right:
        return None
    values = np.array(right, float)
    dice = np.random.default_rng(0)
    means = values[dice.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Share(float(values.mean()), float(low), float(high), len(values))


def figures(lines: Sequence[Line]) -> Figures:
    """The figures of one pipeline's lines."""
    first = [line for line in lines if line["try"] == 0]
    warm = [line["seconds"] for line in first if "prepare" not in line["seconds"] and not line["error"]]
    pointed = [line["off"] for line in first if line["off"] is not None]
    either = [line["recall"] for line in first if line["recall"] is not None]
    return Figures(
        once=share([line["correct"] for line in first if line["correct"] is not None]),
        rotated=share(_all_right(lines)),
        recall_frames=_by_rank(line["recall_frames"] for line in first),
        recall_records=_by_rank(line["recall_records"] for line in first),
        recall=_mean(either),
        tokens=_means([line["tokens"] for line in first]),
        cold=_middle(_cold(lines)),
        warm=_middle([seconds["first_token"] for seconds in warm]),
        before=_middle([seconds["before_answer"] for seconds in warm if "before_answer" in seconds]),
        unparsed=_mean([line["answer"] is None for line in lines if line["correct"] is not None]),
        failed=sum(line["error"] is not None for line in lines),
        undecodable=len({line["video"] for line in lines if line.get("undecodable")}),
        frames=_mean([line["frames"] for line in first if "frames" in line]),
        pictures=_mean([line["pictures"] for line in first if "pictures" in line]),
        pixels=_mean([line["pixels"] for line in first if "pixels" in line]),
        off=_middle(pointed),
        pointed=len(pointed),
    )


def split(lines: Iterable[Line], key: Callable[[Line], str]) -> dict[str, list[Line]]:
    """Lines by what a key says of them, in the order in which it first comes."""
    parts: dict[str, list[Line]] = {}
    for line in lines:
        parts.setdefault(key(line), []).append(line)
    return parts


def _all_right(lines: Sequence[Line]) -> list[bool]:
    """For every question that was asked in all its rotations, whether all were right."""
    groups = split(lines, lambda line: line["group"])
    return [all(line["correct"] for line in tries) for tries in groups.values() if len(tries) == ROTATIONS]


def _cold(lines: Sequence[Line]) -> list[float]:
    """Seconds for each new video; the longest, since a run that was taken up again found it prepared."""
    videos = split((line for line in lines if "prepare" in line["seconds"]), lambda line: line["video"])
    return [
        max(line["seconds"]["prepare"] + line["seconds"]["first_token"] for line in group) for group in videos.values()
    ]


def _by_rank(measured: Iterable[dict[str, float] | None]) -> dict[str, float]:
    return _means([ranks for ranks in measured if ranks is not None])


def _means(dicts: Sequence[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for one in dicts for name in one)
    return {name: statistics.fmean(one[name] for one in dicts if name in one) for name in names}


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _middle(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
