"""What a voice is like, as a vector: the role `voices`, and the backend of the embedded profile."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights

RATE = 16_000
"""Samples a second."""
WINDOW, HOP, BANDS = 400, 160, 40
"""Samples of a frame of the spectrogram and from one to the next, and its mel bands: those the encoder learnt with."""
LOUD = 10 ** (-30 / 20)
"""Root mean square to which quieter sound is brought, −30 dB of full scale: what the encoder learnt with."""
AT_ONCE = 32
"""Stretches in one forward pass."""


class VoiceEncoder(Tool[np.ndarray, np.ndarray]):
    """Mono sound at 16 kHz, float32 in −1..1, of one voice becomes a vector of unit length; alike for one person."""

    role = "voices"
    same: float = 0.76
    """Mean cosine from which two groups of windows are one person's; of each encoder its own. Of Resemblyzer, 0.76 and
    0.78 do alike on made meetings with the voices for development (`bench/measure/perceiving/speakers.py`), and 0.72
    takes more pairs of voices for one."""


class Resemblyzer(VoiceEncoder):
    """The encoder of Resemblyzer (Wan et al., Generalized End-to-End Loss for Speaker Verification, 2018)."""

    name = "resemblyzer"
    requires = ("onnxruntime",)
    weights = ("resemblyzer",)

    def __init__(self, threads: int | None = None) -> None:
        super().__init__()
        self.threads = threads
        self._network: Any = None

    def setup(self) -> None:
        self._network = session(weights.folder("resemblyzer") / "voice-encoder.onnx", self.threads)

    def close(self) -> None:
        super().close()
        self._network = None

    def perceive(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        mels = [mel(samples) for samples in batch]
        alike: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(mels):
            alike[len(one)].append(number)
        found: dict[int, np.ndarray] = {}
        for numbers in alike.values():
            for first in range(0, len(numbers), AT_ONCE):
                some = numbers[first : first + AT_ONCE]
                [vectors] = self._network.run(["embedding"], {"mel": np.stack([mels[number] for number in some])})
                found.update(zip(some, vectors, strict=True))
        return [found[number] for number in range(len(batch))]


def mel(samples: np.ndarray) -> np.ndarray:
    """Power in `BANDS` mel bands, (frames, bands) float32; a frame every 10 ms, centred, with zeros beyond the ends."""
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
    louder = LOUD / level if 1e-5 < level < LOUD else 1.0
    padded = np.pad(samples.astype(np.float32) * louder, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    return (power @ _filters().T).astype(np.float32)


@cache
def _hann() -> np.ndarray:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> np.ndarray:
    """Slaney's mel bands, (bands, frequencies): those of librosa, as faster-whisper has them."""
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor.get_mel_filters(RATE, WINDOW, BANDS)
