"""What sampling costs over decoding: `media.frames` against a bare PyAV loop over the same file, run by turns.

    python -m vidscout.bench.measure.recordings.decode VIDEO [--rate 1] [--rounds 5] [--json]

The bare loop decodes every frame and does nothing with it. Both use the same decoder threads. The ratio is the median
over the rounds of one's time over the other's, so that a machine that slows down for a while slows both.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ....tools.errors import VidscoutError
from ....tools.media import video as media


@dataclass(frozen=True, slots=True)
class DecodeCost:
    """Times are seconds of wall clock, medians over the rounds."""

    video: str
    duration: float
    """Seconds of video."""
    size: str
    rate: float
    """Frames sampled a second."""
    threads: int
    rounds: int
    bare: float
    frames: float
    ratio: float
    """`frames` over `bare`; above 1, sampling costs more than decoding alone."""
    decoded: int
    """Pictures that `media.frames` decoded."""
    pictures: int
    """Pictures in the file."""

    def row(self) -> str:
        """A line for a Markdown table with the columns of HEADER."""
        return (
            f"| {self.video} | {self.size} | {self.duration:.0f} | {self.rate:g} | {self.duration / self.bare:.0f} × "
            f"| {self.duration / self.frames:.0f} × | {self.ratio:.2f} | {self.decoded} of {self.pictures} |"
        )


HEADER = (
    "| video | size | seconds | frames/s | bare, × real time | sampled, × real time | time ratio | decoded |\n"
    "|---|---|---|---|---|---|---|---|"
)


def measure(path: Path, rate: float = 1.0, longest_side: int = 1280, threads: int = 0, rounds: int = 5) -> DecodeCost:
    """Time both ways of reading a video by turns.

    Raises:
        MediaError: the file is not a video.
    """
    info = media.probe(path)
    stats = media.DecodeStats()
    pictures = _bare(path, threads)  # not timed: it warms the file cache
    bare, sampled = [], []
    for number in range(rounds):
        stats = media.DecodeStats()
        runs = [
            (bare, lambda: _bare(path, threads)),
            (sampled, lambda stats=stats: _sample(path, rate, longest_side, threads, stats)),
        ]
        for times, run in runs if number % 2 == 0 else reversed(runs):
            times.append(_seconds(run))
    return DecodeCost(
        video=path.name,
        duration=round(info.duration, 3),
        size=f"{info.width}×{info.height}",
        rate=rate,
        threads=threads,
        rounds=rounds,
        bare=round(statistics.median(bare), 4),
        frames=round(statistics.median(sampled), 4),
        ratio=round(statistics.median(ours / theirs for ours, theirs in zip(sampled, bare, strict=True)), 3),
        decoded=stats.decoded,
        pictures=pictures,
    )


def _bare(path: Path, threads: int) -> int:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def _sample(path: Path, rate: float, longest_side: int, threads: int, stats: media.DecodeStats) -> int:
    sampling = media.frames(path, rate=rate, longest_side=longest_side, threads=threads, stats=stats)
    return sum(1 for _ in sampling)


def _seconds(run: Callable[[], int]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vidscout.bench.measure.recordings.decode", description="Time sampling against decoding."
    )
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--rate", type=float, default=1.0, help="frames a second to sample")
    parser.add_argument("--longest-side", type=int, default=1280, help="pixels")
    parser.add_argument("--threads", type=int, default=0, help="decoder threads, 0 for FFmpeg's choice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    asked = parser.parse_args()
    if not asked.json:
        print(HEADER)
    try:
        for path in asked.videos:
            cost = measure(path, asked.rate, asked.longest_side, asked.threads, asked.rounds)
            print(json.dumps(asdict(cost)) if asked.json else cost.row(), flush=True)
    except VidscoutError as error:
        parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()
