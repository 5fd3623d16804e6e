"""The files of one of Chroma's graphs, as far as this index must know them.

hnswlib writes an empty graph with room for a hundred rows, from memory that it has not initialised: whatever this
process held there, also words of videos that were forgotten, would stay in the file.
"""

import contextlib
import struct
from pathlib import Path

_HEADER = struct.Struct("<i4Q")
"""Version, an offset, rows that there is room for, rows that are used, and bytes a row."""
_VERSION = 1
_LENGTH = 4
"""Bytes of the length that is kept for each row."""


def blank_unused(folder: Path) -> None:
    """Overwrite with zeros what lies behind the last used row; a graph in any other format is left as it is.

    Chroma must not be writing the graph meanwhile. It fills a row with zeros itself before it uses it.

    Args:
        folder: of the graph, with `header.bin`, `data_level0.bin` and `length.bin`.
    """
    with contextlib.suppress(OSError, struct.error):  # gone meanwhile, or of another format
        version, _, room, used, size = _HEADER.unpack_from((folder / "header.bin").read_bytes())
        if version != _VERSION or used > room or not size:
            return
        for name, row in (("data_level0.bin", size), ("length.bin", _LENGTH)):
            _blank(folder / name, used * row, room * row)


def _blank(file: Path, start: int, most: int) -> None:
    end = file.stat().st_size
    if start < end <= most:
        with file.open("r+b") as opened:
            opened.seek(start)
            opened.write(bytes(end - start))
