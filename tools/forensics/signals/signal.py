"""The contract of a signal: a short run of frames becomes a number with its unit, a curve, and evidence to look at."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from ...records import Span
from .pictures import dense_flow, residual

Side = Literal["low", "high", "both"]
NOTHING = np.zeros(0)


@dataclass(frozen=True)
class Plot:
    """A line to draw: what a page shows as evidence."""

    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str


@dataclass(frozen=True)
class Reading:
    """What one signal says about one stretch."""

    value: float
    """NaN where there is nothing to measure; `note` then says why."""
    unit: str
    times: np.ndarray = field(default_factory=lambda: NOTHING)
    """Seconds from the video's first frame, one for each value of `curve`."""
    curve: np.ndarray = field(default_factory=lambda: NOTHING)
    """The quantity frame by frame."""
    plot: Plot | None = None
    """Where the curve over time is not the telling picture: a spectrum, for instance."""
    note: str = ""

    @property
    def measured(self) -> bool:
        """Whether there is a value."""
        return bool(np.isfinite(self.value))


@dataclass
class Window:
    """Consecutive frames of one shot, decoded once and shared by all signals.

    What several signals need (optical flow, noise residuals, float pictures) is worked out on first use and kept, so
    a window belongs to one thread.
    """

    span: Span
    times: np.ndarray
    """(n,) seconds."""
    grey: np.ndarray
    """(n, h, w) uint8, the whole picture, longest side `windows.SMALL` pixels at most."""
    colour: np.ndarray
    """(n, 224, 224, 3) uint8 RGB, the whole picture: the frame encoder's input."""
    patches: np.ndarray
    """(n, p, s, s) uint8: brightness in p squares of the stored resolution, cut on the grid of 8×8 blocks."""
    native: bool = True
    """Whether `patches` have the file's own resolution; scaling rubs out noise, spectrum and blocks."""
    features: np.ndarray | None = None
    """(n, d) float32 unit vectors of a frame encoder, where there is one."""
    flows: np.ndarray | None = None

    @property
    def flow(self) -> np.ndarray:
        """(n-1, h, w, 2) float32: motion in pixels of `grey` from each frame to the next (OpenCV DIS)."""
        if self.flows is None:
            self.flows = dense_flow(self.grey)
        return self.flows

    @cached_property
    def residuals(self) -> np.ndarray:
        """(n, p, s, s) float32: the patches less what a 3×3 mean predicts."""
        return residual(self.patches)

    def between(self) -> np.ndarray:
        """(n-1,) times halfway between neighbouring frames."""
        return (self.times[1:] + self.times[:-1]) / 2


class Signal(ABC):
    """One measurement. A subclass says in its docstring where it comes from and what fools it."""

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[str]
    kind: ClassVar[str]
    """What is looked at: `embedding`, `motion`, `noise`, `frequency`, `light`, `text`. Signals of one kind see the same
    trace, so agreement counts between kinds."""
    unusual: ClassVar[Side] = "both"
    """Which end of the values of real videos is suspicious. A signal that may err on both sides follows what is shown:
    it is evidence, and part of a fusion, but it does not count where only real videos are known."""
    needs_features: ClassVar[bool] = False
    needs_native: ClassVar[bool] = False
    logarithmic: ClassVar[bool] = False
    """Whether values are compared on a log scale: positive quantities that span magnitudes."""

    @abstractmethod
    def look(self, window: Window) -> Reading:
        """The measurement itself."""

    def measure(self, window: Window) -> Reading:
        """The reading, or one without a value where the window lacks what the signal needs."""
        if self.needs_features and window.features is None:
            return self.nothing("there is no frame encoder")
        if self.needs_native and not window.native:
            return self.nothing("the picture was scaled down to be read, which rubs this trace out")
        return self.look(window)

    def nothing(self, why: str) -> Reading:
        """What stands for a window on which the signal cannot be measured, with the reason."""
        return Reading(float("nan"), self.unit, note=why)

    def scale(self, value: float) -> float:
        """The value as it is compared."""
        return float(np.log10(max(value, 1e-6))) if self.logarithmic else value

    @classmethod
    def decides(cls) -> bool:
        """Whether it counts in a calibration of real videos only: its suspicious side is known beforehand."""
        return cls.unusual != "both"

    @classmethod
    def fooled_by(cls) -> str:
        """The part of the docstring that tells the known failure cases."""
        return fooled_by(cls)


def fooled_by(measurement: object) -> str:
    """The part of a measurement's docstring that tells its known failure cases."""
    lines = iter(" ".join((measurement.__doc__ or "").split("Args:")[0].split()).split("Fooled by ")[1:])
    return next(lines, "").strip()
