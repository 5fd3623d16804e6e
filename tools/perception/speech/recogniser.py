"""What is said in a video, and when: voice activity detection, then Whisper on the speech alone."""

import hashlib
import math
import re
import threading
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ...payloads import Spoken, Word
from ...records import Record, Span, Utterance
from ...runtime.backend import Tool
from ...runtime.counters import count
from ...written_forms import written_forms
from .languages import Guess, expected, voted
from .sentence_ends import ends_sentence
from .voice_activity import CLIP, LONGEST, RATE, WINDOW, Squeezed, voice

if TYPE_CHECKING:
    from ...media.audio import AudioChunk

BREATH = 0.45
"""Seconds of a pause over which a sentence goes on that ended without a full stop."""

SURE_OF_LANGUAGE = 0.5
"""Probability from which the language of a chunk's last speech is expected in the chunk that follows on it."""

NO_SPEECH, UNSURE, REPETITIVE = 0.6, -1.0, 2.4
"""Whisper's own limits (Radford et al., 2022, section 4.5): probability of no speech, mean log-probability, and zlib
compression ratio beyond which a transcript is taken for an invention."""

KEPT = 256
"""Chunks whose language is remembered, of all videos that are being heard."""

MARGIN = 0.25
"""Seconds around an utterance that are heard when it is translated."""

SPARSE, EMPTY, USUAL, DENSE = 6.0, 2.5, 14.0, 90.0
"""Bytes of UTF-8 a second of voice. People say 10 to 20 of them in any script: below `SPARSE` words are missing, below
`EMPTY` next to nothing was understood, and beyond `DENSE` the words do not belong there."""
SLOWER = 0.4
"""Share of the pace of the fastest sentence in a clip, below which words are missing in another."""
ENOUGH = 3.0
"""Seconds of voice from which it can be told that words are missing."""
MORE = 1.3
"""How many times as long a transcript must be that was heard in pieces to be believed instead of the whole."""
SURE = -0.7
"""Mean log-probability of the little that was understood in much voice, from which it is believed."""


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


@dataclass(frozen=True, slots=True)
class Sound:
    """Speech as a backend hears it, clip by clip."""

    samples: np.ndarray
    """Mono at `RATE`."""
    known: dict[Any, Any] = field(default_factory=dict)
    """What the backend found out about clips and needs again, such as their encodings; its own affair."""

    def of(self, clip: Span) -> np.ndarray:
        """The samples of a clip."""
        return self.samples[round(clip.start * RATE) : round(clip.end * RATE)]


Task = Literal["transcribe", "translate"]
"""What Whisper writes: what is said, in its language or in English."""


Followed = tuple[str, str, float]
"""Where a chunk begins or ends: the video, the track that is heard apart, and seconds."""


def moment(chunk: "AudioChunk", seconds: float) -> Followed:
    """A moment of the sound that a chunk is part of."""
    return chunk.video, chunk.track, round(seconds, 2)


class WhisperOnVoice(SpeechRecogniser):
    """Whisper, in whichever library, on the stretches in which Silero VAD finds a voice.

    Sound without a voice costs no Whisper and gives nothing. The language is found out for each stretch, weighed with
    its neighbours and with what was spoken before, so that nothing is translated by the way.
    """

    version = "7"
    clip: float = CLIP
    """Most seconds of sound in one encoder pass."""

    def __init__(self, language: str | None = None, vocabulary: str | None = None, *, translate: bool = False) -> None:
        """Say what is expected.

        Args:
            language: what is spoken, as a code or a name, or several of which each stretch is in one, as in `en,de`;
                by default anything, found out for each stretch.
            vocabulary: names and rare words that are said, as in `Petrov, Żółkiewski, Golden Gate`.
            translate: whether what is not said in English is given a translation into English beside it.

        Raises:
            UsageError: Whisper knows no such language.
        """
        super().__init__()
        self.expect(language, vocabulary, translate=translate)
        self._spoken: dict[Followed, str | None] = {}
        """The language of a chunk by where it ends, for the chunk that follows on it; None while nobody knows."""
        self._spoken_lock = threading.Lock()

    def expect(self, language: str | None, vocabulary: str | None, *, translate: bool) -> None:
        """Take in what the constructor was told."""
        self.languages = expected(language or "")
        self.vocabulary = " ".join((vocabulary or "").split())
        self.translate = translate

    @property
    def language(self) -> str | None:
        """The codes of what may be spoken, as in `de,en`; None where that is to be found out."""
        return ",".join(self.languages) or None

    @property
    def told(self) -> str:
        """What it was told to expect, as a part of `source`: empty, or as in `+de,en+words:1f3a9c+translated`."""
        words = f"+words:{hashlib.blake2b(self.vocabulary.encode(), digest_size=4).hexdigest()}"
        return "".join(
            (f"+{self.language}" * bool(self.languages), words * bool(self.vocabulary), "+translated" * self.translate)
        )

    @abstractmethod
    def guess(self, sound: Sound, clips: Sequence[Span], stretches: Sequence[Span]) -> Sequence[Mapping[str, float]]:
        """How probable each language is in each of the stretches.

        Args:
            sound: what is heard.
            clips: all of it, in seconds; they will be transcribed next, unless the language changes in them.
            stretches: where somebody speaks in the clips, in seconds; none lies in two clips.
        """

    @abstractmethod
    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> Sequence[Sequence[Segment]]:
        """Everything heard in each of the clips, of at most 30 s, as segments in order.

        Args:
            sound: what is heard.
            clips: stretches of it, in seconds.
            languages: what is spoken in each of the clips.
            task: whether to write what is said or its translation into English.
        """

    def perceive(self, batch: Sequence["AudioChunk"]) -> list[list[Utterance]]:
        return [self._hear(chunk) for chunk in batch]

    def _hear(self, chunk: "AudioChunk") -> list[Utterance]:
        before, end = self._language_so_far(moment(chunk, chunk.start)), moment(chunk, chunk.end)
        self._keep_language(end, before)  # also where nobody speaks, or hearing this chunk fails
        voiced = voice(chunk.samples, self.clip)
        if not voiced:
            return []
        count("speech_seconds", sum(end - start for start, end in voiced) / RATE)
        squeezed = Squeezed.of(chunk.samples, voiced, self.clip)
        sound = Sound(squeezed.samples)
        spoken = self._spoken_in(sound, squeezed, before, end)
        heard = self._heard(sound, spoken, squeezed)
        for _ in range(2):
            rests = {rest: language for clip, language in spoken.items() if (rest := squeezed.unheard(clip, heard))}
            if not rests:
                break
            heard = sorted([*heard, *self._heard(sound, rests, squeezed)], key=lambda segment: segment.start)
        said = joined(
            Utterance(
                Span(chunk.start + start, chunk.start + end),
                text,
                min(math.exp(segment.avg_logprob), 1.0),
                tuple(replace(word, start=chunk.start + word.start, end=chunk.start + word.end) for word in words),
                segment.language,
            )
            for segment in heard
            for start, end, text, words in squeezed.sentences(segment.start, segment.end, segment.text, segment.words)
        )
        return self._translated(chunk, said) if self.translate else said

    def _spoken_in(self, sound: Sound, squeezed: Squeezed, before: str | None, end: "Followed") -> dict[Span, str]:
        """The clips to be heard, none of them in two languages, and the language of each."""
        if len(self.languages) == 1:
            return dict.fromkeys(squeezed.clips, self.languages[0])
        stretches = squeezed.stretches
        likely = self.guess(sound, squeezed.clips, stretches)
        guesses = [Guess(at.duration, one) for at, one in zip(stretches, likely, strict=True)]
        spoken = voted(guesses, before, self.languages)
        if any(guess.likely.get(spoken[-1], 0.0) > SURE_OF_LANGUAGE for guess in guesses):
            self._keep_language(end, spoken[-1])
        return squeezed.in_one_language(spoken)

    def _heard(self, sound: Sound, spoken: Mapping[Span, str], squeezed: Squeezed) -> list[Segment]:
        """What is said in clips, by the language of each; one whose transcript is in doubt is heard in pieces too."""
        found = dict(zip(spoken, self.transcribe(sound, list(spoken), list(spoken.values())), strict=True))
        doubts = {clip: doubt for clip in spoken if (doubt := doubted(found[clip], squeezed))}
        pieces = {piece: spoken[clip] for clip in doubts for piece in squeezed.pieces(clip)}
        again = self.transcribe(sound, list(pieces), list(pieces.values())) if pieces else []
        heard = dict(zip(pieces, again, strict=True))
        for clip, doubt in doubts.items():
            parts = [(part, heard[part]) for part in squeezed.pieces(clip)]
            apart = [one for part in parts for one in credible(within([part]), squeezed)]
            whole = credible(within([(clip, found[clip])]), squeezed)
            if doubt is Doubt.CIRCLES or _letters(apart) > MORE * _letters(whole):
                found[clip] = apart
        return [segment for clip in spoken for segment in credible(within([(clip, found[clip])]), squeezed)]

    def _translated(self, chunk: "AudioChunk", said: Sequence[Utterance]) -> list[Utterance]:
        """Utterances with what they mean in English, where they are in another language."""
        length = len(chunk.samples) / RATE
        spans = {
            one: Span(max(one.span.start - chunk.start - MARGIN, 0.0), min(one.span.end - chunk.start + MARGIN, length))
            for one in said
            if one.language != "en"
        }
        if not spans:
            return list(said)
        languages = [one.language for one in spans]
        found = self.transcribe(Sound(chunk.samples), list(spans.values()), languages, "translate")
        meant = {
            one: " ".join(segment.text.strip() for segment in segments if segment.compression_ratio <= REPETITIVE)
            for one, segments in zip(spans, found, strict=True)
        }
        return [replace(one, translation=meant.get(one, "")) for one in said]

    def forget(self) -> None:
        with self._spoken_lock:
            self._spoken.clear()

    def remembered(self) -> "dict[Followed, str | None]":
        with self._spoken_lock:
            return dict(self._spoken)

    def remember(self, left: "dict[Followed, str | None]") -> None:
        for end, language in left.items():
            self._keep_language(end, language)

    def _language_so_far(self, start: "Followed") -> str | None:
        with self._spoken_lock:
            return self._spoken.get(start)

    def _keep_language(self, end: "Followed", language: str | None) -> None:
        with self._spoken_lock:
            self._spoken.pop(end, None)
            self._spoken[end] = language
            while len(self._spoken) > KEPT:  # the oldest, which nothing follows any more
                del self._spoken[next(iter(self._spoken))]


def speech_records(video: str, utterances: Iterable[Utterance], source: str) -> list[Record]:
    """One record an utterance, with its numbers and addresses as they are written beside it."""
    records = []
    for said in utterances:
        forms = written_forms(said.text, said.language)
        spoken = Spoken(said.text, said.words, said.language, said.speaker, translation=said.translation, forms=forms)
        records.append(Record.of(video, said.span, spoken, said.score, source))
    return records


def within(heard: Iterable[tuple[Span, Iterable[Segment]]]) -> Iterator[Segment]:
    """Segments of clips without what lies behind the clip: Whisper may end a sentence in the silence of its pass."""
    for clip, segments in heard:
        for segment in segments:
            start = min(max(segment.start, clip.start), clip.end)
            yield replace(segment, start=start, end=min(max(segment.end, start), clip.end))


def credible(segments: Iterable[Segment], sound: Squeezed | None = None) -> Iterator[Segment]:
    """Whisper's segments without what it makes up where nothing is said: without words, against its own limits, or next
    to nothing for much voice.

    Args:
        segments: of one clip, in order.
        sound: what they were heard in.
    """
    for segment in segments:
        silent = segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNSURE
        empty = sound is not None and segment.avg_logprob < SURE and _bytes_a_second(segment, sound) < EMPTY
        if re.search(r"\w", segment.text) and not silent and not empty and segment.compression_ratio <= REPETITIVE:
            yield segment


class Doubt(Enum):
    """What speaks against a transcript."""

    CIRCLES = auto()
    """It says the same twice, goes in circles, or has words for which there is no time."""
    GAPS = auto()
    """It has too few words for so much voice."""


def doubted(segments: Sequence[Segment], sound: Squeezed) -> Doubt | None:
    """What speaks against a clip's transcript, if anything.

    People do say the same thing several times, and then Whisper often writes it once, or goes in circles. Heard in
    pieces, each sentence is understood by itself, so that what is said again is told from what is written again.

    Args:
        segments: of one clip, in order.
        sound: what they were heard in.
    """
    paces = [_bytes_a_second(segment, sound) for segment in segments]
    for before, segment in pairwise(segments):
        said = segment.text.split()
        if len(said) > 3 and said == before.text.split():
            return Doubt.CIRCLES
    if any(segment.compression_ratio > REPETITIVE for segment in segments) or max(paces, default=0) > DENSE:
        return Doubt.CIRCLES
    usual = max(paces, default=0.0)
    return Doubt.GAPS if any(pace < max(SPARSE, SLOWER * usual) for pace in paces) else None


def _bytes_a_second(segment: Segment, sound: Squeezed) -> float:
    """Of a segment's text and voice; as usual where the voice is too short to tell."""
    size, voice = len(segment.text.strip().encode()), sound.voiced(Span(segment.start, segment.end))
    pace = size / max(voice, 0.1)
    return pace if voice >= ENOUGH or pace > DENSE else USUAL


def _letters(segments: Iterable[Segment]) -> int:
    return sum(len(segment.text.strip()) for segment in segments)


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
            and not ends_sentence(before.text)
            and said.language == before.language
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
