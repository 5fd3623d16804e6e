"""Pictures of kept frames packed into one file a video: a million small files is what folders and backups choke on.

A pack is a ZIP archive whose members are stored as they are, `MILLISECONDS.jpg`. Whoever asks for a picture gets a file
of it beside the pack, unpacked when it is first asked for: an hour of video has 3,600, and a question shows a few.
"""

import contextlib
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from .home import private_file, private_folder, write_private

PACK = "pictures.zip"
"""The pack in a video's folder of pictures."""
_NAMES = 26
"""Where in a member's header the lengths of its name and of its extra field are; both end the header, at 30."""


def pack(folders: Sequence[Path], into: Path, only: Collection[str] | None = None) -> int:
    """Write one file with all pictures of some folders, their packs' among them, in place of one that is there.

    Args:
        folders: each with `MILLISECONDS.jpg`, a pack, or both; of two pictures of one name, a loose one counts, and
            then the one of the last folder.
        into: the file.
        only: the names of those that are kept; all by default.

    Returns:
        How many pictures it has.

    Raises:
        OSError: it cannot be written.
    """
    private_folder(into.parent)
    part = into.with_name(f"{into.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    private_file(part)
    loose = {file.name: file for folder in folders for file in folder.glob("*.jpg")}
    packed = {name: folder / PACK for folder in folders for name in _members(folder / PACK)}
    names = [name for name in sorted({*loose, *packed}) if only is None or name in only]
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:
        for name in names:
            content = loose[name].read_bytes() if name in loose else read(packed[name], name)
            if content is not None:
                made.writestr(zipfile.ZipInfo(name), content)
    part.replace(into)
    return len(names)


def names_in(folder: Path) -> set[str]:
    """The names of all pictures in a video's folder, packed or not."""
    return {file.name for file in folder.glob("*.jpg")} | {*_members(folder / PACK)}


def unpacked(file: Path) -> Path:
    """The file of a picture, taken out of the pack beside it where there is none; in a folder that cannot be written,
    elsewhere. A picture that is in neither has no file."""
    if file.exists():
        return file
    content = read(file.parent / PACK, file.name)
    if content is None:
        return file
    try:
        write_private(file, content)
    except OSError:
        file = _elsewhere() / file.parent.name / file.name
        write_private(file, content)
    return file


def read(pack: Path, name: str) -> bytes | None:
    """A picture of a pack; None where it has none of that name, or that one is damaged."""
    if (member := _members(pack).get(name)) is None:
        return None
    offset, size, checksum = member
    with contextlib.suppress(OSError, struct.error), pack.open("rb") as file:
        file.seek(offset + _NAMES)
        file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
        content = file.read(size)
        if zlib.crc32(content) == checksum:
            return content
    return None


def _members(pack: Path) -> Mapping[str, tuple[int, int, int]]:
    try:
        state = pack.stat()
    except OSError:
        return {}
    return _listed(pack, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _listed(pack: Path, changed: int, size: int) -> Mapping[str, tuple[int, int, int]]:
    """Where each picture's header is, its bytes and its CRC-32; nothing of what is no archive."""
    try:
        with zipfile.ZipFile(pack) as archive:
            return {one.filename: (one.header_offset, one.file_size, one.CRC) for one in archive.infolist()}
    except (OSError, zipfile.BadZipFile):
        return {}


@cache
def _elsewhere() -> Path:
    """A folder for as long as this process lives, for homes that are only read."""
    folder = tempfile.TemporaryDirectory(prefix="vidscout-pictures-")
    _kept.append(folder)
    return Path(folder.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []
