"""What is heard beside speech, and when: applause, rain, a dog."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .....tools.media.audio import SAMPLE_RATE, AudioChunk
from .....tools.perception.sounds.events import Marked, marked, sound_records
from .....tools.perception.sounds.offered import TABLE
from .....tools.perception.sounds.tagger import SoundTagger
from .....tools.records import Modality, Record
from ...stage import AUDIO, AudioStage, Found, Parts, Watched, packed, unpacked


class Sounds(AudioStage):
    """A sound tagger on windows of a fixed length; one record for as long as a sound is heard."""

    name = "sounds"
    needs = (AUDIO,)
    writes = (Modality.SOUND,)

    def __init__(self, tagger: SoundTagger, track: str = "auto") -> None:
        """Take the tagger, and which of the file's audio tracks it listens to, as `Sampling.audio_track` says."""
        self.tool = self._tagger = tagger
        self._track = track

    @property
    def fingerprint(self) -> str:
        from hashlib import blake2b

        told = blake2b(TABLE.read_bytes(), digest_size=4).hexdigest()
        return f"{self._tagger.source}; offered {told}; track {self._track}"

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        length = round(self._tagger.window * SAMPLE_RATE)
        start, held = 0.0, np.zeros(0, np.float32)
        for chunk in chunks:
            start = start if held.size else chunk.start
            held = np.concatenate([held, chunk.samples])
            while len(held) >= length:
                yield AudioChunk(start, held[:length])
                start, held = start + length / SAMPLE_RATE, held[length:]
        if held.size:
            yield AudioChunk(start, held)

    def observe(self, video: Watched, window: AudioChunk) -> list[tuple[float, Any]]:
        [heard] = self._tagger.run([window.samples])
        rows = marked(heard, self._tagger.offered, window.start)
        return [(row[0], packed(Marked, row)) for row in rows]

    def records(self, found: Found) -> list[Record]:
        rows = (unpacked(Marked, row) for _, row in found.observations(self.name))
        return sound_records(found.video, rows, self._tagger.offered, found.duration, self._tagger.source)


def stage(parts: Parts) -> Sounds:
    """The stage, with the profile's sound tagger."""
    return Sounds(parts.role("sounds"), parts.sampling.audio_track)
