"""Whisper in CTranslate2, with the features and tokens of the faster-whisper library: the embedded recogniser."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from ...errors import UsageError
from ...payloads import Word
from ...records import Span
from ...runtime.cores import cores
from ...weights import catalogue as weights
from .recogniser import REPETITIVE, UNSURE, Segment, Sound, Task, WhisperOnVoice
from .voice_activity import CLIP, RATE, words_of
from .whisper_tokens import MAX_TOKENS, repetitive, timed

if TYPE_CHECKING:
    import ctranslate2

TAIL = 1.0
"""Seconds of silence behind a clip that the encoder hears on a CPU; the original always fills up to 30 s."""

FULL = 30.0
"""Seconds of a full encoder pass."""

FRAMES = 100
"""Mel frames a second; the encoder keeps every other one."""

BATCH = 2
"""Clips that are decoded together on a CPU: the decoder's weights are then read once for both. More cost memory."""

BATCH_ON_GPU = 16
"""Clips that are encoded and decoded together on a GPU."""

SURE_OF_PART = 0.7
"""Probability from which the language of a stretch is believed that is found out from its part of the clip's encoding,
which has heard the other languages of the clip too. Otherwise the stretch is encoded by itself, which costs ten times
as much; of made sentences in five languages, one language after another, the one tells 35 of 39, the other all."""

PART = 3.0
"""Seconds of a stretch from which its language is found out, where it is encoded by itself."""

LEAD = 0.2
"""Seconds before a stretch that are heard with it."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class FasterWhisper(WhisperOnVoice):
    """Whisper in CTranslate2.

    On a CPU the encoder is not given 30 s whatever was said, as the original is, but a clip and a second of silence.
    A clip whose transcript breaks off, goes in circles or is unlikely is heard again in a full pass.
    """

    name = "faster-whisper"
    requires = ("faster_whisper",)
    weights: ClassVar[tuple[str, ...]] = ("whisper-base-ct2",)

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        language: str | None = None,
        vocabulary: str | None = None,
        translate: bool = False,
        device: str = "cpu",
        compute_type: str = "int8",
        threads: int | None = None,
        beam: int = 1,
        words: bool = False,
        clip: float = CLIP,
    ) -> None:
        """Choose the model and how it runs.

        Args:
            model: an entry of the weights' catalogue, or a folder or hub name that faster-whisper can load.
            language, vocabulary, translate: as in `WhisperOnVoice`.
            device: `cpu` or `cuda`.
            compute_type: CTranslate2's number format.
            threads: CPU threads, each with clips of its own; by default as many as there are cores, at most 4.
            beam: beams of the search; 5 is more careful and slower.
            words: whether each word is given its time, which costs a further pass of the decoder: 7 % of the time.
            clip: most seconds of sound in one encoder pass, up to 28. With 18 a core is about 1.5 × as fast, since
                attention over 30 s does not fit most CPUs' caches (72 MB in the base model), but of the made lectures'
                words 7.0 % are wrong instead of 5.3 %, because less is heard around each of them.
        """
        super().__init__(language, vocabulary, translate=translate)
        self.model = model or self.weights[0]
        self.device = device
        self.compute_type = compute_type
        self.threads = threads or min(cores(), 4)
        self.beam = beam
        self.words = words
        self.clip = clip
        self._whisper: Any = None

    @property
    def source(self) -> str:
        return f"faster-whisper/{Path(self.model).name}.{self.version}{self.told}"

    def setup(self) -> None:
        from faster_whisper import WhisperModel

        known = isinstance(self.model, str) and self.model in weights.entries()
        self._whisper = WhisperModel(
            str(weights.folder(str(self.model)) if known else self.model),
            device=self.device,
            compute_type=self.compute_type,
            cpu_threads=1 if self.device == "cpu" else self.threads,
            num_workers=self.threads if self.device == "cpu" else 1,
            local_files_only=known,
        )
        if not self._whisper.model.is_multilingual and (self.languages not in ((), ("en",)) or self.translate):
            raise UsageError(
                f"{Path(self.model).name} hears English only: leave the language out, or take another model"
            )

    def close(self) -> None:
        super().close()
        self._whisper = None

    def guess(self, sound: Sound, clips: Sequence[Span], stretches: Sequence[Span]) -> Sequence[Mapping[str, float]]:
        if not self._whisper.model.is_multilingual:
            return [{"en": 1.0}] * len(stretches)
        if self.device != "cpu":  # where encoding costs next to nothing
            parts = [self._part(stretch) for stretch in stretches]
            many = [parts[first : first + BATCH_ON_GPU] for first in range(0, len(parts), BATCH_ON_GPU)]
            return [one for part in many for one in self._likely(self._encoded(sound, part, PART + TAIL))]

        def in_batch(batch: Sequence[Span]) -> dict[Span, Mapping[str, float]]:
            encoded = sound.known[tuple(batch)] = self._encoded(sound, batch, self._seconds(batch))
            rows = np.array(encoded)
            return {
                stretch: self._guess_part(sound, clip, row, stretch)
                for clip, row in zip(batch, rows, strict=True)
                for stretch in stretches
                if clip.contains((stretch.start + stretch.end) / 2)
            }

        found = {stretch: one for part in self._each(in_batch, self._batches(clips)) for stretch, one in part.items()}
        return [found[stretch] for stretch in stretches]

    def _guess_part(self, sound: Sound, clip: Span, states: np.ndarray, stretch: Span) -> Mapping[str, float]:
        """The languages of a stretch, by its part of its clip's encoding and the silence behind, (frames, width)."""
        import ctranslate2

        first = max(round((stretch.start - LEAD - clip.start) * FRAMES / 2), 0)
        last = round((stretch.end - clip.start) * FRAMES / 2)
        silence = states[-round(TAIL * FRAMES / 2) :]
        part = np.ascontiguousarray(np.concatenate([states[first:last], silence])[None])
        [likely] = self._likely(ctranslate2.StorageView.from_array(part))
        if max(likely.values()) >= SURE_OF_PART:
            return likely
        [likely] = self._likely(self._encoded(sound, [self._part(stretch)], PART + TAIL))
        return likely

    @staticmethod
    def _part(stretch: Span) -> Span:
        return Span(max(stretch.start - LEAD, 0.0), min(stretch.end, stretch.start - LEAD + PART))

    def _likely(self, encoded: "ctranslate2.StorageView") -> list[dict[str, float]]:
        """The probability of each language in each of the encodings."""
        found = self._whisper.model.detect_language(encoded)
        return [{token.strip("<|>"): probability for token, probability in one} for one in found]

    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> Sequence[Sequence[Segment]]:
        spoken = dict(zip(clips, languages, strict=True))
        batches = [list(batch) for batch in sound.known if len({spoken.get(clip) for clip in batch} - {None}) == 1]
        batches = [batch for batch in batches if all(clip in spoken for clip in batch)]
        left = [clip for clip in clips if not any(clip in batch for batch in batches)]
        for language in sorted({spoken[clip] for clip in left}):
            batches += self._batches([clip for clip in left if spoken[clip] == language])
        decoded = self._each(lambda batch: self._decoded(sound, batch, spoken[batch[0]], task), batches)
        found = {
            clip: segments
            for batch, part in zip(batches, decoded, strict=True)
            for clip, segments in zip(batch, part, strict=True)
        }
        return [found[clip] for clip in clips]

    def _each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """The work on each of the items, on as many threads as may be used."""
        if self.device != "cpu" or self.threads < 2 or len(items) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(self.threads, len(items))) as pool:
            return [asked.result() for asked in [pool.submit(copy_context().run, work, item) for item in items]]

    def _batches(self, clips: Sequence[Span]) -> list[list[Span]]:
        """Clips that are heard together: of like length, since all are filled up to the longest, the longest first;
        and on a CPU so many batches that every thread has as many."""
        ordered = sorted(clips, key=lambda clip: -clip.duration)
        if self.device != "cpu":
            return [ordered[first : first + BATCH_ON_GPU] for first in range(0, len(ordered), BATCH_ON_GPU)]
        if not ordered:
            return []
        needed = math.ceil(len(ordered) / BATCH)
        count = min(math.ceil(needed / self.threads) * self.threads, len(ordered))
        size, larger = divmod(len(ordered), count)
        edges = [number * size + min(number, larger) for number in range(count + 1)]
        return [ordered[first:end] for first, end in pairwise(edges)]

    def _seconds(self, clips: Sequence[Span]) -> float:
        """How much sound an encoder pass takes for these clips."""
        longest = math.ceil(max(clip.duration for clip in clips))
        return min(longest + TAIL, FULL) if self.device == "cpu" else FULL

    def _encoded(self, sound: Sound, clips: Sequence[Span], seconds: float) -> "ctranslate2.StorageView":
        """The encoder's view of clips, each followed by silence up to `seconds`: (clips, seconds * 50, width).

        On a CPU one after another: attention over two at once has no room in its caches.
        """
        import ctranslate2

        features = np.stack([self._features(sound.of(clip), seconds) for clip in clips])
        if self.device != "cpu" or len(clips) == 1:
            return self._whisper.encode(features)
        rows = [np.array(self._whisper.encode(row[None])) for row in features]
        return ctranslate2.StorageView.from_array(np.concatenate(rows))

    def _features(self, samples: np.ndarray, seconds: float) -> np.ndarray:
        """The mel spectrogram of a clip and the silence after it, (mels, seconds * 100)."""
        padded = np.pad(samples, (0, max(round(seconds * RATE) - len(samples), 0)))
        return self._whisper.feature_extractor(padded)[:, : round(seconds * FRAMES)].astype(np.float32)

    def _decoded(self, sound: Sound, clips: Sequence[Span], language: str, task: Task) -> list[list[Segment]]:
        """What was said in clips; those whose transcript cannot be right are heard again in a full pass."""
        from faster_whisper.tokenizer import Tokenizer

        encoded = sound.known.get(tuple(clips))
        if encoded is None:
            encoded = self._encoded(sound, clips, self._seconds(clips))
        multilingual = self._whisper.model.is_multilingual
        tokenizer = Tokenizer(self._whisper.hf_tokenizer, multilingual, task=task, language=language)
        written = self._written(encoded, len(clips), tokenizer)
        aligned = self.words and task == "transcribe"
        words = self._words(encoded, clips, written, tokenizer) if aligned else [[] for _ in clips]
        found = []
        for clip, passage, timed_words in zip(clips, written, words, strict=True):
            if passage.wrong(tokenizer) and self._seconds([clip]) < FULL:
                full = self._encoded(sound, [clip], FULL)
                [passage] = self._written(full, 1, tokenizer)
                timed_words = self._words(full, [clip], [passage], tokenizer)[0] if aligned else []
            found.append(passage.segments(clip, timed_words, tokenizer))
        return found

    def _written(self, encoded: "ctranslate2.StorageView", count: int, tokenizer: Any) -> "list[_Passage]":
        from faster_whisper.transcribe import get_suppressed_tokens

        words = self.vocabulary or None
        prompt = self._whisper.get_prompt(tokenizer, [], without_timestamps=False, hotwords=words)
        results = self._whisper.model.generate(
            encoded,
            [prompt] * count,
            beam_size=self.beam,
            max_length=len(prompt) + MAX_TOKENS,
            suppress_tokens=get_suppressed_tokens(tokenizer, (-1,)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        passages = []
        for result in results:
            tokens = result.sequences_ids[0]
            passages.append(_Passage(tokens, result.scores[0] * len(tokens) / (len(tokens) + 1), result.no_speech_prob))
        return passages

    def _words(
        self, encoded: "ctranslate2.StorageView", clips: Sequence[Span], written: "Sequence[_Passage]", tokenizer: Any
    ) -> list[list[Word]]:
        """The words of each clip with their times, from where the decoder attends to (dynamic time warping)."""
        frames = [math.ceil(clip.duration) * FRAMES for clip in clips]
        texts = [passage.text(tokenizer) for passage in written]
        aligned = self._whisper.find_alignment(tokenizer, texts, encoded, frames)
        return [_timed_words(clip, words) for clip, words in zip(clips, aligned, strict=True)]


class FasterWhisperTiny(FasterWhisper):
    """The smallest English-only Whisper: about twice as fast, and misses more."""

    name = "faster-whisper-tiny-en"
    weights: ClassVar[tuple[str, ...]] = ("whisper-tiny-en-ct2",)


@dataclass(frozen=True, slots=True)
class _Passage:
    """What the decoder wrote about one clip."""

    tokens: list[int]
    likely: float
    """Mean log-probability of a token, the end included."""
    silent: float
    """Probability that nobody speaks."""

    def text(self, tokenizer: Any) -> list[int]:
        """Its tokens without timestamps."""
        return [token for token in self.tokens if token < tokenizer.eot]

    def wrong(self, tokenizer: Any) -> bool:
        """Whether it goes in circles, was cut off, or is unlikely, by Whisper's own limits."""
        return (
            len(self.tokens) >= MAX_TOKENS
            or self.likely < UNSURE
            or repetitive(tokenizer.decode(self.text(tokenizer))) > REPETITIVE
        )

    def segments(self, clip: Span, words: Sequence[Word], tokenizer: Any) -> list[Segment]:
        """Its stretches between timestamps, each with its words."""
        found, used = [], 0
        for start, end, tokens in timed(self.tokens, tokenizer.timestamp_begin, tokenizer.eot, clip.duration):
            text = tokenizer.decode(tokens)
            own, used = words_of(text, words, used)
            found.append(
                Segment(
                    clip.start + start,
                    clip.start + end,
                    text,
                    self.likely,
                    self.silent,
                    repetitive(text),
                    tuple(own),
                    tokenizer.language_code,
                )
            )
        return found


def _timed_words(clip: Span, aligned: Sequence[dict[str, Any]]) -> list[Word]:
    """Words on the clock of the sound, punctuation marks with the word that they follow."""
    words: list[Word] = []
    for one in aligned:
        start, end = (clip.start + min(float(one[edge]), clip.duration) for edge in ("start", "end"))
        if words and not re.search(r"\w", one["word"]):
            words[-1] = replace(words[-1], text=words[-1].text + one["word"])
        else:
            words.append(Word(one["word"], start, end, float(one["probability"])))
    return words
