"""Files that people and programs send: checked, and kept in a folder of our own under names that we make.

Beside each lies a receipt until it has been read: what its owner calls it, who sent it, and which process took it.
Where that process is gone, the next one reads on.
"""

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...tools.errors import MediaError, UsageError
from ...tools.index.home import tighten, write_private
from ...tools.media.video import probe
from ...tools.records import clock
from ..network.sizes import UNITS, TooLargeError, size_of
from .containers import container_of

KEPT_FREE = 500 * 10**6
"""Bytes of the disk that files which are sent leave free, for the index and for whatever else runs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be sent."""

    size: int = 2 * 10**9
    """Bytes a file."""
    duration: float = 4 * 3600.0
    """Seconds a video."""
    total: int = 200 * 10**9
    """Bytes of all files together that were sent and are kept."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was accepted."""

    path: Path
    """Where it lies now."""
    name: str
    """What its owner called it: shown, never used as a path."""
    duration: float
    """Seconds."""
    owner: str = ""
    """Who sent it, by a name that the face of the program gives; only they may stop its reading."""
    ours: bool = True
    """Whether the file was sent to us; one that somebody named where it lies is never removed."""

    @property
    def receipt(self) -> Path:
        """The file beside it that says whose it is, for as long as it has not been read."""
        return self.path.with_name(f"{self.path.name}.json")

    def note(self, process: str) -> None:
        """Write the receipt, with the process that will read the file."""
        told = {"name": self.name, "duration": self.duration, "owner": self.owner, "process": process}
        write_private(self.receipt, json.dumps(told).encode())

    def delete(self) -> None:
        """Remove the file and its receipt."""
        if self.ours:
            self.path.unlink(missing_ok=True)
            self.receipt.unlink(missing_ok=True)


def bytes_of(text: str) -> int:
    """A size as people write it.

    >>> bytes_of("500 MB"), bytes_of("1.5gb"), bytes_of("100")
    (500000000, 1500000000, 100)

    Raises:
        UsageError: it is not a size.
    """
    plain = text.strip().lower()
    unit = next((unit for unit in UNITS if plain.endswith(unit)), "")
    try:
        size = int(float(plain.removesuffix(unit)) * UNITS.get(unit, 1))
    except ValueError:
        size = 0
    if size <= 0:
        raise UsageError(f"{text!r} is not a size; write it as 500mb or 2gb")
    return size


def check_room(folder: Path, size: int, limits: Limits) -> None:
    """Make sure that a file may be kept in a folder beside those that were sent before.

    Raises:
        TooLargeError: there is no room for it, on the disk or in what is kept altogether.
    """
    there = folder
    while not there.exists():
        there = there.parent
    if shutil.disk_usage(there).free < size + KEPT_FREE:
        raise TooLargeError("the disk is nearly full: forget a video, and send it again")
    kept = sum(file.stat().st_size for file in folder.glob("*") if file.suffix != ".json") if folder.is_dir() else 0
    if kept + size > limits.total:
        told = f"{size_of(kept)} of files are kept already, and at most {size_of(limits.total)}"
        raise TooLargeError(f"{told}: forget a video, and send it again")


def accept(
    sent: Path, folder: Path, limits: Limits, name: str | None = None, *, owner: str = "", process: str = ""
) -> Upload:
    """Move a file that has arrived into `folder`, if it is media within the limits; otherwise delete it.

    Args:
        sent: where it lies now.
        folder: where it stays.
        limits: its largest size and duration.
        name: what its owner calls it; by default the name under which it lies.
        owner: who sent it.
        process: the process that takes it and will read it.

    Raises:
        MediaError: nothing in it can be read as video or audio.
        TooLargeError: it is too large or too long.
    """
    name = name or sent.name
    try:
        size = sent.stat().st_size
        if size > limits.size:
            raise TooLargeError(f"{name} has {size_of(size)}; at most {size_of(limits.size)} are taken")
        check_room(folder, size, limits)
        try:
            info = probe(sent)
        except MediaError:
            raise MediaError(f"{name}: nothing in it can be read as video or audio") from None
        if info.duration > limits.duration:
            raise TooLargeError(f"{name} lasts {clock(info.duration)}; at most {clock(limits.duration)} are taken")
        upload = Upload(folder / f"{uuid.uuid4().hex}{container_of(sent).suffix}", name, info.duration, owner)
        upload.note(process)
        shutil.move(sent, upload.path)
        tighten(upload.path)
    except BaseException:
        sent.unlink(missing_ok=True)
        raise
    return upload


def left_behind(folder: Path, alive: Callable[[str], bool]) -> list[Upload]:
    """What was sent and not read to its end by a process that is gone, in the order in which it was sent.

    A receipt whose file never arrived, or that cannot be read, is removed.

    Args:
        folder: where uploads stay.
        alive: whether a process still runs, by the name that the receipt has.
    """
    found: list[tuple[float, Upload]] = []
    for receipt in folder.glob("*.json"):
        try:
            told = json.loads(receipt.read_text(encoding="utf-8"))
            if alive(str(told["process"])):
                continue
            path = receipt.with_name(receipt.name.removesuffix(".json"))
            upload = Upload(path, str(told["name"]), float(told["duration"]), str(told["owner"]))
            found.append((path.stat().st_mtime, upload))
        except (OSError, ValueError, KeyError, TypeError):
            receipt.unlink(missing_ok=True)
    return [upload for _, upload in sorted(found, key=lambda pair: (pair[0], pair[1].path.name))]
