"""Whisper by transformers: the original checkpoints and their fine-tuned descendants, many clips in one batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import WeightsError
from ...records import Span
from ...runtime.hub_model import FromHub, quiet
from .recogniser import Segment, WhisperOnVoice
from .voice_activity import RATE
from .whisper_tokens import MAX_TOKENS, repetitive, timed


class TransformersWhisper(FromHub, WhisperOnVoice):
    """Whisper (Radford et al., 2022) or Distil-Whisper in transformers. A long video is cut in pauses into clips of at
    most 28 s, which share batches; the times are those of Whisper's own timestamp tokens."""

    name = "whisper"
    requires = ("torch", "transformers", "faster_whisper")
    """The last for its voice activity detection."""
    default = "whisper-large-v3-turbo"
    weights = ("whisper-large-v3-turbo",)
    batch: ClassVar[int] = 16
    window: ClassVar[float] = 600.0

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        language: str | None = None,
        beams: int = 1,
        max_tokens: int = MAX_TOKENS,
        **options: Any,
    ) -> None:
        """Choose the weights and what is spoken.

        Args:
            model: as in `hub.Checkpoint`.
            language: ISO 639-1 code of what is spoken; by default found out.
            beams: of the search; more are slower and a little more careful.
            max_tokens: tokens of one clip at most.
            options: further ones of `hub.FromHub`.
        """
        super().__init__(model, **options)
        self.language = language
        self.beams = beams
        self.max_tokens = max_tokens

    def setup(self) -> None:
        self._processor = self.checkpoint.processor(needs=("feature_extractor", "tokenizer"))
        self._model = self.checkpoint.load("AutoModelForSpeechSeq2Seq")
        settings = self._model.generation_config
        if getattr(settings, "no_timestamps_token_id", None) is None:
            raise WeightsError(f"{self.checkpoint.folder} has no generation_config.json that tells of timestamps")

    def transcribe(
        self, samples: np.ndarray, clips: Sequence[Span], language: str | None
    ) -> tuple[list[Segment], str, float]:
        first = self._encoded(samples, clips[: self.batch_size])
        if language is None:
            language, probability = self._language(first.languages)
        else:
            probability = 1.0
        found = self._segments(first, clips[: self.batch_size], language)
        for start in range(self.batch_size, len(clips), self.batch_size):
            part = clips[start : start + self.batch_size]
            found += self._segments(self._encoded(samples, part), part, language)
        return found, language, probability

    def _encoded(self, samples: np.ndarray, clips: Sequence[Span]) -> "_Encoded":
        """The encoder's view of the clips, and what the decoder's first step says of each."""
        import torch

        sounds = [samples[round(clip.start * RATE) : round(clip.end * RATE)] for clip in clips]
        features = self._processor.feature_extractor(sounds, sampling_rate=RATE, return_tensors="pt")
        settings = self._model.generation_config
        with torch.inference_mode():
            states = self._model.get_encoder()(self.on_device({"x": features["input_features"]})["x"])
            begin = torch.full((len(clips), 1), settings.decoder_start_token_id, device=self._model.device)
            logits = self._model(encoder_outputs=states, decoder_input_ids=begin, use_cache=False).logits[:, 0].float()
        spoken = getattr(settings, "lang_to_id", None) or {}
        likely = logits[:, list(spoken.values())].softmax(1).mean(0).tolist() if spoken else []
        silent = logits.softmax(1)[:, settings.no_timestamps_token_id - 1].tolist()
        return _Encoded(states, dict(zip(spoken, likely, strict=True)), silent)

    def _language(self, likely: dict[str, float]) -> tuple[str, float]:
        """The most probable language over the clips; English where the model knows no other."""
        if not likely or not getattr(self._model.generation_config, "is_multilingual", True):
            return "en", 1.0
        token = max(likely, key=lambda name: likely[name])
        return token.strip("<|>"), likely[token]

    def _segments(self, encoded: "_Encoded", clips: Sequence[Span], language: str) -> list[Segment]:
        import torch

        settings = self._model.generation_config
        multilingual = getattr(settings, "is_multilingual", True)
        with torch.inference_mode(), quiet():
            written = self._model.generate(
                encoder_outputs=encoded.states,
                max_new_tokens=self.max_tokens,
                num_beams=self.beams,
                do_sample=False,
                return_timestamps=True,
                force_unique_generate_call=True,  # what is left of a clip is heard by `WhisperOnVoice`, without its pad
                return_dict_in_generate=True,
                output_scores=True,
                **({"language": language, "task": "transcribe"} if multilingual else {}),
            )
        end = settings.eos_token_id if isinstance(settings.eos_token_id, int) else settings.eos_token_id[0]
        first = settings.no_timestamps_token_id + 1
        found = []
        for row, (clip, silent) in enumerate(zip(clips, encoded.silent, strict=True)):
            tokens = written.sequences[row].tolist()
            sure = self._sure(written, row, end)
            for start, stop, words in timed(tokens, first, end, clip.duration):
                text = self._processor.tokenizer.decode(words, skip_special_tokens=True)
                found.append(Segment(clip.start + start, clip.start + stop, text, sure, silent, repetitive(text)))
        return found

    def _sure(self, written: Any, row: int, end: int) -> float:
        """Mean log-probability of a clip's tokens, its end included, as Whisper's own limits take it."""
        import torch

        if self.beams > 1:
            return float(written.sequences_scores[row])
        steps = torch.stack([scores[row] for scores in written.scores]).float().log_softmax(-1)
        tokens = written.sequences[row][-len(steps) :]
        likely = steps.gather(1, tokens.unsqueeze(1)).squeeze(1).tolist()
        length = tokens.tolist().index(end) + 1 if end in tokens else len(likely)
        return sum(likely[:length]) / length


@dataclass(frozen=True, slots=True)
class _Encoded:
    """Clips after the encoder."""

    states: Any
    languages: dict[str, float]
    """Mean probability of each language token."""
    silent: list[float]
    """Probability that a clip holds no speech."""
