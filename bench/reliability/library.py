"""A library of thousands of videos: how long a search in all of them takes, and what it holds in memory."""

import statistics
import time
from pathlib import Path

import numpy as np

from ...tools.index.video_index import VideoIndex
from ...tools.payloads import Spoken, TextLines
from ...tools.records import Record, Span
from .cycles import usage

SIZE = 256
"""Numbers in each vector, as EmbeddingGemma's are cut to."""
WORDS = 20_000


def fill(index: VideoIndex, videos: int, records: int, rng: np.random.Generator) -> None:
    """Write records and vectors through the index."""
    for number in range(videos):
        video = f"video{number:05d}"
        words = rng.zipf(1.3, (records, 8)) % WORDS
        said = [
            Record.of(
                video,
                Span(at, at + 4),
                (Spoken if at % 3 else lambda text: TextLines((text,)))(" ".join(f"w{word}" for word in row)),
                0.9,
                "bench/1",
            )
            for at, row in enumerate(words)
        ]
        index.add(said, rng.standard_normal((records, SIZE)).astype(np.float32))


def run(folder: Path, videos: int, records: int, questions: int = 15) -> tuple[float, float]:
    """Fill a library and search all of it; median seconds of a warm search, and MiB that are resident.

    Args:
        folder: an empty one.
        videos: how many.
        records: of each.
        questions: that are searched for.
    """
    rng = np.random.default_rng(0)
    began = time.perf_counter()
    with VideoIndex(folder / "home") as index:
        fill(index, videos, records, rng)
    wrote = time.perf_counter() - began
    with VideoIndex(folder / "home") as index:
        before = usage().memory
        seconds = []
        for _ in range(questions):
            text = " ".join(f"w{word}" for word in rng.zipf(1.3, 4) % WORDS)
            began = time.perf_counter()
            index.search(text, rng.standard_normal(SIZE).astype(np.float32), k=10)
            seconds.append(time.perf_counter() - began)
        held = usage().memory
    warm = statistics.median(seconds[1:])
    print(
        f"{videos} videos × {records} records, written in {wrote:.0f} s: search all {seconds[0]:.2f} s the first time, "
        f"{warm * 1000:.0f} ms warm (median of {questions - 1}); {before:.0f} → {held:.0f} MiB",
        flush=True,
    )
    return warm, held
