"""Bytes that are still coming: the end of a growing file, standard input, and HLS as one stream."""

import os
import select
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

from ...tools.errors import MediaError
from ..network.download import fetch
from ..network.public_addresses import FetchError, Rules

LOOKS = 0.2
"""Seconds after which somebody who waits looks again."""
EDGE = 3
"""Segments before its end at which a live playlist is entered (RFC 8216, 6.3.3)."""
PLAYLIST = 1_000_000
"""Most bytes of a playlist."""
FETCHING = 30.0
"""Seconds that a playlist or a segment may take."""


class Growing:
    """Reads a file as it grows, from the beginning; at its end it waits for more."""

    def __init__(self, path: Path, stop: threading.Event, quiet: float | None) -> None:
        """Open it.

        Args:
            path: of the file.
            stop: ends the reading.
            quiet: seconds without anything new after which it counts as complete; None waits for ever.

        Raises:
            MediaError: it cannot be read, or not before it is complete.
        """
        check_growing(path)
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise MediaError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        self._path, self._stop, self._quiet = path, stop, quiet

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none once it has ended, was replaced by another file, or the watching stops."""
        since = time.monotonic()
        while not self._stop.is_set():
            if found := self._file.read(size):
                return found
            if self._replaced() or (self._quiet is not None and time.monotonic() - since > self._quiet):
                break
            self._stop.wait(LOOKS)
        return b""

    def _replaced(self) -> bool:
        """Whether the name stands for another file now, or this one was cut."""
        mine = os.fstat(self._file.fileno())
        try:
            there = self._path.stat()
        except OSError:
            return False  # its end may still be written
        return there.st_ino != mine.st_ino or mine.st_size < self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def check_growing(path: Path) -> None:
    """Make sure that a file can be read before it is complete.

    Raises:
        MediaError: it is an MP4 whose index comes last.
    """
    try:
        with path.open("rb") as file:
            first = True
            while (head := file.read(8)) and len(head) == 8:
                size, kind = int.from_bytes(head[:4], "big"), head[4:]
                if kind == b"moov" or (first and kind != b"ftyp") or size < 8:
                    return
                if kind == b"mdat":
                    raise MediaError(f"{path}: an MP4 cannot be read before it is complete; write .ts, .mkv or fMP4")
                first = False
                file.seek(size - 8, os.SEEK_CUR)
    except OSError as error:
        raise MediaError(f"{path}: {(error.strerror or str(error)).lower()}") from None


class Input:
    """Reads a pipe as it comes."""

    def __init__(self, file: BinaryIO, stop: threading.Event) -> None:
        """Take an open file."""
        self._number, self._stop = file.fileno(), stop

    def read(self, size: int) -> bytes:
        """What there is, up to `size` bytes; none at its end, or once the watching stops."""
        while not self._stop.is_set():
            if os.name == "nt" or select.select([self._number], [], [], LOOKS)[0]:
                return os.read(self._number, size)
        return b""

    def close(self) -> None:
        """Leave it open: it is somebody else's."""


@dataclass
class Playlist:
    """A media playlist."""

    segments: list[tuple[int, str, str]] = field(default_factory=list)
    """Number, address, and address of what comes before it in fMP4."""
    target: float = 6.0
    """Seconds of the longest segment."""
    ended: bool = False
    variants: list[tuple[int, str]] = field(default_factory=list)
    """Bits a second and address, where it lists playlists."""


def parsed(text: str, address: str) -> Playlist:
    """A playlist (RFC 8216) as far as it is read here.

    Raises:
        MediaError: it is none, or its segments are encrypted or parts of files.
    """
    if not text.lstrip("\ufeff").startswith("#EXTM3U"):
        raise MediaError("this is no playlist")
    found, number, before, bits = Playlist(), 0, "", None
    for line in map(str.strip, text.splitlines()):
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA-SEQUENCE":
            number = int(value)
        elif tag == "#EXT-X-TARGETDURATION":
            found.target = max(float(value), 0.5)
        elif tag == "#EXT-X-ENDLIST":
            found.ended = True
        elif tag == "#EXT-X-KEY" and "METHOD=NONE" not in value:
            raise MediaError("the stream is encrypted, so nothing in it can be read")
        elif tag == "#EXT-X-BYTERANGE" or (tag == "#EXT-X-MAP" and "BYTERANGE" in value):
            raise MediaError("playlists of parts of files (EXT-X-BYTERANGE) are not read")
        elif tag == "#EXT-X-MAP":
            before = urljoin(address, value.partition('URI="')[2].partition('"')[0])
        elif tag == "#EXT-X-STREAM-INF":
            told = [part.partition("=")[2] for part in value.split(",") if part.strip().startswith("BANDWIDTH=")]
            bits = int(told[0]) if told and told[0].isdecimal() else 0
        elif line and not line.startswith("#"):
            if bits is not None:
                found.variants.append((bits, urljoin(address, line)))
                bits = None
            else:
                found.segments.append((number, urljoin(address, line), before))
                number += 1
    return found


class Hls:
    """A live playlist's segments as one stream of bytes; it outlives a connection and goes on where it was."""

    def __init__(self, address: str, rules: Rules, stop: threading.Event) -> None:
        """Take the playlist's address, and what may be asked."""
        self._address, self._stop = address, stop
        self._rules = Rules(rules.size, FETCHING, rules.hosts)
        self._last: int | None = None
        self._before = ""
        self._held = b""
        self.missed = 0
        """Segments that were gone before they could be fetched."""

    def begin(self) -> None:
        """Forget what was held for a connection that has broken off."""
        self._held, self._before = b"", ""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end of the stream, or once the watching stops.

        Raises:
            FetchError: something cannot be fetched.
            MediaError: the playlist cannot be read.
        """
        while not self._held and not self._stop.is_set():
            playlist = self.playlist()
            due = self._due(playlist)
            if not due and playlist.ended:
                return b""
            if not due:
                self._stop.wait(min(playlist.target / 2, 3.0))
                continue
            number, address, before = due[0]
            try:
                head = self._fetched(before) if before and before != self._before else b""
                self._held = head + self._fetched(address)
            finally:
                self._last = number  # one that cannot be had is left out next time
            self._before = before
        out, self._held = self._held[:size], self._held[size:]
        return out

    def _due(self, playlist: Playlist) -> list[tuple[int, str, str]]:
        """The segments that come next."""
        there = playlist.segments
        if self._last is None or (there and there[-1][0] < self._last):  # it is entered, or has begun anew
            return there if playlist.ended and self._last is None else there[-EDGE:]
        due = [one for one in there if one[0] > self._last]
        if due and due[0][0] > self._last + 1:
            self.missed += due[0][0] - self._last - 1
        return due

    def playlist(self) -> Playlist:
        """The playlist as it is now; of several the one with most bits a second, from then on."""
        found = self._parsed()
        if found.variants:
            self._address = max(found.variants)[1]
            found = self._parsed()
        return found

    def _parsed(self) -> Playlist:
        return parsed(self._fetched(self._address, PLAYLIST).decode("utf-8", "replace"), self._address)

    def _fetched(self, address: str, most: int | None = None) -> bytes:
        rules = self._rules if most is None else Rules(most, FETCHING, self._rules.hosts)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "segment")
            fetch(address, file, rules, cancelled=self._stop.is_set)
            return file.read_bytes()


__all__ = ["FetchError", "Growing", "Hls", "Input", "Playlist", "parsed"]
