"""Scores of stretches that were found against those that are right. Stretches are pairs of seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Stretch = tuple[float, float]
Scored = tuple[float, float, float]
"""Start, end, score."""

R1_AT = (0.3, 0.5, 0.7)
ETF1_AT = (0.3, 0.5, 0.7)
MAP_AT = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""Of QVHighlights' `eval.py`."""
CG_AT = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Of CG-Bench."""


def iou(one: Stretch, other: Stretch) -> float:
    """Intersection over union of two stretches, 0..1."""
    shared = max(min(one[1], other[1]) - max(one[0], other[0]), 0.0)
    whole = (one[1] - one[0]) + (other[1] - other[0]) - shared
    return shared / whole if whole > 0 else 0.0


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in order, those that touch or overlap as one."""
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], end)
        else:
            whole.append((start, end))
    return whole


def union_iou(found: Sequence[Stretch], right: Sequence[Stretch]) -> float:
    """Intersection over union of all that was found and all that is right, 0..1."""
    ours, theirs = merged(found), merged(right)
    shared = sum(max(min(a[1], b[1]) - max(a[0], b[0]), 0.0) for a in ours for b in theirs)
    whole = sum(end - start for start, end in [*ours, *theirs]) - shared
    return shared / whole if whole > 0 else 0.0


def first_iou(found: Sequence[Stretch], right: Sequence[Stretch]) -> float:
    """The first stretch that was found against the right one that it fits best, 0..1; 0 where nothing was found."""
    return max((iou(found[0], one) for one in right), default=0.0) if found else 0.0


def recall_at_one(ious: Sequence[float], threshold: float) -> float:
    """R1@IoU: the share of queries whose first stretch has at least this IoU."""
    return float(np.mean([value >= threshold for value in ious])) if ious else 0.0


def average_precision(found: Sequence[Scored], right: Sequence[Stretch], threshold: float) -> float:
    """Average precision of one query's stretches, each right one taken once, interpolated as in ActivityNet's and
    QVHighlights' evaluation."""
    if not right:
        return 0.0
    free = list(right)
    hits: list[bool] = []
    for start, end, _ in sorted(found, key=lambda one: -one[2]):
        best = max(free, key=lambda one: iou((start, end), one), default=None)
        hit = best is not None and iou((start, end), best) >= threshold
        if hit:
            free.remove(best)  # pyright: ignore[reportArgumentType]
        hits.append(hit)
    if not hits:
        return 0.0
    right_so_far = np.cumsum(hits)
    precision = np.concatenate([[0.0], right_so_far / np.arange(1, len(hits) + 1), [0.0]])
    recall = np.concatenate([[0.0], right_so_far / len(right), [1.0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.flatnonzero(np.diff(recall)) + 1
    return float(np.sum((recall[steps] - recall[steps - 1]) * precision[steps]))


def mean_average_precision(
    queries: Sequence[tuple[Sequence[Scored], Sequence[Stretch]]], thresholds: Sequence[float] = MAP_AT
) -> dict[str, float]:
    """Mean average precision (mAP) at each IoU, and the `average` over them, of pairs of found and right stretches."""
    at = {str(t): float(np.mean([average_precision(*query, t) for query in queries])) for t in thresholds}
    return {**at, "average": float(np.mean(list(at.values())))}


@dataclass(frozen=True, slots=True)
class Every:
    """Scores of one query for every time that something happens (OMTG-Bench)."""

    counted: float
    """C-Acc: 1 where the number of stretches is right."""
    union: float
    """tIoU."""
    precision: Mapping[float, float]
    recall: Mapping[float, float]
    f1: Mapping[float, float]
    etf1: float
    """C-Acc × the mean of F1 over the thresholds; 1 where nothing is right and nothing was found."""


def every_time(found: Sequence[Stretch], right: Sequence[Stretch], thresholds: Sequence[float] = ETF1_AT) -> Every:
    """OMTG-Bench's scores: stretches are paired by the Hungarian method so that their IoUs add up to the most."""
    counted = float(len(found) == len(right))
    if not found or not right:
        same = dict.fromkeys(thresholds, float(not found and not right))
        return Every(counted, union_iou(found, right), same, same, same, same[thresholds[0]])
    from scipy.optimize import linear_sum_assignment

    table = np.array([[iou(one, other) for other in right] for one in found])
    rows, columns = linear_sum_assignment(-table)
    paired = table[rows, columns]
    hits = {t: int((paired >= t).sum()) for t in thresholds}
    precision = {t: hit / len(found) for t, hit in hits.items()}
    recall = {t: hit / len(right) for t, hit in hits.items()}
    f1 = {t: 2 * hit / (len(found) + len(right)) for t, hit in hits.items()}
    return Every(counted, union_iou(found, right), precision, recall, f1, counted * float(np.mean(list(f1.values()))))


def pairs(found: Sequence[Stretch], right: Sequence[Stretch]) -> list[tuple[Stretch, Stretch]]:
    """What was found with what is right, as the Hungarian method pairs them; only pairs that share a moment."""
    if not found or not right:
        return []
    from scipy.optimize import linear_sum_assignment

    table = np.array([[iou(one, other) for other in right] for one in found])
    rows, columns = linear_sum_assignment(-table)
    return [(found[r], right[c]) for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if table[r, c] > 0]


@dataclass(frozen=True, slots=True)
class Clued:
    """One question of CG-Bench: what was answered, and where the clue was seen."""

    found: Sequence[Stretch] | None
    """None where the answer was not a list of stretches: counted as an IoU of 0 here, dropped by VLMEvalKit."""
    right: Sequence[Stretch]
    long_right: bool
    """The answer from the whole video is right."""
    clue_right: bool
    """The answer from the clue alone is right."""


def clue_scores(questions: Sequence[Clued], thresholds: Sequence[float] = CG_AT) -> dict[str, float]:
    """CG-Bench: `long_acc`, `clue_acc`, `mIoU`, `rec@IoU`, `acc@IoU`, `CRR`, and the share that was not `parsed`."""
    ious = [0.0 if one.found is None else union_iou(one.found, one.right) for one in questions]
    long = float(np.mean([one.long_right for one in questions]))
    clue = float(np.mean([one.clue_right for one in questions]))
    both = list(zip(ious, questions, strict=True))
    return {
        "long_acc": long,
        "clue_acc": clue,
        "mIoU": float(np.mean(ious)),
        "rec@IoU": float(np.mean([[value > t for value in ious] for t in thresholds])),
        "acc@IoU": float(np.mean([[value > t and one.long_right for value, one in both] for t in thresholds])),
        "CRR": min(long, clue) / clue if clue else 0.0,
        "unparsed": float(np.mean([one.found is None for one in questions])),
    }
