"""Whisper by its authors' own package, from their own `.pt` files."""

import contextlib
import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import WeightsError
from ...records import Span
from ...runtime.hub_model import device
from .recogniser import Segment, WhisperOnVoice
from .voice_activity import RATE


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
        device: str = "auto",
        beams: int = 1,
        max_tokens: int | None = None,
        storage: Path | None = None,
    ) -> None:
        """Choose the weights and what is spoken.

        Args:
            model: a `.pt` file, or one of the package's names (`base`, `large-v3`, `turbo`, …) that is in `storage`.
            language: ISO 639-1 code of what is spoken; by default found out.
            device: `cpu`, `cuda`, `cuda:1`; `auto` takes a GPU where there is one.
            beams: of the search; more are slower and a little more careful.
            max_tokens: tokens of one clip at most; by default half of Whisper's context.
            storage: where the package keeps what it downloaded; by default `~/.cache/whisper`.
        """
        super().__init__(language)
        self.model = str(model or self.default)
        self.device = device
        self.beams = beams
        self.max_tokens = max_tokens
        self.storage = storage
        self._model: Any = None

    @property
    def source(self) -> str:
        return f"{self.name}/{Path(self.model).stem}.{self.version}"

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

    def transcribe(
        self, samples: np.ndarray, clips: Sequence[Span], language: str | None
    ) -> tuple[list[Segment], str, float]:
        import whisper  # pyright: ignore[reportMissingImports]

        probability = 1.0
        if language is None:
            language, probability = self._language(samples, clips[0])
        on_gpu = self._model.device.type == "cuda"
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            heard: dict[str, Any] = whisper.transcribe(
                self._model,
                np.ascontiguousarray(samples, np.float32),
                clip_timestamps=[edge for clip in clips for edge in (clip.start, clip.end)],
                language=language,
                temperature=0.0,
                beam_size=self.beams if self.beams > 1 else None,
                condition_on_previous_text=False,
                no_speech_threshold=None,  # `credible` looks at it, and knows the pauses
                compression_ratio_threshold=None,
                logprob_threshold=None,
                sample_len=self.max_tokens,
                fp16=on_gpu,
            )
        fields = ("start", "end", "text", "avg_logprob", "no_speech_prob", "compression_ratio")
        found = [Segment(*(segment[name] for name in fields)) for segment in heard["segments"]]
        return [segment for segment in found if segment.text.strip()], language, probability

    def _language(self, samples: np.ndarray, clip: Span) -> tuple[str, float]:
        import whisper  # pyright: ignore[reportMissingImports]

        if not self._model.is_multilingual:
            return "en", 1.0
        sound = whisper.pad_or_trim(samples[round(clip.start * RATE) : round(clip.end * RATE)].astype(np.float32))
        mel = whisper.log_mel_spectrogram(sound, self._model.dims.n_mels).to(self._model.device)
        _, likely = self._model.detect_language(mel)
        best = max(likely, key=likely.get)
        return best, float(likely[best])

    def close(self) -> None:
        super().close()
        on_gpu = self._model is not None and self._model.device.type == "cuda"
        self._model = None
        if on_gpu:
            import torch

            torch.cuda.empty_cache()
