"""Whisper by its authors' own package, from their own `.pt` files."""

import contextlib
import io
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError, WeightsError
from ...records import Span
from ...runtime.hub_model import device
from .recogniser import Segment, Sound, Task, WhisperOnVoice

FRAMES = 50
"""Encoder states a second."""
LEAD = 0.2
"""Seconds before a stretch that are heard with it when its language is found out."""


class OpenAIWhisper(WhisperOnVoice):
    """`openai-whisper` (Radford et al., 2022). It reads one clip at a time; the other backends take several at once."""

    name = "openai-whisper"
    requires = ("whisper", "torch", "faster_whisper")
    """The last for its voice activity detection."""
    install = (
        "pip install 'vidscout[hub]' && pip install --no-deps openai-whisper tiktoken numba llvmlite more-itertools"
    )
    """Left to itself, pip brings triton along, of a gigabyte, which only word timestamps on a GPU use."""
    elsewhere = "its weights are .pt files of one's own, or what whisper.load_model has downloaded"
    default: ClassVar[str] = "base"

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        language: str | None = None,
        vocabulary: str | None = None,
        translate: bool = False,
        device: str = "auto",
        beams: int = 1,
        max_tokens: int | None = None,
        storage: Path | None = None,
    ) -> None:
        """Choose the weights and what is spoken.

        Args:
            model: a `.pt` file, or one of the package's names (`base`, `large-v3`, `turbo`, …) that is in `storage`.
            language, vocabulary, translate: as in `WhisperOnVoice`.
            device: `cpu`, `cuda`, `cuda:1`; `auto` takes a GPU where there is one.
            beams: of the search; more are slower and a little more careful.
            max_tokens: tokens of one clip at most; by default half of Whisper's context.
            storage: where the package keeps what it downloaded; by default `~/.cache/whisper`.
        """
        super().__init__(language, vocabulary, translate=translate)
        self.model = str(model or self.default)
        self.device = device
        self.beams = beams
        self.max_tokens = max_tokens
        self.storage = storage
        self._model: Any = None

    @property
    def source(self) -> str:
        return f"{self.name}/{Path(self.model).stem}.{self.version}{self.told}"

    def setup(self) -> None:
        import whisper  # pyright: ignore[reportMissingImports]

        place = device(self.device)
        file = self._file(whisper)
        try:
            self._model = whisper.load_model(str(file), device=place).eval()
        except (OSError, RuntimeError, KeyError, TypeError, EOFError, ValueError) as error:
            reason = str(error).strip().splitlines()
            raise WeightsError(
                f"{file} is not a Whisper file: {reason[0] if reason else type(error).__name__}"
            ) from error
        if not self._model.is_multilingual and (self.languages not in ((), ("en",)) or self.translate):
            raise UsageError(f"{file} hears English only: leave the language out, or take another model")

    def _file(self, whisper: Any) -> Path:
        """The weights; the package would download what is missing, which is done on purpose here or not at all."""
        file = Path(self.model).expanduser()
        if file.is_file():
            return file
        if self.model not in whisper.available_models():
            known = ", ".join(whisper.available_models())
            raise WeightsError(f"no Whisper weights {self.model!r}: neither a .pt file nor one of {known}")
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        file = (self.storage or cache / "whisper") / Path(whisper._MODELS[self.model]).name
        if not file.is_file():
            raise WeightsError(
                f"{file} is not here: fetch it with `python -c \"import whisper; whisper.load_model('{self.model}')\"`"
            )
        return file

    def guess(self, sound: Sound, clips: Sequence[Span], stretches: Sequence[Span]) -> Sequence[Mapping[str, float]]:
        if not self._model.is_multilingual:
            return [{"en": 1.0}] * len(stretches)
        found: dict[Span, Mapping[str, float]] = {}
        for clip in clips:
            states = self._encoded(sound, clip)
            for stretch in stretches:
                if clip.contains((stretch.start + stretch.end) / 2):
                    found[stretch] = self._likely(states, clip, stretch)
        return [found[stretch] for stretch in stretches]

    def _encoded(self, sound: Sound, clip: Span) -> Any:
        import torch
        import whisper  # pyright: ignore[reportMissingImports]

        samples = whisper.pad_or_trim(sound.of(clip).astype(np.float32))
        mel = whisper.log_mel_spectrogram(samples, self._model.dims.n_mels).to(self._model.device)
        with torch.inference_mode():
            return self._model.embed_audio(mel[None])

    def _likely(self, states: Any, clip: Span, stretch: Span) -> Mapping[str, float]:
        """The languages of a stretch, by its part of its clip's encoding and the silence behind, (1, frames, width)."""
        import torch
        from whisper.tokenizer import get_tokenizer  # pyright: ignore[reportMissingImports]

        tokenizer = get_tokenizer(True, num_languages=self._model.num_languages)
        first = max(round((stretch.start - LEAD - clip.start) * FRAMES), 0)
        part = [states[:, first : round((stretch.end - clip.start) * FRAMES)], states[:, -FRAMES:]]
        with torch.inference_mode():
            begin = torch.tensor([[tokenizer.sot]], device=self._model.device)
            told = self._model.logits(begin, torch.cat(part, 1))[0, 0].float()
        likely = told[list(tokenizer.all_language_tokens)].softmax(0).tolist()
        return dict(zip(tokenizer.all_language_codes, likely, strict=True))

    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> list[list[Segment]]:
        return [self._heard_in(sound, clip, language, task) for clip, language in zip(clips, languages, strict=True)]

    def _heard_in(self, sound: Sound, clip: Span, language: str, task: Task) -> list[Segment]:
        import whisper  # pyright: ignore[reportMissingImports]

        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            heard: dict[str, Any] = whisper.transcribe(
                self._model,
                np.ascontiguousarray(sound.samples, np.float32),
                clip_timestamps=[clip.start, clip.end],
                language=language,
                task=task,
                temperature=0.0,
                beam_size=self.beams if self.beams > 1 else None,
                initial_prompt=self.vocabulary or None,
                condition_on_previous_text=False,
                no_speech_threshold=None,  # `credible` looks at it, and knows the pauses
                compression_ratio_threshold=None,
                logprob_threshold=None,
                sample_len=self.max_tokens,
                fp16=self._model.device.type == "cuda",
            )
        fields = ("start", "end", "text", "avg_logprob", "no_speech_prob", "compression_ratio")
        found = [Segment(*(segment[name] for name in fields), language=language) for segment in heard["segments"]]
        return [segment for segment in found if segment.text.strip()]

    def close(self) -> None:
        super().close()
        on_gpu = self._model is not None and self._model.device.type == "cuda"
        self._model = None
        if on_gpu:
            import torch

            torch.cuda.empty_cache()
