"""The role `sounds`: how probable each class of sound is, stretch by stretch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...media.audio import SAMPLE_RATE
from ...runtime.backend import Tool
from ...runtime.onnx import session
from ...weights import catalogue as weights
from . import log_mel
from .offered import Offered, offered

AT_ONCE = 64
"""Patches in one forward pass: half a minute."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a tagger says of one sound."""

    classes: tuple[str, ...]
    """Names, in the order of the scores."""
    scores: np.ndarray
    """(stretches, classes) float32 in 0..1."""
    starts: tuple[float, ...]
    """Seconds from the sound's beginning at which each stretch begins."""
    seconds: float
    """Length of a stretch."""


class SoundTagger(Tool[np.ndarray, Heard]):
    """The role: sound, mono float32 at 16 kHz, becomes the probability of each class in each stretch of it."""

    role: ClassVar[str] = "sounds"
    window: ClassVar[float] = 28.8
    """Seconds that are listened to at once."""

    @property
    def offered(self) -> Mapping[str, Offered]:
        """The classes that are told of, by name, and from which probability on."""
        return offered(self.name)


class YAMNet(SoundTagger):
    """YAMNet (Plakal and Ellis, 2020): the 521 classes of AudioSet (Gemmeke et al., 2017), for 0.96 s each 0.48 s."""

    name = "yamnet"
    requires = ("onnxruntime",)
    weights = ("yamnet",)

    def __init__(self, threads: int | None = 1) -> None:
        """Set the number of CPU threads of one forward pass: it shares the cores with speech recognition."""
        super().__init__()
        self.threads = threads
        self._session: Any = None
        self._classes: tuple[str, ...] = ()

    def setup(self) -> None:
        folder = weights.folder("yamnet")
        self._session = session(folder / "yamnet.onnx", self.threads)
        self._classes = tuple((folder / "classes.txt").read_text(encoding="utf-8").splitlines())

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Heard]:
        return [self._heard(samples) for samples in batch]

    def _heard(self, samples: np.ndarray) -> Heard:
        patches = log_mel.patches(samples)
        parts = [patches[first : first + AT_ONCE] for first in range(0, len(patches), AT_ONCE)]
        logits = np.concatenate([self._session.run(["scores"], {"patches": part})[0] for part in parts])
        step = log_mel.HOP * log_mel.STEP / SAMPLE_RATE
        starts = tuple(round(number * step, 2) for number in range(len(patches)))
        return Heard(self._classes, sigmoid(logits), starts, log_mel.ROWS * log_mel.STEP / SAMPLE_RATE)

    def close(self) -> None:
        super().close()
        self._session = None


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logits as probabilities, float32."""
    return (1 / (1 + np.exp(-np.clip(logits, -60, 60)))).astype(np.float32)
