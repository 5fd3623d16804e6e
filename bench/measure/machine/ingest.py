"""How fast videos are read, what takes the time, and how much memory it needs.

    python -m vidscout.bench.measure.machine.ingest VIDEO [VIDEO ...]  speed and share of each stage
    python -m vidscout.bench.measure.machine.ingest --minutes 1 10 60  the same for lecture-like videos of these lengths

Each video is read in a process of its own into an empty index, so that peak memory and loading are its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ....tools.records import clock
from ...data.videos import long_film, long_lecture

ONE = """
import json, resource, sys
from vidscout import VideoScout
with VideoScout(home=sys.argv[2], sample_rate=float(sys.argv[3])) as scout:
    [read] = scout.ingest(sys.argv[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(dict(duration=read.duration, seconds=read.seconds, timings=read.timings, counters=read.counters,
                          records=read.records, notes=read.notes, peak_mb=peak / 1024)))
"""
STAGES = ("decode", "thumbnails", "screen_text", "objects", "tags", "speech", "frame_vectors", "captions", "store")


@dataclass(frozen=True, slots=True)
class IngestFigures:
    """One video read into an empty index."""

    name: str
    duration: float
    """Seconds of video."""
    seconds: float
    """Wall-clock seconds, models' loading included."""
    timings: dict[str, float]
    """Busy seconds by stage, with making and indexing its records; stages run side by side, so that they add up to more
    than the wall clock."""
    counters: dict[str, float]
    peak_mb: float
    """Peak resident memory of the process, in MiB."""

    @property
    def speed(self) -> float:
        """Seconds of video a second."""
        return self.duration / self.seconds


def measure(video: Path, sample_rate: float = 1.0) -> IngestFigures:
    """Read a video in a process of its own, into an index of its own."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", ONE, str(video), home, str(sample_rate)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"reading {video} failed: {done.stderr.strip().splitlines()[-1:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return IngestFigures(
        video.name, found["duration"], found["seconds"], found["timings"], found["counters"], found["peak_mb"]
    )


def row(measured: IngestFigures) -> str:
    """A line of the Markdown table."""
    shares = " | ".join(f"{measured.timings.get(stage, 0.0) / measured.seconds:.0%}" for stage in STAGES)
    speed = f"{measured.seconds:.1f} s | {measured.speed:.1f} ×"
    return f"| {measured.name} | {clock(measured.duration)} | {speed} | {shares} | {measured.peak_mb:.0f} MiB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="*", type=Path)
    parser.add_argument("--minutes", nargs="*", type=float, default=[], help="lecture-like videos, minutes")
    parser.add_argument("--film", nargs="*", type=float, default=[], help="looped real clips, minutes")
    parser.add_argument("--rate", type=float, default=1.0, help="frames looked at per second")
    arguments = parser.parse_args()
    videos = [*arguments.video, *map(long_film, arguments.film), *map(long_lecture, arguments.minutes)]
    print(f"| video | length | read in | speed | {' | '.join(STAGES)} | peak memory |")
    print("|" + " --- |" * (len(STAGES) + 5))
    for video in videos:
        print(row(measure(video, arguments.rate)), flush=True)


if __name__ == "__main__":
    main()
