"""Whisper by transformers: the original checkpoints and their fine-tuned descendants, many clips in one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError, WeightsError
from ...records import Span
from ...runtime.batches import Batches
from ...runtime.hub_model import FromHub, quiet
from .recogniser import Segment, Sound, Task, WhisperOnVoice
from .voice_activity import RATE
from .whisper_tokens import MAX_TOKENS, repetitive, timed

FRAMES = 50
"""Encoder states a second."""
LEAD = 0.2
"""Seconds before a stretch that are heard with it when its language is found out."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One that is to be written down."""

    encoded: Any
    """By the encoder, (1, frames, width)."""
    span: Span
    language: str
    task: Task


class TransformersWhisper(FromHub, WhisperOnVoice):
    """Whisper (Radford et al., 2022) or Distil-Whisper in transformers. A long video is cut in pauses into clips of at
    most 28 s, which share batches, also with those of other videos that are heard at the same time, each in a thread of
    its own; the times are those of Whisper's own timestamp tokens."""

    name = "whisper"
    requires = ("torch", "transformers", "faster_whisper")
    """The last for its voice activity detection."""
    default = "whisper-large-v3-turbo"
    weights = ("whisper-large-v3-turbo",)
    batch: ClassVar[int] = 16
    gpu_batch: ClassVar[int] = 32
    window: ClassVar[float] = 600.0
    together: ClassVar[bool] = True

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        language: str | None = None,
        vocabulary: str | None = None,
        translate: bool = False,
        beams: int = 1,
        max_tokens: int = MAX_TOKENS,
        **options: Any,
    ) -> None:
        """Choose the weights and what is spoken.

        Args:
            model: as in `hub.Checkpoint`.
            language, vocabulary, translate: as in `WhisperOnVoice`.
            beams: of the search; more are slower and a little more careful.
            max_tokens: tokens of one clip at most.
            options: further ones of `hub.FromHub`.
        """
        super().__init__(model, **options)
        self.expect(language, vocabulary, translate=translate)
        self.beams = beams
        self.max_tokens = max_tokens

    def setup(self) -> None:
        self._processor = self.checkpoint.processor(needs=("feature_extractor", "tokenizer"))
        self._model = self.checkpoint.load("AutoModelForSpeechSeq2Seq")
        settings = self._model.generation_config
        if getattr(settings, "no_timestamps_token_id", None) is None:
            raise WeightsError(f"{self.checkpoint.folder} has no generation_config.json that tells of timestamps")

        if not self._multilingual and (self.languages not in ((), ("en",)) or self.translate):
            raise UsageError(f"{self.checkpoint.folder} hears English only: leave the language out")
        self._encoding = Batches[np.ndarray, Any](self, self._encode)
        self._writing = Batches[Clip, list[Segment]](self, self._write, lambda clip: clip.task)

    @property
    def source(self) -> str:
        return f"{super().source}{self.told}"

    @property
    def _multilingual(self) -> bool:
        settings = self._model.generation_config
        return bool(getattr(settings, "is_multilingual", True) and getattr(settings, "lang_to_id", None))

    def guess(self, sound: Sound, clips: Sequence[Span], stretches: Sequence[Span]) -> Sequence[Mapping[str, float]]:
        if not self._multilingual:
            return [{"en": 1.0}] * len(stretches)
        found: dict[Span, Mapping[str, float]] = {}
        for clip, row in zip(clips, self._rows(sound, clips), strict=True):
            for stretch in stretches:
                if clip.contains((stretch.start + stretch.end) / 2):
                    found[stretch] = self._likely(row, clip, stretch)
        return [found[stretch] for stretch in stretches]

    def _likely(self, states: Any, clip: Span, stretch: Span) -> Mapping[str, float]:
        """The languages of a stretch, by its part of its clip's encoding and the silence behind, (1, frames, width)."""
        import torch

        first = max(round((stretch.start - LEAD - clip.start) * FRAMES), 0)
        part = [states[:, first : round((stretch.end - clip.start) * FRAMES)], states[:, -FRAMES:]]
        spoken = self._model.generation_config.lang_to_id
        likely = self._first_step(torch.cat(part, 1))[0, list(spoken.values())].softmax(0).tolist()
        return {token.strip("<|>"): probability for token, probability in zip(spoken, likely, strict=True)}

    def _first_step(self, states: Any) -> Any:
        """What the decoder expects first, (clips, tokens): a language, or that nobody speaks."""
        import torch

        begin = torch.full((len(states), 1), self._model.generation_config.decoder_start_token_id)
        with torch.inference_mode():
            begin = begin.to(self._model.device)
            told = self._model(encoder_outputs=(states,), decoder_input_ids=begin, use_cache=False)
        return told.logits[:, 0].float()

    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> list[list[Segment]]:
        rows = self._rows(sound, clips)
        return self._writing.ask([Clip(*clip, task) for clip in zip(rows, clips, languages, strict=True)])

    def _rows(self, sound: Sound, clips: Sequence[Span]) -> list[Any]:
        """The encoder's view of each clip, (1, frames, width); each is encoded once."""
        if new := [clip for clip in clips if clip not in sound.known]:
            encoded = self._encoding.ask([sound.of(clip) for clip in new])
            sound.known.update(zip(new, encoded, strict=True))
        return [sound.known[clip] for clip in clips]

    def _encode(self, sounds: Sequence[np.ndarray]) -> list[Any]:
        import torch

        features = self._processor.feature_extractor(list(sounds), sampling_rate=RATE, return_tensors="pt")
        with torch.inference_mode():
            encode = self._model.get_encoder()
            return [*encode(self.on_device({"x": features["input_features"]})["x"]).last_hidden_state.split(1)]

    def _write(self, clips: Sequence[Clip]) -> list[list[Segment]]:
        """What is said in clips of one task, which fit into one batch."""
        import torch
        from transformers.modeling_outputs import BaseModelOutput

        settings = self._model.generation_config
        prompt = self._processor.get_prompt_ids(self.vocabulary, return_tensors="pt") if self.vocabulary else None
        spoken = {"language": [clip.language for clip in clips], "task": clips[0].task} if self._multilingual else {}
        with torch.inference_mode(), quiet():
            encoded = torch.cat([clip.encoded for clip in clips])
            silent = self._first_step(encoded).softmax(1)[:, settings.no_timestamps_token_id - 1].tolist()
            written = self._model.generate(
                encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
                max_new_tokens=self.max_tokens,
                num_beams=self.beams,
                do_sample=False,
                return_timestamps=True,
                force_unique_generate_call=True,  # what is left of a clip is heard by `WhisperOnVoice`, without its pad
                return_dict_in_generate=True,
                output_scores=True,
                **({} if prompt is None else {"prompt_ids": prompt.to(self._model.device)}),
                **spoken,
            )
        return [self._segments(clip, written, row, silent[row]) for row, clip in enumerate(clips)]

    def _segments(self, clip: Clip, written: Any, row: int, silent: float) -> list[Segment]:
        settings = self._model.generation_config
        end = settings.eos_token_id if isinstance(settings.eos_token_id, int) else settings.eos_token_id[0]
        tokens = written.sequences[row].tolist()
        sure = self._sure(written, row, end)
        heard = []
        for start, stop, words in timed(tokens, settings.no_timestamps_token_id + 1, end, clip.span.duration):
            text = self._processor.tokenizer.decode(words, skip_special_tokens=True)
            begins, ends = clip.span.start + start, clip.span.start + stop
            heard.append(Segment(begins, ends, text, sure, silent, repetitive(text), language=clip.language))
        return heard

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
