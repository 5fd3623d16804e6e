"""placeholder while the real one is being written"""
from collections.abc import Iterable, Iterator, Sequence
import numpy as np
from . import weights
from .base import Tool
from .media import AudioChunk
from .records import Modality, Record, Span, Utterance


class SpeechRecogniser(Tool[AudioChunk, list[Utterance]]):
    role = "speech"


class FasterWhisper(SpeechRecogniser):
    name = "faster-whisper"
    requires = ("faster_whisper",)
    weights = ("whisper-base-ct2",)

    def setup(self) -> None:
        from faster_whisper import WhisperModel
        self._model = WhisperModel(str(weights.folder("whisper-base-ct2")), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)

    def perceive(self, batch: Sequence[AudioChunk]) -> list[list[Utterance]]:
        out = []
        for chunk in batch:
            segs, _ = self._model.transcribe(chunk.samples, beam_size=1, temperature=0, vad_filter=True, condition_on_previous_text=False, language="en")
            out.append([Utterance(Span(chunk.start + s.start, chunk.start + s.end), s.text.strip(), float(np.exp(s.avg_logprob))) for s in segs])
        return out


def windows(chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
    yield from chunks


def speech_records(video: str, utterances: Iterable[Utterance], source: str) -> list[Record]:
    return [Record(video, u.span, Modality.SPEECH, u.text, u.score, source) for u in utterances]
