"""How quick the index is: opening it, asking about one hour of video, and asking across many videos.

python -m vidscout.bench.measure.machine.index [--videos 50] [--records 2000] [--kept]

Texts are drawn from a vocabulary with Zipf's frequencies, vectors (384 numbers, as MiniLM's) from clusters. The first
part is one hour: 3,600 frames and 3,000 records. The second is `videos` × `records`, 100,000 records by default, which
take most of the time to write.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ....tools.index.video_index import VideoIndex
from ....tools.payloads import Caption, Labels, Modality, Payload, Spoken, Tag, TextLines
from ....tools.records import Record, Span

SIZE, TOPICS, WORDS = 384, 200, 20_000
HOUR, RECORDS = 3600, 3000
KINDS: list[Callable[[str], Payload]] = [
    Spoken,
    lambda text: TextLines((text,)),
    lambda text: Labels((Tag(text, 0.5),)),
    Caption,
]

COLD = """
import sys, time
from pathlib import Path
import chromadb, numpy
from vidscout.tools.index.video_index import VideoIndex
query = numpy.random.default_rng(9).standard_normal(384)
began = time.perf_counter()
index = VideoIndex(Path(sys.argv[1]))
opened = time.perf_counter()
index.search("w12 w345 w6789", query, videos=[sys.argv[2]] if len(sys.argv) > 2 else None)
print(opened - began, time.perf_counter() - opened)
"""


class Maker:
    """Draws texts and vectors that look like those of real records."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.topics = self.rng.standard_normal((TOPICS, SIZE))
        frequency = 1 / np.arange(1, WORDS + 1)
        self.frequency = frequency / frequency.sum()

    def vectors(self, rows: int) -> np.ndarray:
        """Random unit vectors, (rows, 384) float32."""
        return self.topics[self.rng.integers(0, TOPICS, rows)] + 0.8 * self.rng.standard_normal((rows, SIZE))

    def text(self, words: int = 12) -> str:
        """A text of so many random words."""
        return " ".join(f"w{word}" for word in self.rng.choice(WORDS, words, p=self.frequency))

    def question(self) -> str:
        """Six words, none of the hundred most frequent, which stand for the stop words that search leaves out."""
        return " ".join([word for word in self.text(60).split() if int(word[1:]) >= 100][:6])

    def records(self, video: str, rows: int) -> list[Record]:
        """So many records of a video, four seconds each."""
        starts = np.sort(self.rng.uniform(0, HOUR, rows))
        return [
            Record.of(video, Span(float(at), float(at) + 4), KINDS[row % 4](self.text()), 0.9, "bench/1")
            for row, at in enumerate(starts)
        ]


def row(name: str, seconds: list[float]) -> None:
    """Print the median and the worst of some timings, in milliseconds."""
    print(f"| {name} | {statistics.median(seconds) * 1e3:.1f} | {sorted(seconds)[-1 - len(seconds) // 20] * 1e3:.1f} |")


def measure(name: str, ask: Callable[[], object], times: int = 40) -> None:
    """Print median and 95th percentile of a call in milliseconds, after a first one that is not counted."""
    ask()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    row(name, seconds)


def cold(name: str, home: Path, *video: str) -> None:
    """Print what opening and the first search take in a process that has only just imported its libraries."""
    runs = [
        [float(seconds) for seconds in subprocess.check_output([sys.executable, "-c", COLD, home, *video]).split()]
        for _ in range(3)
    ]
    row(f"{name}: open", [opened for opened, _ in runs])
    row(f"{name}: first hybrid search", [searched for _, searched in runs])


def one_hour(home: Path, maker: Maker) -> None:
    """Time questions to one hour of video."""
    with VideoIndex(home) as index:
        began = time.perf_counter()
        index.add(maker.records("hour", RECORDS), maker.vectors(RECORDS))
        print(f"{RECORDS} records written in {time.perf_counter() - began:.1f} s,", end=" ")
        began = time.perf_counter()
        for first in range(0, HOUR, 100):
            index.add_frames("hour", range(first, first + 100), maker.vectors(100), [b"x" * 20_000] * 100)
        print(
            f"{HOUR} frames in {time.perf_counter() - began:.1f} s\n\n| one hour | median ms | 95 % ms |\n|---|---|---|"
        )
    cold("new process", home, "hour")
    with VideoIndex(home) as index:
        began = time.perf_counter()
        index.frame_similarities(maker.vectors(1)[0], "hour")
        row("whole curve, first time", [time.perf_counter() - began])
        minute, about = Span(1800, 1860), ["hour"]
        query = lambda: maker.vectors(1)[0]  # noqa: E731 - another one each time
        measure("words", lambda: index.search(maker.question(), videos=about))
        measure("meaning", lambda: index.search(vector=query(), videos=about))
        measure("hybrid", lambda: index.search(maker.question(), query(), videos=about))
        measure("hybrid, within a minute", lambda: index.search(maker.question(), query(), videos=about, within=minute))
        one = [Modality.SCREEN_TEXT]
        measure("hybrid, one modality", lambda: index.search(maker.question(), query(), videos=about, modalities=one))
        measure("32 frames", lambda: index.search_frames(query(), videos=about))
        measure("32 frames within a minute", lambda: index.search_frames(query(), videos=about, within=minute))
        measure("whole curve", lambda: index.frame_similarities(query(), "hour"))
        row("CPU of a whole curve while another video is read", beside_a_reading(index, maker))
        measure("timeline of a minute", lambda: index.timeline("hour", within=minute))


def beside_a_reading(index: VideoIndex, maker: Maker, batches: int = 20) -> list[float]:
    """CPU seconds of this process for a curve after each batch of frames that is written to another video."""
    seconds = []
    for batch in range(batches):
        index.add_frames("being-read", range(4 * batch, 4 * batch + 4), maker.vectors(4), [b"x" * 20_000] * 4)
        query, began = maker.vectors(1)[0], time.process_time()
        index.frame_similarities(query, "hour")
        seconds.append(time.process_time() - began)
    index.delete("being-read")
    return seconds


def frames_written(home: Path, frames: int = 640) -> None:
    """Print what keeping frames costs by how many are written together, turn by turn in one run."""
    took: dict[int, list[float]] = {4: [], 64: []}
    with VideoIndex(home) as index:
        for turn in range(4):
            for size, seconds in took.items():
                video = f"kept-{size}-{turn}"
                index.library.journal.begin(video, "thumbnails", "measured/1")
                began = time.process_time()
                for first in range(0, frames, size):
                    times = [float(at) for at in range(first, first + size)]
                    index.add_frames(video, times, {}, [b"x" * 20_000] * size)
                    index.library.journal.append(video, "thumbnails", [(at, b"") for at in times], times[-1])
                seconds.append((time.process_time() - began) / frames)
                index.delete(video)
    print("\n| pictures kept | median ms CPU a picture |\n|---|---|")
    for size, seconds in took.items():
        print(f"| {size} at a time | {statistics.median(seconds) * 1e3:.2f} |")


def many_videos(home: Path, maker: Maker, videos: int, records: int) -> None:
    """Time questions across many videos."""
    with VideoIndex(home) as index:
        began = time.perf_counter()
        for number in range(videos):
            index.add(maker.records(f"video-{number:03}", records), maker.vectors(records))
        print(f"\n{videos * records} records of {videos} videos written in {time.perf_counter() - began:.0f} s")
    print(f"\n| {videos} videos, {videos * records} records | median ms | 95 % ms |\n|---|---|---|")
    cold("new process, one video", home, "video-007")
    cold("new process, all videos", home)
    with VideoIndex(home) as index:
        query = lambda: maker.vectors(1)[0]  # noqa: E731 - another one each time
        measure("words, all videos", lambda: index.search(maker.question()))
        measure("meaning, all videos", lambda: index.search(vector=query()))
        measure("hybrid, all videos", lambda: index.search(maker.question(), query()))
        measure("hybrid, one video", lambda: index.search(maker.question(), query(), videos=["video-007"]))
        began = time.perf_counter()
        index.delete("video-007")
        row("delete a video", [time.perf_counter() - began])
        began = time.perf_counter()
        index.forget("video-008")
        index.remove_remnants()
        row("forget a video, databases rewritten", [time.perf_counter() - began])
    size = sum(part.stat().st_size for part in home.rglob("*") if part.is_file())
    print(f"\n{size / 2**20:.0f} MiB on disk")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=50)
    parser.add_argument("--records", type=int, default=2000, help="a video, of the second part")
    parser.add_argument("--kept", action="store_true", help="only what keeping pictures costs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vidscout-bench-") as folder:
        if arguments.kept:
            frames_written(Path(folder) / "kept")
            return
        one_hour(Path(folder) / "hour", Maker())
        if arguments.videos:
            many_videos(Path(folder) / "many", Maker(1), arguments.videos, arguments.records)


if __name__ == "__main__":
    main()
