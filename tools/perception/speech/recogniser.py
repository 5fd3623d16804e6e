"""What is said in a video, and when: voice activity detection, then Whisper on the speech alone."""

import math
import re
import threading
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...payloads import Spoken, Word
from ...records import Record, Span, Utterance
from ...runtime.backend import Tool
from ...runtime.counters import count
from .voice_activity import CLIP, LONGEST, RATE, WINDOW, Squeezed, voice

if TYPE_CHECKING:
    from ...media.audio import AudioChunk

BREATH = 0.45
"""Seconds of a pause over which a sentence goes on that ended without a full stop."""

SURE_OF_LANGUAGE = 0.5
"""Probability from which the language that was found out holds for the rest of the video."""

NO_SPEECH, UNSURE, REPETITIVE = 0.6, -1.0, 2.4
"""Whisper's own limits (Radford et al., 2022, section 4.5): probability of no speech, mean log-probability, and zlib
compression ratio beyond which a transcript is taken for an invention."""

PACE = 1.7
"""How many times longer a sentence may take that is said again in the same words."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What Whisper says it heard, with times in seconds of the sound that it was given."""

    start: float
    end: float
    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    words: tuple[Word, ...] = ()
    """In seconds of the sound too, where the library gives times to words; their texts make up the segment's."""
    language: str = ""
    """ISO 639-1 code."""


class SpeechRecogniser(Tool["AudioChunk", list[Utterance]]):
    """Sound in, utterances out, in order, with times on the clock of the video."""

    role = "speech"
    window: ClassVar[float] = WINDOW
    """Seconds of sound that are best heard at once."""


class WhisperOnVoice(SpeechRecogniser):
    """Whisper, in whichever library, on the stretches in which Silero VAD finds a voice.

    Sound without a voice costs no Whisper and gives nothing. The language is found out on the first speech of a video
    and kept for the chunks that follow on it, wherever they are heard.
    """

    version = "3"
    clip: float = CLIP
    """Most seconds of sound in one encoder pass."""

    def __init__(self, language: str | None = None) -> None:
        """Say what is spoken, as an ISO 639-1 code; by default it is found out."""
        super().__init__()
        self.language = language
        self._spoken: dict[float, str | None] = {}
        """The language of a chunk by its end in seconds, for the chunk that follows on it; None while nobody knows."""
        self._spoken_lock = threading.Lock()

    @abstractmethod
    def transcribe(
        self, samples: np.ndarray, clips: Sequence[Span], language: str | None
    ) -> tuple[Sequence[Segment], str, float]:
        """Everything heard in the clips, each of at most 30 s, as segments; the language, and how probable it is.

        Args:
            samples: mono at `RATE`.
            clips: stretches of the samples, in seconds.
            language: ISO 639-1 code, or None to find it out.
        """

    def perceive(self, batch: Sequence["AudioChunk"]) -> list[list[Utterance]]:
        return [self._hear(chunk) for chunk in batch]

    def _hear(self, chunk: "AudioChunk") -> list[Utterance]:
        language = self.language or self._language_so_far(chunk.start)
        self._keep_language(chunk.end, language)  # also where nobody speaks, or hearing this chunk fails
        voiced = voice(chunk.samples, self.clip)
        if not voiced:
            return []
        count("speech_seconds", sum(end - start for start, end in voiced) / RATE)
        squeezed = Squeezed.of(chunk.samples, voiced, self.clip)
        found, spoken, probability = self.transcribe(squeezed.samples, squeezed.clips, language)
        if language is None and probability > SURE_OF_LANGUAGE:
            self._keep_language(chunk.end, spoken)
        heard = list(credible(within(found, squeezed.clips), squeezed))
        for _ in range(2):
            rests = [rest for clip in squeezed.clips if (rest := squeezed.unheard(clip, heard))]
            if not rests:
                break
            found, _, _ = self.transcribe(squeezed.samples, rests, spoken)
            heard = sorted([*heard, *credible(within(found, rests), squeezed)], key=lambda segment: segment.start)
        return joined(
            Utterance(
                Span(chunk.start + start, chunk.start + end),
                text,
                min(math.exp(segment.avg_logprob), 1.0),
                tuple(replace(word, start=chunk.start + word.start, end=chunk.start + word.end) for word in words),
                segment.language or spoken,
            )
            for segment in heard
            for start, end, text, words in squeezed.sentences(segment.start, segment.end, segment.text, segment.words)
        )

    def forget(self) -> None:
        with self._spoken_lock:
            self._spoken.clear()

    def remembered(self) -> dict[float, str | None]:
        with self._spoken_lock:
            return dict(self._spoken)

    def remember(self, left: dict[float, str | None]) -> None:
        for end, language in left.items():
            self._keep_language(end, language)

    def _language_so_far(self, start: float) -> str | None:
        with self._spoken_lock:
            return self._spoken.get(round(start, 2))

    def _keep_language(self, end: float, language: str | None) -> None:
        with self._spoken_lock:
            self._spoken.pop(round(end, 2), None)
            self._spoken[round(end, 2)] = language
            while len(self._spoken) > 64:  # the oldest, which nothing follows any more
                del self._spoken[next(iter(self._spoken))]


def speech_records(video: str, utterances: Iterable[Utterance], source: str) -> list[Record]:
    """One record an utterance."""
    return [
        Record.of(video, said.span, Spoken(said.text, said.words, said.language), said.score, source)
        for said in utterances
    ]


def within(segments: Iterable[Segment], clips: Sequence[Span]) -> Iterator[Segment]:
    """Segments without what lies behind their clip: Whisper may end a sentence in the silence that fills its pass."""
    for segment in segments:
        clip = max((clip for clip in clips if clip.start <= segment.start + 0.01), default=clips[0])
        start = min(max(segment.start, clip.start), clip.end)
        yield replace(segment, start=start, end=min(max(segment.end, start), clip.end))


def credible(segments: Iterable[Segment], sound: Squeezed | None = None) -> Iterator[Segment]:
    """Whisper's segments without what it makes up where nothing is said: empty, repeated, or against its own limits.

    Args:
        segments: in order.
        sound: what they were heard in. It tells a sentence that is really said again, after a pause and at about the
            same pace, from one that Whisper writes again and again.
    """
    before: Segment | None = None
    for segment in segments:
        text = segment.text.strip()
        repeated = before is not None and text == before.text.strip() and len(text.split()) > 3
        if before is not None and repeated and sound is not None:
            repeated = not (sound.apart(before.end, segment.start) and 1 / PACE < _pace(segment, before) < PACE)
        silent = segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNSURE
        if re.search(r"\w", text) and not repeated and not silent and segment.compression_ratio <= REPETITIVE:
            before = segment
            yield segment


def _pace(segment: Segment, other: Segment) -> float:
    return (segment.end - segment.start) / max(other.end - other.start, 0.01)


def joined(heard: Iterable[Utterance]) -> list[Utterance]:
    """Join what breaks off in the middle of a sentence with what follows.

    >>> first = Utterance(Span(0.0, 2.0), "Whales sleep", 0.9)
    >>> [said.text for said in joined([first, Utterance(Span(2.1, 4.0), "upright.", 0.7)])]
    ['Whales sleep upright.']
    """
    whole: list[Utterance] = []
    for said in heard:
        before = whole[-1] if whole else None
        if (
            before is not None
            and not before.text.endswith((".", "?", "!", "…", "。", "？", "！"))
            and said.span.start - before.span.end < BREATH
            and said.span.end - before.span.start <= LONGEST
        ):
            span = Span(before.span.start, max(before.span.end, said.span.end))
            whole[-1] = replace(
                before,
                span=span,
                text=f"{before.text} {said.text}",
                score=min(before.score, said.score),
                words=before.words + said.words,
            )
        else:
            whole.append(said)
    return whole
