"""STALL: how likely a clip's frames, and its steps from frame to frame, are among those of real videos."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .base import Reading, Signal, Window

KEPT_AXES = 24
"""Directions that are whitened one by one; the rest of the space shares one variance (probabilistic PCA), because a
small calibration cannot tell a thousand of them apart."""


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
    def fit(cls, vectors: np.ndarray, weights: np.ndarray | None = None) -> "Whitening":
        """Fit to (n, d) vectors, n ≥ 2, each with its weight."""
        shares = np.ones(len(vectors)) if weights is None else weights
        shares = (shares / shares.sum()).astype(np.float32)[:, None]
        vectors = vectors.astype(np.float32)
        mean = (vectors * shares).sum(axis=0)
        centred = (vectors - mean) * np.sqrt(shares)
        k = min(KEPT_AXES, len(vectors) - 1)
        axes, variances = _widest(centred, k)
        total = float((centred**2).sum())
        rest = max(total - float(variances.sum()), 0.0) / max(vectors.shape[1] - k, 1)
        return cls(mean, axes, np.maximum(variances, 1e-9), max(rest, 1e-9))

    def log_likelihood(self, vectors: np.ndarray) -> np.ndarray:
        """(n,) natural logarithm of the density a dimension, up to a constant."""
        centred = vectors - self.mean
        along = centred @ self.axes.T
        outside = np.maximum((centred**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        return -0.5 * ((along**2 / self.variances).sum(axis=1) + outside / self.rest) / len(self.mean)


def _widest(rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k widest axes of centred rows and the variances along them, by subspace iteration (Halko et al., 2011): a
    full decomposition takes seconds, and cross-fitting needs dozens."""
    columns = min(k + 8, rows.shape[1])
    basis = np.random.default_rng(0).normal(size=(rows.shape[1], columns)).astype(np.float32)
    for _ in range(6):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    _, sizes, turned = np.linalg.svd(rows @ basis, full_matrices=False)
    return (turned @ basis.T)[:k], sizes[:k] ** 2


def steps_of(features: np.ndarray) -> np.ndarray:
    """(n-1, d) differences of neighbouring frames' features at unit length: STALL's normalised deltas."""
    steps = np.diff(features, axis=0)
    return steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)


class SpatialLikelihood(Signal):
    """STALL, spatial part: the likeliest frame's density under a Gaussian fitted to real videos' frames.

    Needs no generated videos, and held AUC 0.80 to 0.85 on re-measurement in the paper's own encoders. Fooled by
    any subject
    that the calibration's real videos do not show: it cannot tell "unlike real" from "unlike these".
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
