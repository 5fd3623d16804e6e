"""What can be watched: a growing file, a folder of segments, HLS or a stream over HTTP, RTSP, a camera, standard input.

Only what is named is opened. A host's addresses are looked up once and all of them checked before anything is sent
there: none may be private unless the host was named as allowed (`network/public_addresses.py`).
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ...tools.errors import MediaError, UsageError
from ..network.public_addresses import FetchError, RefusedAddressError, Rules, addresses, is_public

RTSP_PORT = 554


class Kind(StrEnum):
    """How something comes in."""

    FILE = "file"
    FOLDER = "folder"
    HTTP = "http"
    RTSP = "rtsp"
    DEVICE = "device"
    INPUT = "input"


@dataclass(frozen=True)
class Source:
    """What is watched."""

    kind: Kind
    address: str
    """Path, address, `FORMAT:NAME` of a device, or `-`."""
    name: str
    """What it is called, without a password."""

    @property
    def id(self) -> str:
        """The video's id: the same whenever this source is watched."""
        return hashlib.blake2b(f"watched\x1f{self.kind}\x1f{_bare(self.address)}".encode(), digest_size=16).hexdigest()

    @property
    def passes(self) -> bool:
        """Whether it goes on while nobody looks; what is in files or a pipe waits."""
        return self.kind in (Kind.HTTP, Kind.RTSP, Kind.DEVICE)


def source_of(text: str, name: str | None = None) -> Source:
    """What somebody named.

    Args:
        text: a file, a folder, an `http(s)` or `rtsp(s)` address, `/dev/video0`, `device:FORMAT:NAME`, or `-`.
        name: what it is to be called.

    Raises:
        MediaError: there is no such file.
        UsageError: nothing that can be watched is named so.
    """
    text = text.strip()
    if text == "-":
        return Source(Kind.INPUT, text, name or "standard input")
    if text.startswith("device:"):
        what = text.removeprefix("device:")
        if not what.partition(":")[2]:
            raise UsageError(f"a device is named as device:FORMAT:NAME, as in device:avfoundation:0, not {text!r}")
        return Source(Kind.DEVICE, what, name or what)
    if "://" in text:
        parts = _parts(text)
        kind = Kind.RTSP if parts.scheme.startswith("rtsp") else Kind.HTTP
        return Source(kind, text, name or f"{parts.hostname}{parts.path}")
    path = Path(text).expanduser()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise MediaError(f"{text[:300]}: no such file or folder, and no address") from None
    if stat.S_ISCHR(mode):
        return Source(Kind.DEVICE, f"v4l2:{path}", name or str(path))
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise UsageError(f"{text[:300]} is no file, folder or camera: pipe it into `vidscout watch -`")
    kind = Kind.FOLDER if stat.S_ISDIR(mode) else Kind.FILE
    return Source(kind, str(path.resolve()), name or f"{path.resolve().name} (live)")


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{text[:200]!r} is no address") from None
    if parts.scheme not in ("http", "https", "rtsp", "rtsps") or not host:
        raise UsageError(f"{text.partition('://')[0][:20]}:// is not watched: http, https, rtsp and rtsps are")
    if "@" in parts.netloc and not parts.scheme.startswith("rtsp"):
        raise RefusedAddressError("addresses with a user name or a password in them are not asked")
    return parts


def _bare(address: str) -> str:
    """An address without user name and password."""
    head, found, rest = address.partition("://")
    if not found:
        return address
    netloc, slash, path = rest.partition("/")
    return f"{head}://{netloc.rpartition('@')[2]}{slash}{path}"


def checked_rtsp(address: str, rules: Rules) -> str:
    """An RTSP address with its host replaced by an IP address that was checked.

    Raises:
        RefusedAddressError: it is not on the open internet.
        FetchError: there is no such host.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or RTSP_PORT
    found = addresses(host, port)
    if not found:
        raise FetchError(f"{host} has no address")
    if not rules.trusts(host, port) and not all(is_public(one) for one in found):
        raise RefusedAddressError(f"{host} is not on the open internet: --allow {host} lets it be watched")
    shown = f"[{found[0]}]" if ":" in found[0] else found[0]
    login, at, _ = parts.netloc.rpartition("@")
    port_told = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{login}{at}{shown}{port_told}"))


def new_segments(folder: Path, after: tuple[int, str] | None, whole: bool) -> Iterator[tuple[tuple[int, str], Path]]:
    """The files of a folder that came after one, oldest first, each with its place in that order.

    Args:
        folder: that is watched.
        after: time of change in nanoseconds and name of the last one that was read.
        whole: whether the newest is complete too; else it may still be written.
    """
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                state = entry.stat(follow_symlinks=False)
                if state.st_size:
                    found.append(((state.st_mtime_ns, entry.name), Path(entry.path)))
    found.sort()
    for place, path in found if whole else found[:-1]:
        if after is None or place > after:
            yield place, path
