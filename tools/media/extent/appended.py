"""Recordings that stand behind another in one file, where players and FFmpeg read the first only.

Of MPEG-TS, MPEG-PS, Ogg, Matroska, AVI and MP3 all parts are read (`joined.py`).
"""

import mmap
from pathlib import Path

BOXES = 100_000
"""Boxes of an MP4 that are looked at; a fragmented one of a day has two each few seconds."""


def begins_again(path: Path, form: str) -> int | None:
    """The byte at which a second recording begins that is not read; None where there is none.

    Args:
        path: a file that can be opened.
        form: FFmpeg's name of its format, or several with commas.
    """
    names = set(form.split(","))
    size = path.stat().st_size
    if "mp4" in names:
        return _second_mp4(path, size)
    if "wav" in names:
        return _second_riff(path, size)
    return _second_flv(path, size) if "flv" in names else None


def _second_mp4(path: Path, size: int) -> int | None:
    """Where a second `ftyp` stands, if a second `moov` follows: a file has one of each (ISO/IEC 14496-12)."""
    at, begins, movies = 0, [], 0
    with path.open("rb") as file:
        for _ in range(BOXES):
            file.seek(at)
            head = file.read(16)
            if len(head) < 8:
                break
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            begins += [at] if kind == b"ftyp" else []
            movies += kind == b"moov"
            if length < 8 or at + length > size:
                break
            at += length
    return begins[1] if len(begins) > 1 and movies > 1 else None


def _second_riff(path: Path, size: int) -> int | None:
    with path.open("rb") as file:
        head = file.read(8)
        at = 8 + int.from_bytes(head[4:], "little")
        at += at % 2
        file.seek(min(at, size))
        return at if head[:4] == b"RIFF" and file.read(4) == b"RIFF" else None


def _second_flv(path: Path, size: int) -> int | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(b"FLV\x01", 9)
        while at >= 0:
            if data[at + 5 : at + 9] == b"\x00\x00\x00\x09":
                return at
            at = data.find(b"FLV\x01", at + 1)
    return None
