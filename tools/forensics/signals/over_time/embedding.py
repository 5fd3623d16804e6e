"""How a clip moves through the space of a frame encoder: D3's second difference and ReStraV's curvature."""

import numpy as np

from ..signal import Plot, Reading, Signal, Window


class SecondDifference(Signal):
    """D3 (Zheng et al., 2025): distances between neighbouring frames' features, standard deviation of their change.

    Low is said to mean generated. The paper's mAP of 98 became AUC 0.72, 0.54 and 0.73 when others measured it. With
    EfficientNet-lite0's features, smoothing a recording over time raised it in two recordings and left it in two: at
    eight frames a second, sampled neighbours share hardly a frame of what was mixed, and the ghosts move features of
    their own. Smoothing the sampled frames themselves lowered it in four of four to 0.35–0.77 of what it was, though
    steadily in two only: it is a spread of fourteen numbers. Cosine distance did no better, and the second over the
    first difference, which fell in four of four, is `Curvature` by another name.
    Fooled by tripods and screens (low although real), cuts, flashes and fast pans (high whatever they are), and any
    other sampling rate than the calibration's.
    """

    name = "second_difference"
    title = "Second difference of features"
    unit = "feature distance"
    kind = "embedding"
    unusual = "low"
    needs_features = True
    logarithmic = True

    def look(self, window: Window) -> Reading:
        assert window.features is not None
        steps = np.linalg.norm(np.diff(window.features, axis=0), axis=1)
        change = np.diff(steps)
        return Reading(float(change.std()), self.unit, window.times[1:-1], change)


class Curvature(Signal):
    """ReStraV's statistic (Internò et al., 2025): mean angle between successive steps through feature space.

    Natural video is straighter than pixels suggest, and generated video is said to turn more. Fooled by still scenes,
    where noise alone decides the direction, by cuts and by sampling rate; the paper's encoder is DINOv2, not this one.
    """

    name = "curvature"
    title = "Curvature of the trajectory"
    unit = "degrees"
    kind = "embedding"
    needs_features = True

    def look(self, window: Window) -> Reading:
        assert window.features is not None
        steps = np.diff(window.features, axis=0)
        lengths = np.maximum(np.linalg.norm(steps, axis=1), 1e-6)
        cosine = np.einsum("ij,ij->i", steps[1:], steps[:-1]) / (lengths[1:] * lengths[:-1])
        curve = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        centred = window.features - window.features.mean(axis=0)
        spread, axes = np.linalg.eigh(centred @ centred.T)  # of n frames: far smaller than of d dimensions
        path = axes[:, :-3:-1] * np.sqrt(np.maximum(spread[:-3:-1], 0))
        plot = Plot(path[:, 0], path[:, 1], "first axis", "second axis")
        return Reading(float(curve.mean()), self.unit, window.times[1:-1], curve, plot)
