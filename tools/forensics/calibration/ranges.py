"""What the values of signals mean: where they lie among videos that are known to be real, and how well that holds.

With real videos only, a value becomes a percentile among them, as in STALL, and a video's score is the share of windows
of real videos that are less unusual, each counted while its own source was held out; there only signals count whose
suspicious side is known beforehand. With generated videos too, a logistic regression fuses all signals, each with the
side on which it lies: without the side, what moves toward the middle of the real videos looks more real than they do. A
file is refused where sampling or encoder differ from those it was made with.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UsageError
from ..signals.over_time.likelihood import Whitening
from ..signals.registry import SIGNALS
from ..signals.signal import Side
from ..windows import LENGTH, RATE

FORMAT = 2
LEVELS = np.linspace(0, 1, 21)
"""Shares of real windows at which a signal's values are kept."""
FARTHEST = 8.0
"""Spreads at which a value counts as no farther out: one broken signal must not decide alone."""
TAIL = 1.645
"""Spreads from the median to the 5 % and 95 % points of a normal distribution."""
LOCAL = frozenset(
    "acceleration noise_renewal flow_smoothness flow_residual noise_level noise_correlation spectrum blocks grid"
    " flicker".split()
)
"""Signals that are compared within a video."""
LONGEST_RUN = 40
"""Windows of the longest stretch that is looked for: more than a minute."""
DEFAULT = Path(__file__).with_name("default_calibration.json")

Values = Mapping[str, float]
"""Readings of one window by the signals' names; NaN where nothing was measured."""


@dataclass(frozen=True)
class Conditions:
    """What must be the same for values to be comparable."""

    rate: float = RATE
    length: int = LENGTH
    encoder: str = ""
    """Source of the frame encoder; empty without one."""
    format: int = FORMAT

    def differences(self, other: "Conditions") -> list[str]:
        """What differs from other conditions, each in a few words; nothing where the two are the same."""
        mine, theirs = self.__dict__, other.__dict__
        return [
            f"{name} {mine[name] or 'none'} instead of {theirs[name] or 'none'}"
            for name in mine
            if mine[name] != theirs[name]
        ]


@dataclass(frozen=True)
class Source:
    """One video that a calibration was made from."""

    name: str
    generated: bool
    windows: int
    seconds: float


@dataclass(frozen=True)
class Range:
    """Where real videos lie in one signal, on the scale on which it is compared."""

    quantiles: np.ndarray
    """(21,) values at 0 %, 5 % … 100 % of real windows, every source weighing the same."""
    within: float
    """Usual spread between windows of one video."""
    tail: float = 0.0
    """How far from its own video's median all but one in twenty windows lie at most."""

    def percentile(self, value: float) -> float:
        """Share of real windows below, 0..1."""
        return float(np.interp(value, self.quantiles, LEVELS))

    def position(self, value: float) -> float:
        """How far from the middle of real videos, in spreads of the side on which it lies; below zero beneath it."""
        low, middle, high = (float(self.quantiles[at]) for at in (1, 10, 19))
        least = max(self.within / 2, (high - low) / 20, 1e-6)
        spread = max((middle - low if value < middle else high - middle) / TAIL, least)
        return min(max((value - middle) / spread, -FARTHEST), FARTHEST)


def suspicion(position: float, side: Side) -> float:
    """How far out a position is on the suspicious side, in spreads; 0 where it is not out at all."""
    return max({"low": -position, "high": position, "both": abs(position)}[side], 0.0)


@dataclass(frozen=True)
class Fusion:
    """A logistic regression over positions, fitted to real and generated videos."""

    signals: tuple[str, ...]
    weights: np.ndarray
    """(b, signals + 1): the fit to all sources first, then to resampled ones; the last column is the constant."""

    def probabilities(self, positions: Mapping[str, float]) -> np.ndarray:
        """(b,) probability of `generated` by each fit."""
        row = np.array([positions.get(name, 0.0) for name in self.signals] + [1.0])
        return 1 / (1 + np.exp(-np.clip(self.weights @ row, -30, 30)))


@dataclass(frozen=True)
class Calibration:
    """How values of signals spread over measured videos, under which conditions, and how well that tells them apart."""

    conditions: Conditions
    sources: tuple[Source, ...]
    ranges: Mapping[str, Range]
    held_out: Mapping[str, np.ndarray]
    """For each real source the unusualness of its windows, by ranges that were fitted without it."""
    local: float
    """How much the oddest stretch of all but one in ten real videos stands out from the rest (`odd_stretch`)."""
    colourful: float = 0.0
    """Colourfulness of the most colourful real video, upper quartile of its windows."""
    black: float = 0.0
    """Share of black in the typical window of the darkest real video."""
    whitening: Mapping[str, Whitening] = field(default_factory=dict)
    fusion: Fusion | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    limits: str = ""
    """In plain words: what it does not cover."""
    name: str = ""

    @property
    def real(self) -> list[Source]:
        """The sources that are known to be real."""
        return [source for source in self.sources if not source.generated]

    def positions(self, values: Values) -> dict[str, float]:
        """Where each measured signal lies, in spreads from the middle of real videos."""
        return {
            name: self.ranges[name].position(SIGNALS[name]().scale(value))
            for name, value in values.items()
            if name in self.ranges and np.isfinite(value)
        }

    def distances(self, values: Values) -> dict[str, float]:
        """How far out each measured signal is, in spreads, on the side that is suspicious."""
        return {name: suspicion(at, SIGNALS[name].unusual) for name, at in self.positions(values).items()}

    def percentiles(self, values: Values) -> dict[str, float]:
        """The share of real windows that lie below each value, 0..1, by the signal's name."""
        return {
            name: self.ranges[name].percentile(SIGNALS[name]().scale(value))
            for name, value in values.items()
            if name in self.ranges and np.isfinite(value)
        }

    def rank(self, unusual: float, held_out: Sequence[np.ndarray] | None = None) -> float:
        """Share of real windows that are less unusual, every source weighing the same, 0..1."""
        sources = list(self.held_out.values()) if held_out is None else held_out
        return float(np.mean([np.mean(one < unusual) for one in sources])) if sources else float("nan")

    def check(self, conditions: Conditions) -> None:
        """Refuse to be used under other conditions.

        Raises:
            UsageError: sampling rate, window length, encoder or file format differ.
        """
        if wrong := self.conditions.differences(conditions):
            raise UsageError(
                f"calibration {self.name or 'given'} was made with {'; '.join(wrong)}: make one for this "
                "setup with `vidscout detect calibrate`"
            )


def by_kind(distances: Mapping[str, float]) -> dict[str, float]:
    """The farthest signal of each kind: signals of one kind see the same trace and do not confirm each other."""
    kinds: dict[str, float] = {}
    for name, distance in distances.items():
        kinds[SIGNALS[name].kind] = max(kinds.get(SIGNALS[name].kind, 0.0), distance)
    return kinds


def unusualness(distances: Mapping[str, float]) -> float:
    """Mean distance of the two kinds that are farthest out: one kind alone says little."""
    farthest = sorted(by_kind(distances).values(), reverse=True)[:2]
    return float(np.mean(farthest)) if farthest else float("nan")


def unusual_for_real(distances: Mapping[str, float]) -> float:
    """Unusualness by the signals that count where only real videos are known; NaN where none was measured."""
    return unusualness({name: distance for name, distance in distances.items() if SIGNALS[name].decides()})


def deviations(windows: Sequence[Values], ranges: Mapping[str, Range]) -> dict[str, np.ndarray]:
    """How far each window's signals lie from the median of its own video; (n,) a signal, NaN where not measured.

    In spreads: half of what nearly all real windows keep within, or the video's own spread where it varies more. What
    follows the subject more than the making (the frame encoder's signals, colour, edges, exposure) is left out.
    """
    found = {}
    for name, span in ranges.items():
        signal = SIGNALS[name]()
        values = np.array([signal.scale(one.get(name, np.nan)) for one in windows])
        if name not in LOCAL or np.isfinite(values).sum() < 4:
            continue
        middle = float(np.nanmedian(values))
        own = 1.4826 * float(np.nanmedian(np.abs(values - middle)))
        found[name] = np.clip((values - middle) / max(span.within, span.tail / 2, own, 1e-6), -FARTHEST, FARTHEST)
    return found


def window_oddness(found: Mapping[str, np.ndarray], at: int) -> float:
    """How far one window lies from the rest of its video: mean of the two kinds of signals that are farthest out."""
    here = {name: abs(float(values[at])) for name, values in found.items() if np.isfinite(values[at])}
    return unusualness(here) if here else 0.0


def odd_stretch(found: Mapping[str, np.ndarray], skip: Sequence[int] = ()) -> tuple[float, int, int]:
    """The run of windows, at most half of them, that stands out most from the rest of its video.

    What one alteration moves, it moves the same way in each of its windows, while chance does not: the score is the
    mean deviation over the run times the root of its length, for the two kinds of signals where that is largest.

    Args:
        found: by `deviations`.
        skip: windows that no run may hold, since they are known already.

    Returns:
        Score, first window, and the one after the last; zeros where there is nothing to compare.
    """
    best = (0.0, 0, 0)
    count = len(next(iter(found.values()))) if found else 0
    sums = {name: np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))]) for name, values in found.items()}
    for length in range(1, min(count // 2, LONGEST_RUN) + 1):
        for first in range(count - length + 1):
            if any(first <= at < first + length for at in skip):
                continue
            means = {name: abs(float(total[first + length] - total[first])) / length for name, total in sums.items()}
            score = unusualness(means) * float(np.sqrt(length))
            if score > best[0]:
                best = (score, first, first + length)
    return best


def save(calibration: Calibration, path: Path) -> None:
    """Write a calibration as one JSON file."""
    fusion = calibration.fusion
    document = {
        "conditions": calibration.conditions.__dict__,
        "limits": calibration.limits,
        "sources": [source.__dict__ if hasattr(source, "__dict__") else source for source in calibration.sources],
        "ranges": {
            name: {
                "within": round(one.within, 6),
                "tail": round(one.tail, 6),
                "quantiles": np.round(one.quantiles, 5).tolist(),
            }
            for name, one in calibration.ranges.items()
        },
        "held_out": {name: np.round(values, 4).tolist() for name, values in calibration.held_out.items()},
        "local": round(calibration.local, 4),
        "colourful": round(calibration.colourful, 2),
        "black": round(calibration.black, 3),
        "whitening": {
            part: {
                "mean": _packed(one.mean),
                "axes": _packed(one.axes),
                "shape": list(one.axes.shape),
                "variances": one.variances.tolist(),
                "rest": one.rest,
            }
            for part, one in calibration.whitening.items()
        },
        "fusion": fusion and {"signals": list(fusion.signals), "weights": np.round(fusion.weights, 5).tolist()},
        "report": calibration.report,
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        fusion = read["fusion"]
        return Calibration(
            conditions=Conditions(**read["conditions"]),
            sources=tuple(Source(**source) for source in read["sources"]),
            ranges={
                name: Range(np.array(one["quantiles"]), one["within"], one["tail"])
                for name, one in read["ranges"].items()
                if name in SIGNALS
            },
            held_out={name: np.array(values) for name, values in read["held_out"].items()},
            local=read["local"],
            colourful=read["colourful"],
            black=read["black"],
            whitening={
                part: Whitening(
                    _unpacked(one["mean"]),
                    _unpacked(one["axes"]).reshape(one["shape"]),
                    np.array(one["variances"]),
                    one["rest"],
                )
                for part, one in read["whitening"].items()
            },
            fusion=fusion and Fusion(tuple(fusion["signals"]), np.array(fusion["weights"])),
            report=read["report"],
            limits=read["limits"],
            name=path.name,
        )
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no calibration file: make one with `vidscout detect calibrate`") from error


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.float16).tobytes()).decode()


def _unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float16).astype(np.float32)
