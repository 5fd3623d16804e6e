"""What is said, and when."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from .....tools.media.audio import AudioChunk
from .....tools.payloads import Spoken
from .....tools.records import Modality, Record, Span, Utterance, of_kind
from .....tools.runtime.backend import Tool
from .....tools.runtime.counters import count
from .....tools.words import folded
from ...stage import AUDIO, AudioStage, Found, Parts, Watched, packed, unpacked

BESIDE = 1.0
"""Seconds by which a subtitle may miss the voice whose words it has."""

ALIKE = 70
"""Similarity of 100, of what was recognised with the likest part of the subtitles beside it, from which both say the
same. Sentences of one language that say something else come to 55 at most, recognised with a third of the words wrong
to 75 and more."""


class Speech(AudioStage):
    """The recogniser on windows that it chooses itself; one record an utterance that no subtitle tells already."""

    name = "speech"
    writes = (Modality.SPEECH,)

    def __init__(
        self, recogniser: Tool[AudioChunk, list[Utterance]], track: str = "auto", after: Sequence[str] = ()
    ) -> None:
        """Take the recogniser, and which of the file's audio tracks it listens to, as `Sampling.audio_track` says.

        Args:
            recogniser: sound in, utterances out.
            track: `auto`, a number, a language, or `all`.
            after: the stages that make records of what is said without a recogniser.
        """
        self.tool = self._recogniser = recogniser
        self._track = track
        self.needs = (AUDIO, *after)

    @property
    def fingerprint(self) -> str:
        return f"{self._recogniser.source}; track {self._track}"

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        from .....tools.perception.speech.voice_activity import WINDOW, windows

        return windows(chunks, getattr(self._recogniser, "window", WINDOW))

    def observe(self, video: Watched, window: AudioChunk) -> list[tuple[float, Any]]:
        [utterances] = self._recogniser.run([window])
        count("asr_seconds", window.end - window.start)
        return [(said.span.start, packed(Utterance, replace(said, speaker=window.track))) for said in utterances]

    def records(self, found: Found) -> list[Record]:
        from .....tools.perception.speech.recogniser import speech_records

        heard = (unpacked(Utterance, row) for _, row in found.observations(self.name))
        recognised = speech_records(found.video, heard, self._recogniser.source)
        written = [record for stage in self.after for record in found.records(stage)]
        return not_given(recognised, written)


def not_given(recognised: Sequence[Record], written: Sequence[Record]) -> list[Record]:
    """What was recognised and does not stand in the subtitles: those are right where they say the same.

    Subtitles in another language, or of another film, say something else and take nothing away.
    """
    from rapidfuzz import fuzz

    given = sorted((record.span, folded(spoken.text)) for record, spoken in of_kind(written, Spoken))
    starts = [span.start for span, _ in given]
    longest = max((span.duration for span, _ in given), default=0.0)
    kept = []
    for record in recognised:
        span = Span(max(record.span.start - BESIDE, 0.0), record.span.end + BESIDE)
        near = given[bisect_left(starts, span.start - longest) : bisect_right(starts, span.end)]
        beside = " ".join(text for other, text in near if other.overlaps(span))
        said = folded(record.payload.text if isinstance(record.payload, Spoken) else record.text)
        if not beside or fuzz.partial_ratio(said, beside) < ALIKE:
            kept.append(record)
    return kept


def stage(parts: Parts) -> Speech:
    """The stage, with the profile's recogniser."""
    return Speech(parts.role("speech"), parts.sampling.audio_track, parts.of("subtitles"))
