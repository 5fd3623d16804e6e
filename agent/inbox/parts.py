"""Files that are sent in parts: each part goes straight into the file that will be kept, and can be gone on with.

A part is written at the end of what has arrived. Whoever is cut off asks how much that is, after a reload or a restart
of the server too, and goes on from there.
"""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ...tools.errors import UnknownVideoError, UsageError
from ...tools.index.home import ARRIVING, private_folder, write_private
from ..network.sizes import TooLargeError, size_of
from .inbox import Inbox
from .queue import QueuedVideo
from .uploads import check_room

PARTS = "parts"
"""The folder in that of files on their way in."""
PART = 8 * 2**20
"""Bytes that are sent at once."""
GIVEN_UP_AFTER = 24 * 3600.0
"""Seconds after which a file that nobody goes on with is removed."""
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Arriving:
    """A file of which some has arrived."""

    id: str
    name: str
    size: int
    """Bytes of the whole file."""
    offset: int
    """Bytes that are here."""
    owner: str = ""


class Parts:
    """The files that are being sent to one inbox in parts."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._folder = inbox.scout.settings.home / ARRIVING / PARTS
        self._locks: dict[str, threading.Lock] = {}

    def begin(self, name: str, size: int, mark: str, owner: str) -> Arriving:
        """Begin to take a file, or go on with it.

        Args:
            name: what its owner calls it.
            size: bytes of it.
            mark: tells it from other files of that name and size, as the time of its last change.
            owner: who sends it.

        Raises:
            TooLargeError: it is too large, or there is no room for it.
        """
        limits = self._inbox.limits
        if size > limits.size:
            raise TooLargeError(f"{name} has {size_of(size)}; at most {size_of(limits.size)} are taken")
        key = hashlib.blake2b(json.dumps([owner, name, size, mark]).encode(), digest_size=16).hexdigest()
        private_folder(self._folder)
        self._sweep()
        if not self._about(key).is_file():
            check_room(self._inbox.uploads, size, limits)
            write_private(self._file(key), b"")
            write_private(self._about(key), json.dumps({"name": name, "size": size, "owner": owner}).encode())
        return self.of(key)

    def of(self, key: str) -> Arriving:
        """How much of a file has arrived.

        Raises:
            UnknownVideoError: no such file is being sent.
        """
        try:
            if not _ID.fullmatch(key):
                raise ValueError(key)
            told = json.loads(self._about(key).read_text(encoding="utf-8"))
            return Arriving(key, told["name"], told["size"], self._file(key).stat().st_size, told["owner"])
        except (OSError, ValueError, KeyError, TypeError):
            raise UnknownVideoError("no such file is being sent: begin again") from None

    def all(self, owner: str) -> list[Arriving]:
        """What `owner` has sent a part of, and not all."""
        found = []
        for about in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                arriving = self.of(about.stem)
            except UnknownVideoError:
                continue
            if arriving.owner == owner:
                found.append(arriving)
        return found

    def put(self, key: str, offset: int, part: bytes) -> "Arriving | QueuedVideo":
        """Write the next part; with the last one the file is queued.

        Raises:
            UsageError: it is not the next part, or there is more than was said.
            UnknownVideoError: no such file is being sent.
            MediaError: nothing in the file can be read as video or audio; it has been deleted.
            TooLargeError: it lasts too long, and has been deleted.
        """
        with self._locks.setdefault(key, threading.Lock()):
            arriving = self.of(key)
            if offset != arriving.offset:
                raise UsageError(f"{arriving.offset} bytes have arrived: go on from there")
            if offset + len(part) > arriving.size:
                raise UsageError("there is more of it than was said: begin again")
            with self._file(key).open("ab") as file:
                file.write(part)
            if offset + len(part) < arriving.size:
                return self.of(key)
            self._about(key).unlink(missing_ok=True)
            self._locks.pop(key, None)
            return self._inbox.take(self._file(key), arriving.name, arriving.owner)

    def drop(self, key: str) -> None:
        """Remove what has arrived of a file."""
        self.of(key)
        for path in (self._about(key), self._file(key)):
            path.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.part"

    def _about(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _sweep(self) -> None:
        for path in self._folder.glob("*.part"):
            if time.time() - path.stat().st_mtime > GIVEN_UP_AFTER:
                for gone in (path.with_suffix(".json"), path):
                    gone.unlink(missing_ok=True)
