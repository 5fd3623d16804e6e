"""What is said, and when."""

from collections.abc import Iterable, Iterator
from typing import Any

from ....tools.media.audio import AudioChunk
from ....tools.records import Modality, Record, Utterance
from ....tools.runtime.backend import Tool
from ....tools.runtime.counters import count
from ..stage import AudioStage, Found, Parts, Watched, packed, unpacked


class Speech(AudioStage):
    """The recogniser on windows that it chooses itself; one record an utterance."""

    name = "speech"
    writes = (Modality.SPEECH,)

    def __init__(self, recogniser: Tool[AudioChunk, list[Utterance]], track: int) -> None:
        """Take the recogniser, and which of the file's audio tracks it listens to, counted from 0."""
        self.tool = self._recogniser = recogniser
        self._track = track

    @property
    def fingerprint(self) -> str:
        return f"{self._recogniser.source}; track {self._track}"

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        from ....tools.perception.speech.voice_activity import WINDOW, windows

        return windows(chunks, getattr(self._recogniser, "window", WINDOW))

    def observe(self, video: Watched, window: AudioChunk) -> list[tuple[float, Any]]:
        [utterances] = self._recogniser.run([window])
        count("asr_seconds", window.end - window.start)
        return [(said.span.start, packed(Utterance, said)) for said in utterances]

    def records(self, found: Found) -> list[Record]:
        from ....tools.perception.speech.recogniser import speech_records

        heard = (unpacked(Utterance, row) for _, row in found.observations(self.name))
        return speech_records(found.video, heard, self._recogniser.source)


def stage(parts: Parts) -> Speech:
    """The stage, with the profile's recogniser."""
    return Speech(parts.role("speech"), parts.sampling.audio_track)
