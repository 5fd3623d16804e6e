"""Sound taggers with a hub's layout: AST (Gong et al., 2021) and CLAP (Wu et al., 2023), by name.

Neither was measured here, as their weights come from a model hub: they tell of the classes that were measured with
YAMNet, from a probability of one half on.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError
from ...media.audio import SAMPLE_RATE
from ...runtime.hub_model import FromHub
from .offered import Offered, offered
from .tagger import Heard, SoundTagger, sigmoid

UNMEASURED = 0.5
"""Probability from which a class is told of that was not measured."""
PROMPT = "This is a sound of {}."
"""How the authors of CLAP put a class into words."""
OTHERWISE = ("speech", "silence")
"""What CLAP may take a stretch for beside its classes: it divides a probability of 1 among what it is asked."""
CLAP_RATE = 48_000
"""Samples a second that CLAP was trained on."""


class HubTagger(FromHub, SoundTagger):
    """What AST and CLAP share: stretches of the length that the model was trained on, half of which overlap."""

    batch: ClassVar[int] = 8

    @property
    def offered(self) -> Mapping[str, Offered]:
        return dict.fromkeys(offered("yamnet"), Offered(UNMEASURED))

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the scores; `setup` has run."""

    @property
    @abstractmethod
    def stretch(self) -> float:
        """Seconds that the model takes at once."""

    def perceive(self, batch: Sequence[np.ndarray]) -> list[Heard]:
        return [self._heard(samples) for samples in batch]

    def _heard(self, samples: np.ndarray) -> Heard:
        length = round(self.stretch * SAMPLE_RATE)
        starts = list(range(0, max(len(samples) - length // 2, 1), length // 2))
        pieces = [samples[start : start + length] for start in starts]
        scores = np.concatenate([self._scores(portion) for portion in self.portions(pieces)])
        return Heard(self.classes, scores, tuple(start / SAMPLE_RATE for start in starts), self.stretch)

    @abstractmethod
    def _scores(self, pieces: Sequence[np.ndarray]) -> np.ndarray:
        """(pieces, classes) float32 in 0..1."""


class AST(HubTagger):
    """The Audio Spectrogram Transformer, fine-tuned on AudioSet: each class has a probability of its own."""

    name = "ast"
    default = "ast-audioset"
    weights = ("ast-audioset",)

    def setup(self) -> None:
        self._processor = self.checkpoint.processor("AutoFeatureExtractor")
        self._model = self.checkpoint.load("AutoModelForAudioClassification")

    @property
    def classes(self) -> tuple[str, ...]:
        names = self._model.config.id2label
        return tuple(names[number] for number in range(len(names)))

    @property
    def stretch(self) -> float:
        return self._processor.max_length / 100  # rows of 10 ms

    def _scores(self, pieces: Sequence[np.ndarray]) -> np.ndarray:
        import torch

        inputs = self._processor(list(pieces), sampling_rate=SAMPLE_RATE, return_tensors="pt")
        with torch.inference_mode():
            return sigmoid(self._model(**self.on_device(inputs)).logits.float().cpu().numpy())


class CLAP(HubTagger):
    """Sounds and words in one space: a stretch is likest to one of the classes' names, put into a sentence."""

    name = "clap"
    default = "clap-htsat"
    weights = ("clap-htsat",)
    _words: Any = None

    def setup(self) -> None:
        import torch

        processor = self.checkpoint.processor(needs=("feature_extractor", "tokenizer"))
        model = self.checkpoint.load("AutoModel")
        if not hasattr(model, "get_audio_features"):
            raise UsageError(f"{self.checkpoint.identity} is a {type(model).__name__}, which takes no sound")
        self._model, self._processor = model, processor
        prompts = [PROMPT.format(name.lower()) for name in (*self.classes, *OTHERWISE)]
        inputs = processor.tokenizer(prompts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            self._words = _unit(model.get_text_features(**self.on_device(inputs)))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.offered)

    @property
    def stretch(self) -> float:
        return self._processor.feature_extractor.nb_max_samples / CLAP_RATE

    def _scores(self, pieces: Sequence[np.ndarray]) -> np.ndarray:
        import torch

        audio = [_resampled(piece, CLAP_RATE) for piece in pieces]
        inputs = self._processor.feature_extractor(audio, sampling_rate=CLAP_RATE, return_tensors="pt")
        with torch.inference_mode():
            heard = _unit(self._model.get_audio_features(**self.on_device(inputs)))
            logits = heard @ self._words.T * self._model.logit_scale_a.exp()
            return logits.float().softmax(-1).cpu().numpy()[:, : len(self.classes)]


def _unit(features: Any) -> Any:
    pooled = getattr(features, "pooler_output", features)
    return pooled / pooled.norm(dim=-1, keepdim=True)


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """Mono float32 at another rate."""
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler

    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples[None], np.float32), "fltp", "mono")
    frame.sample_rate = SAMPLE_RATE
    resampler = AudioResampler("fltp", "mono", rate)
    return np.concatenate([out.to_ndarray()[0] for part in (frame, None) for out in resampler.resample(part)])
