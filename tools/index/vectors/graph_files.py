"""Whether the files of one of Chroma's graphs are what was last written, told before Chroma reads them.

hnswlib believes its files: a neighbour that is none, or a row too few, ends the process (SIGSEGV). So the sums of the
files lie beside them, and where there are none, as of a home of an earlier version, the graph is walked.
"""

import contextlib
import json
import struct
import time
import zlib
from pathlib import Path

import numpy as np

from ..home import write_private

SUMS = "sums.json"
"""Sizes in bytes and CRC-32 of a graph's files."""
DAMAGED = "damaged"
"""Lies in the folder of a graph that was found damaged."""
FILES = ("header.bin", "data_level0.bin", "length.bin", "link_lists.bin", "index_metadata.pickle")
_HEADER = struct.Struct("<i6QiI3Q")
"""Version, an offset, rows that there is room for, rows that are used, bytes a row, where in it label and vector are,
the highest level, where a search begins, and the most neighbours: above the lowest level, on it, and as was asked."""
_VERSION = 1

State = tuple[tuple[str, int, int], ...]
"""Name, bytes and time of change in nanoseconds of each file."""


def state(folder: Path) -> State:
    """What tells whether the files of a graph have been written since."""
    found = []
    for name in FILES:
        with contextlib.suppress(OSError):
            about = (folder / name).stat()
            found.append((name, about.st_size, about.st_mtime_ns))
    return tuple(found)


def write_sums(folder: Path) -> State:
    """Note the sums of a graph's files, which have just been written; the state that they belong to."""
    while True:
        before = state(folder)
        sums = _sums(folder)
        if state(folder) == before:
            break
    with contextlib.suppress(OSError):  # a disk that is full, or only read: the graph is walked instead
        write_private(folder / SUMS, json.dumps(sums).encode())
    return before


def mark_damaged(folder: Path) -> None:
    """Note that a graph is damaged, so that the next writer makes it again without looking at every byte."""
    with contextlib.suppress(OSError):
        (folder / DAMAGED).touch(0o600)


WRITING = (0.0, 0.05, 0.25)
"""Seconds that are waited before each look at files that do not fit together: whoever else has the graph open may be
writing it, file by file."""


def is_whole(folder: Path) -> bool:
    """Whether Chroma may read a graph; a folder without one is whole."""
    if (folder / DAMAGED).exists():
        return False
    for seconds in WRITING:
        time.sleep(seconds)
        if _fits_together(folder):
            return True
    return False


def _fits_together(folder: Path) -> bool:
    if not (folder / FILES[0]).exists():
        return not any((folder / name).exists() for name in (SUMS, *FILES))
    try:
        told = json.loads((folder / SUMS).read_bytes())
    except OSError:
        return _walked(folder)
    except ValueError:
        return False
    if _sums(folder) == told:
        return True
    return _is_empty(folder) and _walked(folder)  # Chroma writes an empty graph anew whenever it opens one


def _sums(folder: Path) -> dict[str, list[int]]:
    sums = {}
    for name in FILES:
        with contextlib.suppress(FileNotFoundError):
            content = (folder / name).read_bytes()
            sums[name] = [len(content), zlib.crc32(content)]
    return sums


def _is_empty(folder: Path) -> bool:
    """Whether no row of a graph is used: its vectors are still in Chroma's own log."""
    try:
        return _HEADER.unpack_from((folder / FILES[0]).read_bytes())[3] == 0
    except (OSError, struct.error):
        return False


def _walked(folder: Path) -> bool:
    """Whether every number of a graph that leads somewhere leads into it."""
    try:
        version, _, room, used, size, label, vector, top, first, above, lowest, _ = _HEADER.unpack_from(
            (folder / "header.bin").read_bytes()
        )
        rows = (folder / "data_level0.bin").read_bytes()
        links = (folder / "link_lists.bin").read_bytes()
        lengths = (folder / "length.bin").stat().st_size
    except (OSError, struct.error):
        return False
    if version != _VERSION or used > room or not 0 < above <= lowest <= 1024 or size != label + 8:
        return False
    if vector != 4 + 4 * lowest or label < vector or len(rows) < used * size or lengths < used * 4:
        return False
    if not used:
        return True
    if first >= used or top < 0:
        return False
    table = np.frombuffer(rows, np.uint8, used * size).reshape(used, size)
    counts = table[:, :2].copy().view(np.uint16)[:, 0]
    neighbours = table[:, 4:vector].copy().view(np.uint32)
    linked = np.arange(lowest) < counts[:, None]
    if counts.max() > lowest or (linked & (neighbours >= used)).any():
        return False
    return _upper_levels(links, used, top, above)


def _upper_levels(links: bytes, used: int, top: int, above: int) -> bool:
    """Whether the neighbours above the lowest level are within the graph."""
    at, level = 0, 4 + 4 * above
    for _ in range(used):
        if at + 4 > len(links):
            return False
        size = int.from_bytes(links[at : at + 4], "little")
        at += 4
        if size % level or size > level * top or at + size > len(links):
            return False
        for begin in range(at, at + size, level):
            count = int.from_bytes(links[begin : begin + 2], "little")
            ids = np.frombuffer(links, np.uint32, above, begin + 4)
            if count > above or (ids[:count] >= used).any():
                return False
        at += size
    return at == len(links)
