"""The vectors of one collection as bytes, in a file: what a search in many videos reads instead of SQLite.

A file is named by its collection and that one's version, and is made anew where it is missing, damaged, of another
version or of another format. It lies in the video's folder of `matrices/`, and goes with it.
"""

import contextlib
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...records import Modality
from ..home import MATRICES, write_private
from .codes import Codes

SUFFIX = ".codes"
KINDS = tuple(sorted(Modality))
"""A row's kind is its modality's place here; a frame's is `NO_KIND`."""
NO_KIND = 255
ENTRY = np.dtype(
    [("key", "S24"), ("kind", "u1"), ("start", "<f8"), ("stop", "<f8"), ("scale", "<f4"), ("error", "<f4")]
)
"""Of each row: its id, what it is, from when to when in seconds, and its codes' scale and error."""
_FORMAT = zlib.crc32(repr((1, KINDS, ENTRY.descr)).encode())
_HEADER = struct.Struct("<4I")
"""Format, CRC-32 of what follows the header, rows, and numbers a row."""


@dataclass(frozen=True, slots=True)
class Part:
    """One collection."""

    version: int
    entries: np.ndarray
    """`ENTRY` of shape (rows,)."""
    numbers: np.ndarray
    """uint8 of shape (rows, dimensions)."""

    @property
    def size(self) -> int:
        """Bytes."""
        return self.entries.nbytes + self.numbers.nbytes


def part(version: int, keys: list[str], kinds: list[int], spans: np.ndarray, codes: Codes) -> Part | None:
    """A collection's rows put together; None where an id does not fit.

    Args:
        version: the collection's.
        keys: ids.
        kinds: places in `KINDS`, or `NO_KIND`.
        spans: starts and ends in seconds, (rows, 2).
        codes: of the rows' vectors.
    """
    entries = np.zeros(len(keys), ENTRY)
    if any(len(key) > entries["key"].itemsize or not key.isascii() for key in keys):
        return None
    entries["key"], entries["kind"] = [key.encode() for key in keys], kinds
    entries["start"], entries["stop"] = spans[:, 0], spans[:, 1]
    entries["scale"], entries["error"] = codes.scale, codes.error
    return Part(version, entries, codes.numbers)


def file_of(home: Path, video: str, name: str, version: int) -> Path:
    """Where the codes of a collection lie."""
    return home / MATRICES / video / f"{name}@{version}{SUFFIX}"


def write_part(file: Path, made: Part) -> None:
    """Write a file in place of those of earlier versions. A full disk costs nobody an answer: nothing is written."""
    content = made.entries.tobytes() + made.numbers.tobytes()
    rows, dimensions = made.numbers.shape
    with contextlib.suppress(OSError):
        write_private(file, _HEADER.pack(_FORMAT, zlib.crc32(content), rows, dimensions) + content)
        for other in file.parent.glob(f"{file.name.partition('@')[0]}@*{SUFFIX}"):
            if other != file:
                other.unlink(missing_ok=True)


def read_part(file: Path, version: int) -> Part | None:
    """What a file holds; None where there is none, or it is not whole."""
    try:
        content = file.read_bytes()
        told, checksum, rows, dimensions = _HEADER.unpack_from(content)
    except (OSError, struct.error):
        return None
    begin, size = _HEADER.size, rows * ENTRY.itemsize
    if told != _FORMAT or len(content) != begin + size + rows * dimensions:
        return None
    if zlib.crc32(memoryview(content)[begin:]) != checksum:
        return None
    entries = np.frombuffer(content, ENTRY, rows, begin)
    numbers = np.frombuffer(content, np.uint8, rows * dimensions, begin + size)
    return Part(version, entries, numbers.reshape(rows, dimensions))
