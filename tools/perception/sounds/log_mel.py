"""The log mel spectrogram that YAMNet was trained on (Plakal and Ellis, 2020), without TensorFlow."""

from functools import cache

import numpy as np

from ...media.audio import SAMPLE_RATE

WINDOW, STEP = 400, 160
"""Samples of 25 ms, and of 10 ms."""
TRANSFORM = 512
"""Samples of the Fourier transform: the next power of two above the window."""
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0
"""Mel bands, and hertz at their edges."""
OFFSET = 0.001
"""Added before the logarithm."""
ROWS = 96
"""Steps of a patch: 0.96 s."""
HOP = 48
"""Steps from one patch to the next: 0.48 s."""


def patches(samples: np.ndarray) -> np.ndarray:
    """Patches of a sound, each 0.48 s after the one before, (N, 1, 96, 64) float32.

    The last one that is begun is filled up with silence where it holds more than the half of it that the one before
    has too; a sound shorter than a patch is one.

    Args:
        samples: mono, 16 kHz, float32 in −1..1.
    """
    rows = log_mel(samples)
    count = max(-(-(len(rows) - ROWS + HOP) // HOP), 1)
    missing = (count - 1) * HOP + ROWS - len(rows)
    if missing > 0:
        rows = np.concatenate([rows, np.full((missing, BANDS), np.log(OFFSET), np.float32)])
    return np.stack([rows[at * HOP : at * HOP + ROWS] for at in range(count)])[:, None]


def log_mel(samples: np.ndarray) -> np.ndarray:
    """(N, 64) float32: the logarithm of the magnitude in each mel band, one row each 10 ms."""
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    framed = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP]
    magnitude = np.abs(np.fft.rfft(framed * _hann(), TRANSFORM)).astype(np.float32)
    return np.log(magnitude @ _filters() + np.float32(OFFSET))


@cache
def _hann() -> np.ndarray:
    """The periodic Hann window, as TensorFlow's `hann_window` is."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@cache
def _filters() -> np.ndarray:
    """(257, 64) float32: triangles on the mel scale of HTK, as `tf.signal.linear_to_mel_weight_matrix` makes them."""

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)

    bins = mel(np.linspace(0.0, SAMPLE_RATE / 2, TRANSFORM // 2 + 1)[1:])[:, None]
    edges = np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - lower) / (centre - lower), (upper - bins) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return np.concatenate([np.zeros((1, BANDS)), weights]).astype(np.float32)
