"""Whisper in CTranslate2, by the faster-whisper library: the embedded speech recogniser."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...records import Span
from ...runtime.cores import cores
from ...weights import catalogue as weights
from .recogniser import WhisperOnVoice

BATCH = 2
"""Encoder passes at once: on one or two CPU threads more are hardly faster, and each takes about 100 MB."""


class FasterWhisper(WhisperOnVoice):
    """Whisper in CTranslate2."""

    name = "faster-whisper"
    requires = ("faster_whisper",)
    weights: ClassVar[tuple[str, ...]] = ("whisper-base-ct2",)

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        language: str | None = None,
        device: str = "cpu",
        compute_type: str = "int8",
        threads: int | None = None,
        beam: int = 1,
    ) -> None:
        """Choose the model and how it runs.

        Args:
            model: an entry of the weights' catalogue, or a folder or hub name that faster-whisper can load.
            language: ISO 639-1 code of what is spoken; by default found out.
            device: `cpu` or `cuda`.
            compute_type: CTranslate2's number format.
            threads: CPU threads; by default half the cores, because the pictures are looked at meanwhile.
            beam: beams of the search; 5 is more careful and slower.
        """
        super().__init__(language)
        self.model = model or self.weights[0]
        self.device = device
        self.compute_type = compute_type
        self.threads = threads or max(cores() // 2, 1)
        self.beam = beam
        self._pipeline: Any = None

    @property
    def source(self) -> str:
        return f"faster-whisper/{Path(self.model).name}.{self.version}"

    def setup(self) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        known = isinstance(self.model, str) and self.model in weights.entries()
        self._pipeline = BatchedInferencePipeline(
            WhisperModel(
                str(weights.folder(str(self.model)) if known else self.model),
                device=self.device,
                compute_type=self.compute_type,
                cpu_threads=self.threads,
                local_files_only=known,
            )
        )

    def close(self) -> None:
        super().close()
        self._pipeline = None

    def transcribe(
        self, samples: np.ndarray, clips: Sequence[Span], language: str | None
    ) -> tuple[Sequence[Any], str, float]:
        segments, about = self._pipeline.transcribe(
            samples,
            clip_timestamps=[{"start": clip.start, "end": clip.end} for clip in clips],
            language=language,
            beam_size=self.beam,
            temperature=0.0,
            without_timestamps=False,
            max_new_tokens=224,
            batch_size=BATCH,
        )
        return list(segments), about.language, about.language_probability


class FasterWhisperTiny(FasterWhisper):
    """The smallest English-only Whisper: about twice as fast, and misses more."""

    name = "faster-whisper-tiny-en"
    weights: ClassVar[tuple[str, ...]] = ("whisper-tiny-en-ct2",)
