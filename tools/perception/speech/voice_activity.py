"""Where somebody speaks: Silero VAD, sound cut in its pauses, and speech with its long pauses shortened."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ...payloads import Word
from ...records import Span
from .sentence_ends import ends_sentence

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

SNAP = 0.8
"""Seconds by which a time from Whisper is moved to the nearest pause."""

STRAY = 1.5
"""Seconds by which the share of the letters may miss the pause between two sentences."""

BETWEEN = 1.5
"""Seconds of a pause at a comma from which it stands between two sentences: a breath inside of one is shorter."""

UNHEARD = 1.5
"""Seconds at the end of a clip without a transcript that are worth another pass."""

LONG_PAUSE = 4.0
"""Seconds without voice that no sentence has in it. What lies beyond is heard in a pass of its own: it is often music
that only sounds like a voice, and in one pass with it Whisper leaves the sentence out or puts it there."""

LONGEST = 15.0
"""Seconds from which a sentence is not joined with the next, and a longer stretch is cut between its sentences."""


PIECE = 1.0, 6.0
"""Seconds of a piece of a clip that is heard by itself: at least, so that there is something to go by, and at most."""


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


def voice(samples: np.ndarray, longest: float = CLIP) -> list[tuple[int, int]]:
    """Where Silero VAD hears a voice: sample ranges, in order, with at least `PAUSE` seconds between them.

    Args:
        samples: mono at `RATE`.
        longest: seconds of a clip, in which a range and the pauses around it must fit; a longer one is cut.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=round(PAUSE * 1000),
        min_speech_duration_ms=200,  # a click is not a word
        max_speech_duration_s=longest - KEPT_PAUSE,
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
        """Seconds at its middle."""
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
    def of(cls, samples: np.ndarray, voiced: list[tuple[int, int]], clip_length: float = CLIP) -> "Squeezed":
        """Take the voiced ranges and a little of the pauses around them.

        Args:
            samples: mono at `RATE`.
            voiced: sample ranges, in order.
            clip_length: most seconds in a clip.
        """
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
            if placed > clip and (last or long or placed + after + stretch + half - clip > clip_length * RATE):
                clips.append(Span(clip / RATE, placed / RATE))
                clip = placed
            placed += after + stretch
            if not last:
                kept.append(samples[slice(*voiced[number])])
        return cls(np.concatenate(kept), clips, pauses)

    @property
    def stretches(self) -> list[Span]:
        """Where somebody speaks, in seconds of `samples`: from one pause to the next."""
        return [Span(one.squeezed.end, other.squeezed.start) for one, other in pairwise(self.pauses)]

    def voiced(self, span: Span) -> float:
        """Seconds of voice in a span of `samples`."""
        return sum(max(min(one.end, span.end) - max(one.start, span.start), 0.0) for one in self.stretches)

    def pieces(self, span: Span) -> list[Span]:
        """A span of `samples` cut in its longest pauses, and again where a piece is longer than `PIECE` allows.

        A pause counts as long from half of the longest on: between sentences, not inside one of them.
        """
        shortest, longest = PIECE
        inside = [p for p in self.pauses if span.start + shortest <= p.middle <= span.end - shortest]
        if inside:
            long = max(pause.original.duration for pause in inside) / 2
            cuts = [span.start]
            for pause in inside:
                if pause.original.duration >= long and pause.middle - cuts[-1] >= shortest:
                    cuts.append(pause.middle)
        elif span.duration > longest:
            latest = min(longest, span.duration - shortest)
            first, last = (round((span.start + seconds) * RATE) for seconds in (longest / 2, latest))
            cuts = [span.start, (first + quietest(self.samples[first:last])) / RATE]
        else:
            return [span]
        parts = [Span(start, end) for start, end in pairwise([*cuts, span.end])]
        return [piece for part in parts for piece in (self.pieces(part) if part.duration > longest else [part])]

    def in_one_language(self, spoken: Sequence[str]) -> dict[Span, str]:
        """The clips, cut once more in the pauses where the language changes, with the language of each.

        Args:
            spoken: the language of each of the stretches.
        """
        found: dict[Span, str] = {}
        at = 0
        for clip in self.clips:
            start = clip.start
            first, at = at, at + sum(clip.start <= (one.start + one.end) / 2 < clip.end for one in self.stretches)
            for number in range(first + 1, at):
                if spoken[number] != spoken[number - 1]:
                    found[Span(start, self.pauses[number].middle)] = spoken[number - 1]
                    start = self.pauses[number].middle
            found[Span(start, clip.end)] = spoken[at - 1]
        return found

    def sentences(
        self, start: float, end: float, text: str, words: Sequence[Word] = ()
    ) -> Iterator[tuple[float, float, str, list[Word]]]:
        """A segment of Whisper as one sentence or several, with times in the original sound.

        Its sentences are told apart by their full stops, where there is a pause about when the last word ends, or,
        without times of words, when the share of the letters says so; by commas too, which Whisper may write between
        sentences, where that pause lasts `BETWEEN`. Beginnings and ends move to the nearest pause.

        Args:
            start: seconds of the squeezed sound.
            end: likewise.
            text: all that is said in between.
            words: the same word by word, in seconds of the squeezed sound.
        """
        parts = re.split(r"(?<=[.?!…。？！,;،、，；])\s+(?=\S)", text.strip())
        letters = sum(map(len, parts))
        begun, said, own, share, used = start, "", [], 0, 0
        for number, part in enumerate(parts, 1):
            said, share = f"{said} {part}".strip(), share + len(part)
            more, used = words_of(part, words, used)
            own += more
            if number < len(parts):
                ends = own[-1].end if own else start + (end - start) * share / letters
                if part[-1] == "." and not ends_sentence(part):
                    continue
                comma = part[-1] in ",;،、，；"
                pause = self._nearest(ends, BETWEEN if comma else 0.0)
                apart = begun < pause.squeezed.start and pause.squeezed.end < end
                if apart and pause.distance(ends) <= (SNAP if own else STRAY):
                    ends = pause.middle
                elif comma or ends - begun < LONGEST:
                    continue
            else:
                ends = end
            begins, stops = self.original(begun, ends)
            yield begins, stops, said, [self._placed(word, begins, stops) for word in own]
            begun, said, own = ends, "", []

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

    def apart(self, end: float, start: float) -> bool:
        """Whether what ends and what starts at these times of the squeezed sound have a pause between them."""
        near = [pause for pause in self.pauses if pause.distance(end) <= SNAP and pause.distance(start) <= SNAP]
        return start - end > SNAP or bool(near)

    def _nearest(self, time: float, lasting: float = 0.0) -> Pause:
        """The nearest pause to a time in the squeezed sound, of those that last so many seconds, or of all."""
        long = [pause for pause in self.pauses if pause.original.duration >= lasting]
        return min(long or self.pauses, key=lambda pause: pause.distance(time))

    def _unmoved(self, time: float) -> float:
        before = max((pause for pause in self.pauses if pause.squeezed.end <= time), key=lambda pause: pause.squeezed)
        return before.original.end + time - before.squeezed.end

    def _placed(self, word: Word, begins: float, stops: float) -> Word:
        """A word with its times in the original sound, inside its sentence."""
        first, last = self._nearest(word.start), self._nearest(word.end)
        start = first.original.end if first.distance(word.start) == 0 else self._unmoved(word.start)
        end = last.original.start if last.distance(word.end) == 0 else self._unmoved(word.end)
        start = min(max(start, begins), stops)
        return replace(word, text=word.text.strip(), start=start, end=min(max(end, start), stops))


def words_of(text: str, words: Sequence[Word], first: int) -> tuple[list[Word], int]:
    """The words from `first` on that make up a text, and which word comes next.

    >>> words_of("Go on.", [Word(" Go", 0, 1), Word(" on.", 1, 2), Word(" Why?", 3, 4)], 0)[1]
    2
    """
    letters = sum(not letter.isspace() for letter in text)
    last = first
    while letters > 0 and last < len(words):
        letters -= sum(not letter.isspace() for letter in words[last].text)
        last += 1
    return list(words[first:last]), last
