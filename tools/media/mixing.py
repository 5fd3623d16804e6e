"""Many channels into one, so that none of what is said gets lost."""

from collections.abc import Sequence

import numpy as np

MEMORY = 0.5
"""Seconds over which it is judged whether channels swing together or against each other."""

AGAINST = -0.5
"""Correlation below which a channel swings against the others: then adding it would cancel them, as in a recording of
which one wire was soldered the wrong way round. Correlations of stereo music stay above 0 nearly always."""

SIDE, ELSEWHERE = 0.7071, 0.5
"""Weights of the left and right and of the other channels where there is a centre, which carries what is said (ITU-R
BS.775); the channel of low frequencies carries nothing of it."""


class Mixer:
    """Mixes pieces of sound that follow each other; channels in opposite phase are turned round before they are added.

    The sum stays within −1..1 where the channels do.
    """

    def __init__(self, channels: Sequence[str], rate: int) -> None:
        """Take the channels' names, as FFmpeg has them (`FL`, `FC`, `LFE`), and the samples a second."""
        weights = np.array([_weight(name, "FC" in channels) for name in channels], np.float32)
        self._weights = weights / weights.sum() if weights.sum() else np.full(len(channels), 1 / len(channels))
        self._rate = rate
        self._together = np.zeros((len(channels), len(channels)))
        """How channels swing together: a running mean of their products."""
        self._signs = np.ones(len(channels), np.float32)

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """One channel, (N,) float32, from (channels, N)."""
        if len(samples) == 1:
            return samples[0]
        length = samples.shape[1]
        if not length:
            return np.zeros(0, np.float32)
        keep = np.exp(-length / (MEMORY * self._rate))
        self._together = keep * self._together + (1 - keep) * (samples @ samples.T) / length
        before, self._signs = self._signs, self._turned()
        mixed = (self._signs * self._weights) @ samples
        if not np.array_equal(before, self._signs):  # over the length of the piece, so that nothing clicks
            fade = np.linspace(0, 1, length, dtype=np.float32)
            mixed = fade * mixed + (1 - fade) * ((before * self._weights) @ samples)
        return mixed.astype(np.float32, copy=False)

    def _turned(self) -> np.ndarray:
        """The sign by which each channel does not cancel those before it; left as it was while that is unclear."""
        signs = self._signs.copy()
        signs[0] = 1
        for at in range(1, len(signs)):
            others = (signs * self._weights)[:at]
            power = float(others @ self._together[:at, :at] @ others) * float(self._together[at, at])
            if power <= 0:
                continue
            alike = float(others @ self._together[:at, at]) / power**0.5
            if alike < AGAINST:
                signs[at] = -1
            elif alike > -AGAINST:
                signs[at] = 1
        return signs


def _weight(channel: str, centred: bool) -> float:
    if channel.startswith("LFE"):
        return 0.0
    if not centred or channel == "FC":
        return 1.0
    return SIDE if channel in {"FL", "FR"} else ELSEWHERE
