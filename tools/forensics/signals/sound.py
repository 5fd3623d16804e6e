"""Sound beside the picture: whether there is any, and whether it repeats itself exactly."""

from pathlib import Path

import numpy as np

from ...media.audio import SAMPLE_RATE, audio
from .signal import Plot, Reading

STEP = 800
"""Samples of one loudness value: 50 ms."""
LISTENED = 120.0
"""Seconds that are listened to."""
LEAST_LAG = 1.0


def looped_sound(path: Path) -> Reading:
    """How alike the sound is to itself some time later, at the lag where it is most: 1 for an exact loop.

    The similarity is that of loudness in steps of 50 ms over all lags from one second to half of the sound, 0..1.
    Silent video generators come without sound, or with a loop put under it. Fooled by metronomes, machines, and
    electronic music, which repeat themselves by intention.
    """
    loudness = []
    for chunk in audio(path, seconds=30.0):
        whole = chunk.samples[: len(chunk.samples) // STEP * STEP].reshape(-1, STEP)
        loudness.append(np.log10(np.sqrt((whole**2).mean(axis=1)) + 1e-4))
        if chunk.end >= LISTENED:
            break
    curve = np.concatenate(loudness) if loudness else np.zeros(0)
    if not len(curve):
        return Reading(float("nan"), "correlation", note="the video has no sound")
    times = np.arange(len(curve)) * STEP / SAMPLE_RATE
    first = int(LEAST_LAG * SAMPLE_RATE / STEP)
    if len(curve) < 4 * first:
        return Reading(float("nan"), "correlation", times, curve, note="the sound is too short to repeat itself")
    if curve.std() < 0.02:
        return Reading(float("nan"), "correlation", times, curve, note="the sound is silent or quite even")
    lags = np.arange(first, len(curve) // 2)
    alike = np.array([_correlation(curve[:-lag], curve[lag:]) for lag in lags])
    plot = Plot(lags * STEP / SAMPLE_RATE, alike, "seconds later", "correlation")
    return Reading(float(alike.max()), "correlation", times, curve, plot)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a**2).sum() * (b**2).sum()), 1e-9))
