"""Which video is meant: the one place where a name that somebody gives becomes a video or a file."""

import os
from os import PathLike
from pathlib import Path

from ..tools.errors import UnknownVideoError, UsageError
from ..tools.index.videos import Library, Video

LINK = "vidscout://"
"""How a video that has been read is named where an address is wanted: `vidscout://ID`, or with its name."""

VideoName = str | PathLike[str]
"""A file, or the id, a beginning of the id, the name or the link of a video that has been read."""

SHOWN = 200
"""Characters of a name that an error repeats."""


def meant(library: Library, name: VideoName, *, files: bool = True) -> Video | Path:
    """The video that has been read, in whole or in part, or the file that has not been.

    Args:
        name: what somebody named it by. A file that is there goes first: its content tells which video it is.
        files: whether whoever asks may name files of this machine. Otherwise paths are not looked at, and no error
            tells one.

    Raises:
        UnknownVideoError: it is neither.
        MediaError: the file cannot be read.
        UsageError: several videos are called so.
    """
    wanted, path = str(name).strip(), Path(name)
    try:
        os.fsencode(wanted)
    except UnicodeEncodeError:  # half of a character, which no file or video is called
        raise UnknownVideoError(unknown(wanted, files)) from None
    if wanted.startswith(LINK):
        wanted, files = wanted.removeprefix(LINK).rstrip("/"), False
    if files and path.is_file():
        return library.get(library.identify(path)) or path
    if files:
        known = library.find(wanted)
        if known is None and wanted and path.exists():
            return path  # a folder or a device: reading it says what is wrong
    else:
        known = _without_paths(library, wanted)
    if known is None:
        raise UnknownVideoError(unknown(wanted, files))
    return known


def find(library: Library, name: VideoName, *, files: bool = True) -> Video:
    """Like `meant`, of videos that have been read only.

    Raises:
        UnknownVideoError: there is none.
        MediaError: the file cannot be read.
        UsageError: several videos are called so.
    """
    video = meant(library, name, files=files)
    if isinstance(video, Path):
        raise UnknownVideoError(f"{str(name)[:SHOWN]} has not been read; `vidscout videos` lists what has")
    return video


def unknown(name: str, files: bool = False) -> str:
    """The one line about a name that stands for nothing."""
    no_file = "there is no such file, and " if files else ""
    return f"no video {name[:SHOWN]!r}: {no_file}it has not been read, or has been forgotten"


def _without_paths(library: Library, wanted: str) -> Video | None:
    if "/" in wanted or "\\" in wanted:
        return None
    try:
        return library.find(wanted)
    except UsageError:  # its message has paths of this machine in it
        raise UsageError(f"several videos are called {wanted[:SHOWN]!r}: name one by its id") from None
