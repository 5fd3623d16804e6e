"""Reading and forgetting many times over: descriptors and memory must stay as they are."""

import gc
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ...tools.index.video_index import VideoIndex
from . import toys

SETTLED = 0.2
"""Share of the cycles after which what the first ones loaded is there."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process holds."""

    descriptors: int
    memory: float
    """MiB that are resident."""


def usage() -> Usage:
    """What this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Usage(len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def run(folder: Path, cycles: int, told: bool = True) -> tuple[Usage, Usage]:
    """Read, search and forget two films in turn, so many times; usage once settled and at the end.

    Args:
        folder: an empty one.
        cycles: how many times.
        told: whether to print usage on the way.
    """
    films = [toys.write(folder / f"{number}.mkv", 2 + number, seed=number) for number in range(2)]
    tool = toys.HashedTexts()
    began = time.perf_counter()
    settled = usage()
    with VideoIndex(folder / "home") as index:
        for number in range(cycles):
            video = index.library.identify(films[number % 2])
            toys.read(index, films[number % 2])
            found = index.search("tone", tool.run(["tone"])[0])
            assert found, "what was read is found"
            index.forget(video)
            index.remove_remnants()
            if number + 1 == max(round(cycles * SETTLED), 1):
                settled = usage()
            if told and (number + 1) % max(cycles // 10, 1) == 0:
                now = usage()
                print(f"    {number + 1:5} cycles: {now.descriptors} descriptors, {now.memory:.0f} MiB", flush=True)
        ended = usage()
    if told:
        print(
            f"{cycles} cycles in {time.perf_counter() - began:.0f} s: descriptors {settled.descriptors} → "
            f"{ended.descriptors}, memory {settled.memory:.0f} → {ended.memory:.0f} MiB",
            flush=True,
        )
    return settled, ended
