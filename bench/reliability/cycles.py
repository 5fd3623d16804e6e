"""Reading and forgetting many times over: descriptors, memory and disk must stay as they are."""

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
    disk: float
    """MiB of the home."""


def usage(home: Path) -> Usage:
    """What this process and a home hold now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    sizes = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return Usage(len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE") / 2**20, sizes / 2**20)


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
    settled = usage(folder / "home")
    with VideoIndex(folder / "home") as index:
        for number in range(cycles):
            video = index.library.identify(films[number % 2])
            toys.read(index, films[number % 2])
            found = index.search("tone", tool.run(["tone"])[0])
            assert found, "what was read is found"
            index.forget(video)
            index.remove_remnants()
            if number + 1 == max(round(cycles * SETTLED), 1):
                settled = usage(folder / "home")
            if told and (number + 1) % max(cycles // 10, 1) == 0:
                now = usage(folder / "home")
                print(
                    f"    {number + 1:5} cycles: {now.descriptors} descriptors, {now.memory:.0f} MiB, "
                    f"{now.disk:.1f} MiB of disk",
                    flush=True,
                )
        ended = usage(folder / "home")
    if told:
        print(
            f"{cycles} cycles in {time.perf_counter() - began:.0f} s: descriptors {settled.descriptors} → "
            f"{ended.descriptors}, memory {settled.memory:.0f} → {ended.memory:.0f} MiB, "
            f"disk {settled.disk:.1f} → {ended.disk:.1f} MiB",
            flush=True,
        )
    return settled, ended
