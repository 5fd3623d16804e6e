"""Videos that are named by an address on the web: fetched once, where that is allowed, and then read as files."""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from ....tools.errors import UsageError

if TYPE_CHECKING:
    from ...network.public_addresses import Rules
    from ...scout import VideoScout

FOLDER = "fetched"
"""Below the home folder: the videos that were fetched, each in a folder named after its address."""
STAMP = "stamp.json"
"""By what the server says later that nothing has changed."""
LARGEST = 20 * 10**9
"""Bytes."""
LONGEST = 6 * 3600.0
"""Seconds that fetching may take."""

Fetch = Annotated[bool, typer.Option("--fetch", help="Fetch a video that is named by an address on the web.")]
"""The option of commands that may fetch."""


def is_link(name: str) -> bool:
    """Whether a video is named by an address on the web."""
    return urlsplit(name.strip()).scheme.lower() in ("http", "https")


def local(scout: "VideoScout", name: str) -> str:
    """The file that an address holds, fetched where it has changed or is not here; any other name as it is.

    Raises:
        UsageError: it is an address, and fetching is not allowed.
        FetchError: nothing could be fetched from there, or it is not on the open internet; or it is a page, and yt-dlp,
            which is an extra, is not there or finds no video on it.
        TooLargeError: it has more than `LARGEST` bytes.
    """
    if not is_link(name):
        return name
    settings = scout.settings
    if not settings.fetch:
        raise UsageError(f"{name[:200]} is an address, and fetching is off: --fetch or VIDSCOUT_FETCH=1 allows it")
    from ...network.download import fetch
    from ...network.public_addresses import Rules
    from ...network.sizes import shown_name

    url = name.strip()
    folder = settings.home / FOLDER / hashlib.blake2b(url.encode(), digest_size=12).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    stamp, known = _known(folder)
    arriving = folder / "arriving"
    got = fetch(url, arriving, Rules(LARGEST, LONGEST, settings.fetch_hosts), stamp=stamp if known else None)
    if got.unchanged and known:
        return str(known)
    if _is_page(arriving):
        arriving.unlink()
        path = _on_page(url, folder, Rules(LARGEST, LONGEST, settings.fetch_hosts))
    else:
        path = folder / shown_name(got.name)
        os.replace(arriving, path)
    (folder / STAMP).write_text(json.dumps({"file": path.name, "stamp": got.stamp}), encoding="utf-8")
    return str(path)


def _is_page(path: Path) -> bool:
    """Whether what was fetched is a page for people and no video."""
    with path.open("rb") as file:
        head = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<!--"))


def _on_page(url: str, folder: Path, rules: "Rules") -> Path:
    """The video that can be watched on a page.

    Raises:
        FetchError: there is none, or what finds it is not installed.
    """
    from ...network.public_addresses import FetchError

    try:
        from ...inbox.watch_pages import from_page
    except ImportError:
        raise FetchError(
            f"{url[:200]} is a page and no video file: name the file itself, or pip install 'vidscout[pages]'"
        ) from None
    return from_page(url, folder, rules)


def _known(folder: Path) -> tuple[dict[str, str], Path | None]:
    """What a server said of the file that it sent before, and that file; none where it is not here whole."""
    try:
        stored = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        path = folder / stored["file"]
    except (OSError, ValueError, KeyError):
        return {}, None
    return (stored["stamp"], path) if path.is_file() and stored["stamp"] else ({}, None)
