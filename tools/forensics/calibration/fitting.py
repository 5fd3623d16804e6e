"""Making a calibration from measured videos: ranges, likelihood models, held-out scores, and fusion with its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import UsageError
from ..signals.over_time.likelihood import Moments, SpatialLikelihood, TemporalLikelihood, Whitening, steps_of
from ..signals.registry import SIGNALS
from .ranges import LEVELS, Calibration, Conditions, Fusion, Range, Source, deviations, odd_stretch, unusual_for_real

RESAMPLED = 40
"""Refits on resampled sources, for the interval."""
RIDGE = 1.0
FOLDS = 8
LEAST_SEPARATION = 0.6
"""AUC of a signal alone from which it is fused."""


Known = Mapping[str, Mapping[str, Moments]]
"""By source and part (`frames`, `steps`), what a likelihood model needs of it; empty without an encoder."""


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
    colourful: float = 0.0
    """Colourfulness (Hasler and Süsstrunk, 2003), upper quartile of the windows."""
    black: float = 0.0
    """Share of black in the typical window."""


def fit(clips: Sequence[Clip], conditions: Conditions, limits: str = "") -> Calibration:
    """Calibrate on real videos, and on generated ones where there are any.

    Raises:
        UsageError: fewer than three real sources had anything to measure.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):  # many small products: threads cost fifteen times what they save
        return _fit(clips, conditions, limits)


def _fit(clips: Sequence[Clip], conditions: Conditions, limits: str) -> Calibration:
    clips = [clip for clip in clips if clip.windows]
    real = [clip for clip in clips if not clip.generated]
    names = sorted({clip.source for clip in real})
    if len(names) < 3:
        raise UsageError(f"a calibration needs at least three real videos of 1.5 seconds or more, got {len(names)}")
    known = moments(real)
    calibration = _ranges(real, conditions, known)
    held_out: dict[str, np.ndarray] = {}
    for name in names:
        others = _ranges([clip for clip in real if clip.source != name], conditions, known)
        mine = [completed(clip, others) for clip in real if clip.source == name]
        found = [unusual_for_real(others.distances(w)) for clip in mine for w in clip.windows]
        held_out[name] = np.array([one for one in found if np.isfinite(one)])
    local = [odd_stretch(deviations(clip.windows, calibration.ranges))[0] for clip in real if len(clip.windows) >= 4]
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(f"{clip.source}\0{clip.generated}", []).append(clip)
    calibration = replace(
        calibration,
        held_out=held_out,
        local=float(np.quantile(local, 0.9)) if local else 4.0,
        colourful=max(clip.colourful for clip in real),
        black=max(clip.black for clip in real),
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
        return _with_fusion(calibration, clips, known)
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


def _ranges(real: Sequence[Clip], conditions: Conditions, known: Known) -> Calibration:
    """Ranges and likelihood models of real clips; every source weighs the same, however long."""
    here = {clip.source for clip in real}
    known = {name: parts for name, parts in known.items() if name in here}
    blank = Calibration(conditions, (), {}, {}, 4.0, whitening=whitenings(known))
    # a model is surer of the clips it was fitted to than of any other: likelihoods are taken with the source left out
    ready = cross_fitted(real, known, blank)
    ranges = {}
    for name, signal in SIGNALS.items():
        one = signal()
        by_source: dict[str, list[float]] = {}
        spreads, apart = [], []
        for clip in ready:
            values = [one.scale(w[name]) for w in clip.windows if np.isfinite(w.get(name, np.nan))]
            by_source.setdefault(clip.source, []).extend(values)
            if len(values) >= 3:
                spreads.append(1.4826 * float(np.median(np.abs(np.array(values) - np.median(values)))))
                apart.extend(np.abs(np.array(values) - np.median(values)).tolist())
        filled = [np.quantile(values, LEVELS) for values in by_source.values() if values]
        if len(filled) >= 2:
            # the mixture's quantiles: every source gives 21 points of equal weight
            usual, tail = float(np.median(spreads or [1.0])), float(np.quantile(apart or [2.0], 0.95))
            ranges[name] = Range(np.quantile(np.concatenate(filled), LEVELS), usual, tail)
    return replace(blank, ranges=ranges)


def moments(real: Sequence[Clip]) -> Known:
    """Of each source's frames and steps."""
    if not all(clip.features for clip in real):
        return {}
    by_source: dict[str, list[np.ndarray]] = {}
    for clip in real:
        by_source.setdefault(clip.source, []).extend(clip.features)
    return {
        name: {
            "frames": Moments.of(np.concatenate(features)),
            "steps": Moments.of(np.concatenate([steps_of(one) for one in features])),
        }
        for name, features in by_source.items()
    }


def whitenings(known: Known, without: str = "") -> dict[str, Whitening]:
    """Likelihood models of frames and steps of all sources but one."""
    kept = [parts for name, parts in known.items() if name != without]
    return {part: Whitening.fit([parts[part] for parts in kept]) for part in ("frames", "steps")} if kept else {}


def cross_fitted(clips: Sequence[Clip], known: Known, whole: Calibration) -> list[Clip]:
    """The clips with their likelihoods, each by a model of the real clips of other sources."""
    if len(known) < 3:
        return [completed(clip, whole) for clip in clips]
    without = {
        name: replace(whole, whitening=whitenings(known, name)) for name in known if name in {c.source for c in clips}
    }
    return [completed(clip, without.get(clip.source, whole)) for clip in clips]


def _with_fusion(calibration: Calibration, clips: Sequence[Clip], known: Known) -> Calibration:
    """Choose signals, fuse them, and report how well that does on sources that were not fitted."""
    ready = cross_fitted(clips, known, calibration)
    rows, labels, sources = position_rows(ready, calibration)
    clip_of = np.repeat(np.arange(len(ready)), [len(clip.windows) for clip in ready])
    names = list(calibration.ranges)
    columns = chosen_columns(rows, labels)
    generator = np.random.default_rng(0)
    fits = [logistic(rows[:, columns], labels, _balanced(labels, sources))]
    distinct = sorted(set(sources))
    for _ in range(RESAMPLED):
        drawn = generator.choice(len(distinct), len(distinct))
        at = np.concatenate([np.flatnonzero(sources == distinct[n]) for n in drawn])
        if labels[at].any() and not labels[at].all():
            fits.append(logistic(rows[at][:, columns], labels[at], _balanced(labels[at], sources[at])))
    by_clip, of_clips, clip_sources = clip_scores(cross_validated(rows, labels, sources), clip_of, labels, sources)
    whole = auc(by_clip[of_clips], by_clip[~of_clips])
    gains = {}
    for column in columns if len(columns) > 1 else ():
        fewer = cross_validated(np.delete(rows, column, axis=1), labels, sources)
        without, _, _ = clip_scores(fewer, clip_of, labels, sources)
        gains[names[column]] = round(whole - auc(without[of_clips], without[~of_clips]), 4)
    said = by_clip >= 0.5
    hits = int((said & of_clips).sum())
    report = {
        "clips": len(ready),
        "auc": round(whole, 4),
        "auc_interval": [round(v, 4) for v in auc_interval(by_clip, of_clips, clip_sources)],
        "f1": round(2 * hits / max(int(said.sum() + of_clips.sum()), 1), 4),
        "separation": {
            name: round(float(value), 4) for name, value in zip(names, separations(rows, labels), strict=True)
        },
        "chosen": [names[column] for column in columns],
        "gain": gains,
        "reliability": reliability(by_clip, of_clips),
        "folds": min(FOLDS, len(distinct)),
    }
    return replace(calibration, fusion=Fusion(tuple(report["chosen"]), np.stack(fits)), report=report)


def separations(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(columns,) how well each column alone tells the classes apart on whichever side: AUC, 0.5 to 1."""
    found = np.array([auc(column[labels], column[~labels]) for column in rows.T])
    return np.maximum(found, 1 - found)


def chosen_columns(rows: np.ndarray, labels: np.ndarray) -> list[int]:
    """The columns that separate the classes (the objective half of LAVID's tool choice), at least the best one."""
    found = separations(rows, labels)
    return [n for n in range(rows.shape[1]) if found[n] >= LEAST_SEPARATION] or [int(found.argmax())]


def clip_scores(
    scores: np.ndarray, clip_of: np.ndarray, labels: np.ndarray, sources: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, labels and sources of clips from those of their windows; a clip's score is its median."""
    clips = np.unique(clip_of)
    first = [int(np.flatnonzero(clip_of == clip)[0]) for clip in clips]
    return np.array([np.median(scores[clip_of == clip]) for clip in clips]), labels[first], sources[first]


def position_rows(clips: Sequence[Clip], calibration: Calibration) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One row a window: (rows, signals) positions, whether generated, and the source."""
    rows, labels, sources = [], [], []
    for clip in clips:
        for window in clip.windows:
            positions = calibration.positions(window)
            rows.append([positions.get(name, 0.0) for name in calibration.ranges])
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
    """(rows,) probabilities, each by a choice of columns and a fit that saw nothing of its source."""
    distinct = sorted(set(sources))
    folds = [distinct[n :: min(FOLDS, len(distinct))] for n in range(min(FOLDS, len(distinct)))]
    scores = np.full(len(rows), 0.5)
    for fold in folds:
        out = np.isin(sources, fold)
        if labels[~out].any() and not labels[~out].all():
            columns = chosen_columns(rows[~out], labels[~out])
            found = logistic(rows[~out][:, columns], labels[~out], _balanced(labels[~out], sources[~out]))
            design = np.column_stack([rows[out][:, columns], np.ones(out.sum())])
            scores[out] = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
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
    """Said and seen: mean probability and share of generated clips in bins of the probability."""
    at = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        {
            "said": round(float(scores[at == n].mean()), 3),
            "seen": round(float(labels[at == n].mean()), 3),
            "clips": int((at == n).sum()),
        }
        for n in range(bins)
        if (at == n).any()
    ]
