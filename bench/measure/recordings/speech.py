"""How well, how fast and how exactly in time the speech recognisers hear the made lectures.

python -m vidscout.bench.measure.recordings.speech [--lectures 6]

Prints Markdown. "× real time" is seconds of sound a second of one core's time, which other work on the machine disturbs
little; compare within one run. The rows without a name are faster-whisper as it comes, on the same sound.
"""

import argparse
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....tools.media.audio import AudioChunk, audio
from ....tools.perception.speech.faster_whisper import FasterWhisper
from ....tools.perception.speech.voice_activity import windows
from ....tools.records import Span, Utterance
from ....tools.runtime.backend import backend
from ....tools.weights import catalogue as weights
from ...data.lecture import LECTURES, made

IN_TIME = 0.5
"""Seconds by which an utterance may begin early or late."""

Hear = Callable[[AudioChunk], list[Utterance]]


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A lecture's sound, and what is said in it."""

    windows: list[AudioChunk]
    sentences: list[tuple[Span, str]]


def lectures(count: int) -> list[SpokenLine]:
    """The sound of the made lectures as an ingest would hear it: out of the video file, in windows."""
    return [
        SpokenLine(
            list(windows(audio(made(number)))), [(Span(s.start, s.end), s.text) for s in LECTURES[number].sentences()]
        )
        for number in range(count)
    ]


def word_errors(expected: Sequence[str], heard: Sequence[str]) -> float:
    """Word error rate: substitutions, deletions and insertions by words that were said. Case and signs do not count.

    >>> word_errors(["It was cold."], ["it was gold today"])
    0.6666666666666666
    """
    said, got = _words(expected), _words(heard)
    row = list(range(len(got) + 1))
    for line, word in enumerate(said, 1):
        before, row[0] = row[0], line
        for place, other in enumerate(got, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (word != other))
    return row[-1] / max(len(said), 1)


def measure(hear: Hear, spoken: Sequence[SpokenLine]) -> dict[str, Any]:
    """One row of the table: speed, errors and times over some lectures."""
    hear(spoken[0].windows[0])  # the first call allocates
    cores, wall = time.process_time(), time.perf_counter()
    heard = [[said for window in one.windows for said in hear(window)] for one in spoken]
    cores, wall = time.process_time() - cores, time.perf_counter() - wall
    seconds = sum(window.end - window.start for one in spoken for window in one.windows)
    expected = [text for one in spoken for _, text in one.sentences]
    late = [
        min((abs(said.span.start - span.start) for said in found), default=99.0)
        for one, found in zip(spoken, heard, strict=True)
        for span, _ in one.sentences
    ]
    ends = [
        min((abs(said.span.end - span.end) for said in found), default=99.0)
        for one, found in zip(spoken, heard, strict=True)
        for span, _ in one.sentences
    ]
    utterances = [said for found in heard for said in found]
    return {
        "× real time a core": f"{seconds / cores:.1f}",
        "× real time": f"{seconds / wall:.1f}",
        "cores": f"{cores / wall:.2f}",
        "word error rate": f"{word_errors(expected, [said.text for said in utterances]):.3f}",
        "utterances / sentences": f"{len(utterances)} / {len(expected)}",
        "longest s": f"{max(said.span.duration for said in utterances):.1f}",
        "start off by, median and 95 % s": _spread(late),
        "end off by, median and 95 % s": _spread(ends),
        f"starts within {IN_TIME} s": f"{sum(off <= IN_TIME for off in late)} / {len(late)}",
    }


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f}, {float(np.percentile(seconds, 95)):.2f}"


def ours(name: str, **options: Any) -> Hear:
    """How a recogniser of this package hears, by its backend's name and options."""
    tool = backend("speech", name)(**options)
    assert isinstance(tool, FasterWhisper)
    tool.ready()
    return lambda window: tool.run([window])[0]


def as_it_comes(model: str, batched: bool, **options: Any) -> Hear:
    """faster-whisper's own voice filter and segments."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    whisper = WhisperModel(
        str(weights.folder(model)), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
    )
    reader: Any = BatchedInferencePipeline(whisper) if batched else whisper

    def hear(window: AudioChunk) -> list[Utterance]:
        segments, _ = reader.transcribe(
            window.samples,
            language="en",
            temperature=0.0,
            vad_filter=True,
            condition_on_previous_text=False,
            without_timestamps=False,
            **options,
        )
        return [
            Utterance(
                Span(window.start + found.start, window.start + found.end), found.text, float(np.exp(found.avg_logprob))
            )
            for found in segments
        ]

    return hear


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lectures", type=int, default=len(LECTURES), choices=range(1, len(LECTURES) + 1))
    arguments = parser.parse_args()
    spoken = lectures(arguments.lectures)
    variants: dict[str, Callable[[], Hear]] = {
        "`faster-whisper`": lambda: ours("faster-whisper", threads=1),
        "`faster-whisper`, beam 5": lambda: ours("faster-whisper", threads=1, beam=5),
        "`faster-whisper`, words with times": lambda: ours("faster-whisper", threads=1, words=True),
        "`faster-whisper`, clips of 18 s": lambda: ours("faster-whisper", threads=1, clip=18.0),
        "`faster-whisper`, 2 threads": lambda: ours("faster-whisper", threads=2),
        "`faster-whisper-tiny-en`": lambda: ours("faster-whisper-tiny-en", threads=1),
        "base, one segment after another": lambda: as_it_comes("whisper-base-ct2", batched=False, beam_size=1),
        "base, one after another, beam 5": lambda: as_it_comes("whisper-base-ct2", batched=False, beam_size=5),
        "base, in batches": lambda: as_it_comes("whisper-base-ct2", batched=True, beam_size=1),
    }
    rows = {name: measure(make(), spoken) for name, make in variants.items()}
    head = ["recogniser", *next(iter(rows.values()))]
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for name, row in rows.items():
        print("| " + " | ".join([name, *row.values()]) + " |")


def _words(texts: Sequence[str]) -> list[str]:
    return re.sub(r"[^a-z0-9' ]", " ", " ".join(texts).lower()).split()


if __name__ == "__main__":
    main()
