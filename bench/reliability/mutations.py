"""Damaged media files of many containers, read one after another beside a healthy video.

A child process reads them in batches, so that a crash or a hang costs one file, and says how each ended.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from . import toys
from .kept import Kept

KINDS = (
    ("mp4", "mpeg4", "aac"), ("mov", "mjpeg", "aac"), ("mkv", "libx264", "aac"), ("webm", "libvpx", "libopus"),
    ("avi", "mpeg4", "mp2"), ("ts", "mpeg2video", "mp2"), ("mpg", "mpeg2video", "mp2"), ("flv", "flv", "aac"),
    ("nut", "ffv1", "flac"), ("gif", "gif", None), ("wav", "", "pcm_s16le"), ("mp3", "", "libmp3lame"),
    ("flac", "", "flac"), ("ogg", "", "libopus"), ("m4a", "", "aac"),
)  # fmt: skip
"""Container, and codecs of picture and sound."""
LONGEST = 60.0
"""Seconds after which a file counts as one that hangs."""
MOST_MEMORY = 1536
"""MiB of the process that reads."""

CHILD = """
import resource, sys, tempfile, time
from pathlib import Path
from vidscout.bench.reliability import toys
from vidscout.tools.errors import VidscoutError
from vidscout.tools.index.video_index import VideoIndex

with VideoIndex(Path(sys.argv[1])) as index:
    for line in sys.stdin:
        path = Path(line.rstrip("\\n"))
        print("begin", path.name, flush=True)
        began = time.perf_counter()
        try:
            toys.read(index, path)
            told = "read"
        except VidscoutError as error:
            told = "refused" if "\\n" not in str(error) else "two-lines"
        except Exception as error:
            told = "traceback:" + type(error).__name__
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print("end", path.name, told, peak, round(time.perf_counter() - began, 2), flush=True)
        for video in index.library.all():
            if video.path == path.resolve() and path.name != "healthy.mkv":
                index.delete(video.id)
"""


def _flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _block(data: bytearray, rng: random.Random) -> None:
    size = rng.choice((4, 64, 1024))
    first = rng.randrange(max(len(data) - size, 1))
    data[first : first + size] = rng.choice((rng.randbytes(size), bytes(size), b"\xff" * size))


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(1, len(data)) :]


def _hole(data: bytearray, rng: random.Random) -> None:
    first = rng.randrange(len(data))
    del data[first : first + rng.randrange(1, 1 + len(data) // 4)]


def _twice(data: bytearray, rng: random.Random) -> None:
    first = rng.randrange(len(data))
    data[first:first] = data[first : first + rng.randrange(1, 1 + len(data) // 4)]


def _extreme(data: bytearray, rng: random.Random) -> None:
    """A number in the first kilobytes, where headers are, that claims as much as it can."""
    first = rng.randrange(min(len(data), 4096))
    width = rng.choice((2, 4, 8))
    data[first : first + width] = rng.choice((b"\xff" * width, b"\x7f" + b"\xff" * (width - 1), bytes(width)))


def _swap(data: bytearray, rng: random.Random) -> None:
    size = max(len(data) // 16, 1)
    first, second = rng.randrange(len(data)), rng.randrange(len(data))
    data[first : first + size], data[second : second + size] = data[second : second + size], data[first : first + size]


Mutation = Callable[[bytearray, random.Random], None]
MUTATIONS: tuple[Mutation, ...] = (
    _flip,
    _block,
    _cut,
    _hole,
    _twice,
    _extreme,
    _swap,
)


def mutated(whole: bytes, seed: int) -> bytes:
    """A file damaged in one to three ways; one seed damages it the same each time."""
    rng = random.Random(seed)
    data = bytearray(whole)
    for _ in range(rng.choice((1, 1, 2, 3))):
        rng.choice(MUTATIONS)(data, rng)
        data = data or bytearray(b"\0")
    return bytes(data)


class Reader:
    """The child that reads, started again where it has ended."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._start()

    def _start(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(self._home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lines: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._listen, args=(self._child,), daemon=True).start()

    def _listen(self, child: "subprocess.Popen[str]") -> None:
        assert child.stdout is not None
        for line in child.stdout:
            self._lines.put(line)
        self._lines.put("")

    def read(self, path: Path) -> tuple[str, int, float]:
        """How reading a file ended, the MiB that the child has taken at most, and the seconds that it took."""
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):
            self._child.stdin.write(f"{path}\n")
            self._child.stdin.flush()
        ends = time.monotonic() + LONGEST
        while True:
            try:
                line = self._lines.get(timeout=max(ends - time.monotonic(), 0.01))
            except Empty:
                self.close()
                self._start()
                return "hang", 0, LONGEST
            if not line:
                code = self._child.wait()
                self._start()
                return f"crash {code}", 0, 0.0
            if line.startswith("end "):
                _, _, told, peak, took = line.split()
                return told, int(peak), float(took)

    def close(self) -> None:
        """End the child."""
        self._child.kill()
        self._child.wait()


def run(folder: Path, count: int, seed: int = 0, kept: Kept | None = None) -> Counter[str]:
    """Read so many damaged files; how they ended.

    Args:
        folder: an empty one.
        count: of files, spread over all containers.
        seed: of the damage.
        kept: the results of earlier pieces.
    """
    kept = kept or Kept()
    wholes = {}
    for suffix, codec, sound in KINDS:
        wholes[suffix] = toys.write(folder / f"whole.{suffix}", 1.5, codec, sound, seed=len(wholes)).read_bytes()
    home, temporary = folder / "home", folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None
    reader = Reader(home)
    healthy = toys.write(folder / "healthy.mkv", 2, seed=99)
    first = reader.read(healthy)
    assert first[0] == "read", first
    keep = _kept(home, healthy)
    ended: Counter[str] = Counter()
    peak, slowest = 0, 0.0

    def damaged_and_read(number: int) -> tuple[str, int, float]:
        suffix = list(wholes)[number % len(wholes)]
        damaged = folder / f"damaged-{number}.{suffix}"
        damaged.write_bytes(mutated(wholes[suffix], seed * 1_000_000 + number))
        try:
            return reader.read(damaged)
        finally:
            damaged.unlink()

    for number in range(count):
        one = kept.of(f"damaged {number} of seed {seed}", lambda number=number: damaged_and_read(number))
        if one is None:
            break
        told, memory, took = one
        ended[told] += 1
        peak, slowest = max(peak, memory), max(slowest, took)
        if told not in ("read", "refused"):
            print(f"    damaged-{number} (seed {seed}): {told}", flush=True)
    reader.close()
    left = len([*temporary.iterdir()])
    whole = _kept(home, healthy) == keep
    print(
        f"{ended.total()} of {count} damaged files of {len(wholes)} containers: {dict(ended)}; most memory {peak} MiB, "
        f"slowest {slowest:.1f} s, {left} temporary files left, "
        f"the healthy video {'is whole' if whole else 'HAS CHANGED'}",
        flush=True,
    )
    return ended


def _kept(home: Path, film: Path) -> object:
    from .kills import apart, content

    def told() -> object:
        return content(home).get(_id(film))

    return apart(told)[1]


def _id(film: Path) -> str:
    from ...tools.media.video import content_id

    return content_id(film)
