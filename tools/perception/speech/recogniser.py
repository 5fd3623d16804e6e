"""What is said in a video, and when: voice activity detection, then Whisper on the speech alone."""

import math
import os
import re
import threading
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...payloads import Spoken
from ...records import Record, Span, Utterance
from ...runtime.backend import Tool
from ...runtime.counters import count
from ...weights import catalogue as weights

if TYPE_CHECKING:
    from ...media.audio import AudioChunk

RATE = 16_000
"""Samples a second, of an `AudioChunk` and of Whisper."""

WINDOW = 120.0
"""Seconds of sound that are transcribed at once: enough clips for one batch, few enough to lose little when killed."""

PAUSE = 0.2
"""Seconds without voice that count as a pause."""

KEPT_PAUSE = 0.5
"""Seconds of a pause that Whisper hears; longer ones are shortened, the times put back afterwards."""

CLIP = 28.0
"""Seconds of sound in one encoder pass. Whisper reads 30 s at a time whatever is in them, and drops a sentence that
ends too close to the end of them."""

BATCH = 2
"""Encoder passes at once: on one or two CPU threads more are hardly faster, and each takes about 100 MB."""

SNAP = 0.8
"""Seconds by which a time from Whisper is moved to the nearest pause."""

STRAY = 1.5
"""Seconds by which the share of the letters may miss the pause between two sentences."""

UNHEARD = 1.5
"""Seconds at the end of a clip without a transcript that are worth another pass."""

BREATH = 0.45
"""Seconds of a pause over which a sentence goes on that ended without a full stop."""

LONG_PAUSE = 4.0
"""Seconds without voice that no sentence has in it. What lies beyond is heard in a pass of its own: it is often music
that only sounds like a voice, and in one pass with it Whisper leaves the sentence out or puts it there."""

LONGEST = 15.0
"""Seconds from which a sentence is not joined with the next, and a longer stretch is cut between its sentences."""

SURE_OF_LANGUAGE = 0.5
"""Probability from which the language that was found out holds for the rest of the video."""

NO_SPEECH, UNSURE, REPETITIVE = 0.6, -1.0, 2.4
"""Whisper's own limits (Radford et al., 2022, section 4.5): probability of no speech, mean log-probability, and zlib
compression ratio beyond which a transcript is taken for an invention."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What Whisper says it heard, with times in seconds of the sound that it was given."""

    start: float
    end: float
    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


class SpeechRecogniser(Tool["AudioChunk", list[Utterance]]):
    """Sound in, utterances out, in order, with times on the clock of the video."""

    role = "speech"
    window: ClassVar[float] = WINDOW
    """Seconds of sound that fit one batch well."""


class WhisperOnVoice(SpeechRecogniser):
    """Whisper, in whichever library, on the stretches in which Silero VAD finds a voice.

    Sound without a voice costs no Whisper and gives nothing. The language is found out on the first speech of a video
    and kept for the chunks that follow on it, wherever they are heard.
    """

    version = "2"

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
    ) -> tuple[Sequence[Any], str, float]:
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
        voiced = voice(chunk.samples)
        if not voiced:
            return []
        count("speech_seconds", sum(end - start for start, end in voiced) / RATE)
        squeezed = Squeezed.of(chunk.samples, voiced)
        found, spoken, probability = self.transcribe(squeezed.samples, squeezed.clips, language)
        if language is None and probability > SURE_OF_LANGUAGE:
            self._keep_language(chunk.end, spoken)
        heard = list(credible(found))
        for _ in range(2):
            rests = [rest for clip in squeezed.clips if (rest := squeezed.unheard(clip, heard))]
            if not rests:
                break
            found, _, _ = self.transcribe(squeezed.samples, rests, spoken)
            heard = sorted([*heard, *credible(found)], key=lambda segment: segment.start)
        return joined(
            Utterance(Span(chunk.start + start, chunk.start + end), text, min(math.exp(segment.avg_logprob), 1.0))
            for segment in heard
            for start, end, text in squeezed.sentences(segment.start, segment.end, segment.text)
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
        self.threads = threads or max(_cores() // 2, 1)
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


def windows(chunks: Iterable["AudioChunk"], target: float = WINDOW) -> Iterator["AudioChunk"]:
    """Cut a stream of sound anew, in the longest pause before each `target` seconds, so that no word is cut.

    Where a window begins is all that decides where it ends: a stream that begins at a window's start gives the same
    windows from there on. Memory holds one window and one chunk.

    Args:
        chunks: sound that follows on without gaps.
        target: most seconds in a window; the pause is looked for in its last fifth.
    """
    from ...media.audio import AudioChunk

    most = round(target * RATE)
    start: float | None = None
    held: list[np.ndarray] = []
    for chunk in chunks:
        start = chunk.start if start is None else start
        held.append(chunk.samples)
        while sum(map(len, held)) >= most:
            samples = np.concatenate(held)
            cut = most * 4 // 5
            cut += quietest(samples[cut:most])
            yield AudioChunk(start, samples[:cut])
            start, held = start + cut / RATE, [samples[cut:]]
    if start is not None and (samples := np.concatenate(held)).size:
        yield AudioChunk(start, samples)


def speech_records(video: str, utterances: Iterable[Utterance], source: str) -> list[Record]:
    """One record an utterance."""
    return [
        Record.of(video, said.span, Spoken(said.text, said.words, said.language), said.score, source)
        for said in utterances
    ]


def voice(samples: np.ndarray) -> list[tuple[int, int]]:
    """Where Silero VAD hears a voice: sample ranges, in order, with at least `PAUSE` seconds between them."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=round(PAUSE * 1000),
        min_speech_duration_ms=200,  # a click is not a word
        max_speech_duration_s=CLIP - KEPT_PAUSE,
        speech_pad_ms=0,
    )
    return [(found["start"], min(found["end"], len(samples))) for found in get_speech_timestamps(samples, options)]


def quietest(samples: np.ndarray) -> int:
    """The sample in the middle of the longest pause, or of the least voiced moment if there is no pause."""
    from faster_whisper.vad import get_vad_model

    step = 512
    if len(samples) < step:
        return len(samples)
    # On a copy: the model writes into what it is given.
    voiced = get_vad_model()(samples[: len(samples) // step * step].copy()).reshape(-1)
    quiet = np.flatnonzero(np.diff(np.concatenate([[False], voiced < 0.35, [False]]).astype(int)))
    if not quiet.size:
        return int(np.argmin(voiced)) * step + step // 2
    begins, ends = quiet[::2], quiet[1::2]
    longest = int(np.argmax(ends - begins))
    return int(begins[longest] + ends[longest]) * step // 2


@dataclass(frozen=True, slots=True)
class Pause:
    """Where nobody speaks, in seconds of the squeezed sound and of the original."""

    squeezed: Span
    original: Span

    @property
    def middle(self) -> float:
        return (self.squeezed.start + self.squeezed.end) / 2

    def distance(self, time: float) -> float:
        """Seconds from a time in the squeezed sound."""
        return max(self.squeezed.start - time, time - self.squeezed.end, 0.0)


@dataclass(frozen=True, slots=True)
class Squeezed:
    """Speech with its long pauses shortened, and the way back to the times it had."""

    samples: np.ndarray
    clips: list[Span]
    """What Whisper reads in one pass, in seconds of `samples`."""
    pauses: list[Pause]
    """Before the first voice, between voices, and after the last."""

    @classmethod
    def of(cls, samples: np.ndarray, voiced: list[tuple[int, int]]) -> "Squeezed":
        """Take the voiced ranges and a little of the pauses around them."""
        half = round(KEPT_PAUSE * RATE / 2)
        edges = [0, *(edge for stretch in voiced for edge in stretch), len(samples)]
        kept: list[np.ndarray] = []
        pauses: list[Pause] = []
        clips: list[Span] = []
        placed = clip = 0
        for number, (quiet, speaks) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
            last = number == len(voiced)
            before = 0 if number == 0 else min(half, (speaks - quiet) // 2)
            after = 0 if last else min(half, speaks - quiet - before)
            squeezed = Span(placed / RATE, (placed + before + after) / RATE)
            pauses.append(Pause(squeezed, Span(quiet / RATE, speaks / RATE)))
            kept += [samples[quiet : quiet + before], samples[speaks - after : speaks]]
            placed += before
            stretch = 0 if last else voiced[number][1] - voiced[number][0]
            long = number > 0 and speaks - quiet > LONG_PAUSE * RATE
            if placed > clip and (last or long or placed + after + stretch + half - clip > CLIP * RATE):
                clips.append(Span(clip / RATE, placed / RATE))
                clip = placed
            placed += after + stretch
            if not last:
                kept.append(samples[slice(*voiced[number])])
        return cls(np.concatenate(kept), clips, pauses)

    def sentences(self, start: float, end: float, text: str) -> Iterator[tuple[float, float, str]]:
        """A segment of Whisper as one sentence or several, with times in the original sound.

        Its sentences are told apart by their full stops, where there is a pause about when the share of the letters
        says that one ends. Beginnings and ends move to the pause nearest to them.
        """
        parts = re.split(r"(?<=[.?!…])\s+(?=\S)", text.strip())
        letters = sum(map(len, parts))
        begun, words, share = start, "", 0
        for part in parts[:-1]:
            words, share = f"{words} {part}".strip(), share + len(part)
            ends = start + (end - start) * share / letters
            pause = self._nearest(ends)
            if begun < pause.squeezed.start and pause.squeezed.end < end and pause.distance(ends) <= STRAY:
                ends = pause.middle
            elif ends - begun < LONGEST:
                continue
            yield (*self.original(begun, ends), words)
            begun, words = ends, ""
        words = f"{words} {parts[-1]}".strip()
        yield (*self.original(begun, end), words)

    def original(self, start: float, end: float) -> tuple[float, float]:
        """Times in the original sound, moved to where the voice begins and ends near them."""
        length = self.pauses[-1].squeezed.end  # Whisper may go on into the silence that fills its window
        start, end = min(start, length), min(end, length)
        first, last = self._nearest(start), self._nearest(end)
        begins = first.original.end if first.distance(start) <= SNAP else self._unmoved(start)
        ends = last.original.start if last.distance(end) <= SNAP else self._unmoved(end)
        return begins, max(begins, ends)

    def unheard(self, clip: Span, found: Iterable[Any]) -> Span | None:
        """What is left of a clip whose transcript ends too early: Whisper sometimes stops before the last sentence."""
        heard = max((segment.end for segment in found if clip.contains(segment.start)), default=None)
        if heard is None:
            return None
        pause = self._nearest(heard)
        start = pause.middle if pause.distance(heard) <= SNAP else heard
        return Span(start, clip.end) if clip.end - start > UNHEARD else None

    def _nearest(self, time: float) -> Pause:
        return min(self.pauses, key=lambda pause: pause.distance(time))

    def _unmoved(self, time: float) -> float:
        before = max((pause for pause in self.pauses if pause.squeezed.end <= time), key=lambda pause: pause.squeezed)
        return before.original.end + time - before.squeezed.end


def credible(segments: Iterable[Any]) -> Iterator[Any]:
    """Whisper's segments without what it makes up where nothing is said: empty, repeated, or against its own limits."""
    before = ""
    for segment in segments:
        text = segment.text.strip()
        repeated = text == before and len(text.split()) > 3
        silent = segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNSURE
        if re.search(r"\w", text) and not repeated and not silent and segment.compression_ratio <= REPETITIVE:
            before = text
            yield segment


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
            whole[-1] = Utterance(span, f"{before.text} {said.text}", min(before.score, said.score))
        else:
            whole.append(said)
    return whole


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
