"""Making a calibration from measured videos: ranges, likelihood models, held-out scores, and fusion with its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import UsageError
from .calibration import (
    LEVELS,
    Calibration,
    Conditions,
    Fusion,
    Range,
    Source,
    local_distances,
    unusualness,
)
from .likelihood import SpatialLikelihood, TemporalLikelihood, Whitening, steps_of
from .signals import SIGNALS

RESAMPLED = 40
"""Refits on resampled sources, for the interval."""
RIDGE = 1.0
FOLDS = 5


@dataclass
class Clip:
    """One video as it was measured."""

    source: str
    """Clips of one source (its re-encodings, say) are held out together."""
    generated: bool
    seconds: float
    windows: list[dict[str, float]]
    features: list[np.ndarray] = field(default_factory=list)
    """(n, d) of each window; empty without an encoder."""
    name: str = ""


def fit(clips: Sequence[Clip], conditions: Conditions, limits: str = "") -> Calibration:
    """Calibrate on real videos, and on generated ones where there are any.

    Raises:
        UsageError: fewer than three real sources had anything to measure.
    """
    clips = [clip for clip in clips if clip.windows]
    real = [clip for clip in clips if not clip.generated]
    names = sorted({clip.source for clip in real})
    if len(names) < 3:
        raise UsageError(f"a calibration needs at least three real videos of 1.5 seconds or more, got {len(names)}")
    calibration = _ranges(real, conditions)
    held_out: dict[str, np.ndarray] = {}
    for name in names:
        others = _ranges([clip for clip in real if clip.source != name], conditions)
        mine = [completed(clip, others) for clip in real if clip.source == name]
        held_out[name] = np.array([unusualness(others.distances(w)) for clip in mine for w in clip.windows])
    whole = [completed(clip, calibration) for clip in real]
    local = [unusualness(d) for clip in whole for d in local_distances(clip.windows, calibration.ranges) if d]
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(f"{clip.source}\0{clip.generated}", []).append(clip)
    calibration = replace(
        calibration,
        held_out=held_out,
        local=float(np.quantile(local, 0.95)) if local else 4.0,
        limits=limits,
        sources=tuple(
            Source(
                same[0].source,
                same[0].generated,
                sum(len(one.windows) for one in same),
                round(sum(one.seconds for one in same), 1),
            )
            for same in groups.values()
        ),
    )
    if any(clip.generated for clip in clips):
        return _with_fusion(calibration, clips)
    return calibration


def completed(clip: Clip, calibration: Calibration) -> Clip:
    """The clip with the likelihoods that need the calibration's own model."""
    if not clip.features or not calibration.whitening:
        return clip
    windows = []
    for values, features in zip(clip.windows, clip.features, strict=True):
        frames = calibration.whitening["frames"].log_likelihood(features)
        steps = calibration.whitening["steps"].log_likelihood(steps_of(features))
        windows.append(
            {**values, SpatialLikelihood.name: float(frames.max()), TemporalLikelihood.name: float(steps.min())}
        )
    return replace(clip, windows=windows)


def _ranges(real: Sequence[Clip], conditions: Conditions) -> Calibration:
    """Ranges and likelihood models of real clips; every source weighs the same, however long."""
    whitening = {}
    counts: dict[str, int] = {}
    for clip in real:
        counts[clip.source] = counts.get(clip.source, 0) + len(clip.windows)
    if all(clip.features for clip in real):
        for part, of in (("frames", lambda f: f), ("steps", steps_of)):
            vectors = [of(f) for clip in real for f in clip.features]
            weights = [np.full(len(of(f)), 1 / counts[clip.source]) for clip in real for f in clip.features]
            whitening[part] = Whitening.fit(np.concatenate(vectors), np.concatenate(weights))
    blank = Calibration(conditions, (), {}, {}, 4.0, whitening)
    # a model is surer of the clips it was fitted to than of any other: likelihoods are taken with the source left out
    ready = _cross_fitted(real, blank) if whitening else list(real)
    ranges = {}
    for name, signal in SIGNALS.items():
        one = signal()
        by_source: dict[str, list[float]] = {}
        spreads = []
        for clip in ready:
            values = [one.scale(w[name]) for w in clip.windows if np.isfinite(w.get(name, np.nan))]
            by_source.setdefault(clip.source, []).extend(values)
            if len(values) >= 3:
                spreads.append(1.4826 * float(np.median(np.abs(np.array(values) - np.median(values)))))
        filled = [np.quantile(values, LEVELS) for values in by_source.values() if values]
        if len(filled) >= 2:
            # the mixture's quantiles: every source gives 21 points of equal weight
            ranges[name] = Range(np.quantile(np.concatenate(filled), LEVELS), float(np.median(spreads or [1.0])))
    return replace(blank, ranges=ranges)


def _cross_fitted(real: Sequence[Clip], whole: Calibration) -> list[Clip]:
    names = sorted({clip.source for clip in real})
    if len(names) < 3:
        return [completed(clip, whole) for clip in real]
    done = []
    for name in names:
        others = [clip for clip in real if clip.source != name]
        whitening = {}
        for part, of in (("frames", lambda f: f), ("steps", steps_of)):
            vectors = [of(f) for clip in others for f in clip.features]
            weights = [np.full(len(of(f)), 1 / len(clip.features)) for clip in others for f in clip.features]
            whitening[part] = Whitening.fit(np.concatenate(vectors), np.concatenate(weights))
        done += [completed(clip, replace(whole, whitening=whitening)) for clip in real if clip.source == name]
    return done


def _with_fusion(calibration: Calibration, clips: Sequence[Clip]) -> Calibration:
    """Choose signals, fuse them, and report how well that does on sources that were not fitted."""
    rows, labels, sources = distance_rows([completed(clip, calibration) for clip in clips], calibration)
    names = list(calibration.ranges)
    separation = {name: auc(rows[labels, at], rows[~labels, at]) for at, name in enumerate(names)}
    chosen = [name for name in names if separation[name] >= 0.55] or [max(separation, key=separation.__getitem__)]
    columns = [names.index(name) for name in chosen]
    generator = np.random.default_rng(0)
    fits = [logistic(rows[:, columns], labels, _balanced(labels, sources))]
    distinct = sorted(set(sources))
    for _ in range(RESAMPLED):
        drawn = generator.choice(len(distinct), len(distinct))
        at = np.concatenate([np.flatnonzero(sources == distinct[n]) for n in drawn])
        if labels[at].any() and not labels[at].all():
            fits.append(logistic(rows[at][:, columns], labels[at], _balanced(labels[at], sources[at])))
    scores = cross_validated(rows[:, columns], labels, sources)
    gains = {}
    whole = auc(scores[labels], scores[~labels])
    for at, name in enumerate(chosen):
        if len(chosen) > 1:
            without = cross_validated(np.delete(rows[:, columns], at, axis=1), labels, sources)
            gains[name] = round(whole - auc(without[labels], without[~labels]), 4)
    said = scores >= 0.5
    hits = int((said & labels).sum())
    report = {
        "auc": round(whole, 4),
        "auc_interval": [round(v, 4) for v in auc_interval(scores, labels, sources)],
        "f1": round(2 * hits / max(int(said.sum() + labels.sum()), 1), 4),
        "separation": {name: round(value, 4) for name, value in separation.items()},
        "chosen": chosen,
        "gain": gains,
        "reliability": reliability(scores, labels),
        "folds": min(FOLDS, len(distinct)),
    }
    return replace(calibration, fusion=Fusion(tuple(chosen), np.stack(fits)), report=report)


def distance_rows(clips: Sequence[Clip], calibration: Calibration) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One row a window: (rows, signals) distances, whether generated, and the source."""
    rows, labels, sources = [], [], []
    for clip in clips:
        for window in clip.windows:
            distances = calibration.distances(window)
            rows.append([distances.get(name, 0.0) for name in calibration.ranges])
            labels.append(clip.generated)
            sources.append(clip.source)
    return np.array(rows), np.array(labels, bool), np.array(sources)


def logistic(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Ridge logistic regression by Newton's method; the last of the (columns + 1,) weights is the constant."""
    design = np.column_stack([rows, np.ones(len(rows))])
    penalty = np.full(design.shape[1], RIDGE)
    penalty[-1] = 1e-3
    found = np.zeros(design.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (weights * (likely - labels)) + penalty * found
        bend = (design * (weights * likely * (1 - likely))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        found -= step
        if np.abs(step).max() < 1e-6:
            break
    return found


def cross_validated(rows: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """(rows,) probabilities, each by a fit that saw nothing of its source."""
    distinct = sorted(set(sources))
    folds = [distinct[n :: min(FOLDS, len(distinct))] for n in range(min(FOLDS, len(distinct)))]
    scores = np.full(len(rows), 0.5)
    for fold in folds:
        out = np.isin(sources, fold)
        if labels[~out].any() and not labels[~out].all():
            found = logistic(rows[~out], labels[~out], _balanced(labels[~out], sources[~out]))
            scores[out] = 1 / (1 + np.exp(-np.clip(np.column_stack([rows[out], np.ones(out.sum())]) @ found, -30, 30)))
    return scores


def _balanced(labels: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Weights that make both classes, and within them all sources, count the same."""
    weights = np.zeros(len(labels))
    for label in (False, True):
        of_class = labels == label
        for source in set(sources[of_class]):
            at = of_class & (sources == source)
            weights[at] = len(labels) / 2 / len(set(sources[of_class])) / at.sum()
    return weights


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Probability that a positive scores above a negative, ties counting half.

    >>> auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left")
    upto = np.searchsorted(ordered, positive, "right")
    return float((below + upto).mean() / 2 / len(negative))


def auc_interval(scores: np.ndarray, labels: np.ndarray, sources: np.ndarray, draws: int = 400) -> tuple[float, float]:
    """95 % interval of the AUC when whole sources are drawn anew."""
    generator = np.random.default_rng(0)
    distinct = sorted(set(sources))
    places = {name: np.flatnonzero(sources == name) for name in distinct}
    found = []
    for _ in range(draws):
        at = np.concatenate([places[distinct[n]] for n in generator.choice(len(distinct), len(distinct))])
        value = auc(scores[at][labels[at]], scores[at][~labels[at]])
        if np.isfinite(value):
            found.append(value)
    return (float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))) if found else (0.0, 1.0)


def reliability(scores: np.ndarray, labels: np.ndarray, bins: int = 5) -> list[Mapping[str, Any]]:
    """Said and seen: mean probability and share of generated windows in bins of the probability."""
    at = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        {
            "said": round(float(scores[at == n].mean()), 3),
            "seen": round(float(labels[at == n].mean()), 3),
            "windows": int((at == n).sum()),
        }
        for n in range(bins)
        if (at == n).any()
    ]
