"""STALL: how likely a clip's frames, and its steps from frame to frame, are among those of real videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..signal import Reading, Signal, Window

KEPT_AXES = 24
"""Directions that are whitened one by one; the rest of the space shares one variance (probabilistic PCA), because a
small calibration cannot tell a thousand of them apart."""


@dataclass(frozen=True)
class Moments:
    """Mean and mean outer product of one source's vectors: all that a Gaussian over several sources needs of it."""

    mean: np.ndarray
    """(d,)"""
    square: np.ndarray
    """(d, d)"""
    count: int

    @classmethod
    def of(cls, vectors: np.ndarray) -> "Moments":
        """Of (n, d) vectors."""
        vectors = vectors.astype(np.float32)
        return cls(vectors.mean(axis=0), vectors.T @ vectors / len(vectors), len(vectors))


@dataclass(frozen=True)
class Whitening:
    """A Gaussian over feature vectors: a mean, the widest axes, and one variance for all the others."""

    mean: np.ndarray
    """(d,)"""
    axes: np.ndarray
    """(k, d), orthonormal."""
    variances: np.ndarray
    """(k,)"""
    rest: float
    """Variance of each remaining direction."""

    @classmethod
    def fit(cls, sources: Sequence[Moments]) -> "Whitening":
        """Fit to the vectors of several sources, each of which weighs the same, however many it has."""
        mean = np.mean([one.mean for one in sources], axis=0)
        covariance = np.mean([one.square for one in sources], axis=0) - np.outer(mean, mean)
        k = max(min(KEPT_AXES, sum(one.count for one in sources) - 1, len(mean) - 1), 1)
        axes, variances = _widest(covariance, k)
        rest = max(float(np.trace(covariance)) - float(variances.sum()), 0.0) / max(len(mean) - k, 1)
        return cls(mean, axes, np.maximum(variances, 1e-9), max(rest, 1e-9))

    def log_likelihood(self, vectors: np.ndarray) -> np.ndarray:
        """(n,) natural logarithm of the density a dimension, up to a constant."""
        centred = vectors - self.mean
        along = centred @ self.axes.T
        outside = np.maximum((centred**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        return -0.5 * ((along**2 / self.variances).sum(axis=1) + outside / self.rest) / len(self.mean)


def _widest(covariance: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k widest axes and the variances along them, by subspace iteration from a random start (Halko et al., 2011): a
    full decomposition takes many times as long, and cross-fitting needs a hundred."""
    columns = min(k + 8, len(covariance))
    basis = np.random.default_rng(0).normal(size=(len(covariance), columns)).astype(np.float32)
    for _ in range(6):
        basis = np.linalg.qr(covariance @ basis)[0]
    variances, turned = np.linalg.eigh(basis.T @ covariance @ basis)
    widest = np.argsort(-variances)[:k]
    return (basis @ turned[:, widest]).T, variances[widest]


def steps_of(features: np.ndarray) -> np.ndarray:
    """(n-1, d) differences of neighbouring frames' features at unit length: STALL's normalised deltas."""
    steps = np.diff(features, axis=0)
    return steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)


class SpatialLikelihood(Signal):
    """STALL, spatial part: the likeliest frame's density under a Gaussian fitted to real videos' frames.

    Needs no generated videos; its figures are of large calibration sets and of the paper's encoders. Fooled by any
    subject that the calibration's real videos do not show: it cannot tell "unlike real" from "unlike these".
    """

    name = "spatial_likelihood"
    title = "Likelihood of the frames"
    unit = "nats a dimension"
    kind = "embedding"
    unusual = "low"
    needs_features = True
    part: ClassVar[str] = "frames"

    def __init__(self, whitening: Whitening | None = None) -> None:
        self.whitening = whitening

    def look(self, window: Window) -> Reading:
        assert window.features is not None
        if self.whitening is None:
            return self.nothing("the calibration has no likelihood model for this frame encoder")
        curve = self.whitening.log_likelihood(window.features)
        return Reading(float(curve.max()), self.unit, window.times, curve)


class TemporalLikelihood(SpatialLikelihood):
    """STALL, temporal part: the unlikeliest step's density under a Gaussian fitted to real videos' steps.

    Fooled by cuts, flashes and fast pans, and by still scenes, where a step's direction is the encoder's noise.
    """

    name = "temporal_likelihood"
    title = "Likelihood of the steps"
    part = "steps"

    def look(self, window: Window) -> Reading:
        assert window.features is not None
        if self.whitening is None:
            return self.nothing("the calibration has no likelihood model for this frame encoder")
        curve = self.whitening.log_likelihood(steps_of(window.features))
        return Reading(float(curve.min()), self.unit, window.between(), curve)
