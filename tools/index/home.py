"""What lies in a home folder, and that only its owner can look into it.

Folders are made with mode 0700 and files with 0600, whatever the umask says. What an earlier version made for everybody
to read is tightened when the home is opened for writing; nothing is ever loosened. Elsewhere than on POSIX systems
modes say nothing, and the user's data folder is private by itself.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

DATABASE = "vidscout.sqlite"
"""Videos, records, their words, and the journal of what has been read."""
CONVERSATIONS = "conversations.sqlite"
"""States of conversations, where no other place is set for them."""
LOCK = "writing.lock"
"""Held by the process that writes."""
CHROMA = "chroma"
"""Chroma's folder: the vectors."""
THUMBNAILS = "thumbnails"
"""Pictures of the kept frames, `VIDEO/MILLISECONDS.jpg`."""
MATRICES = "matrices"
"""Frame vectors as they are multiplied with a query, a folder a video; made anew where they are missing."""
COMPOSITES = "composites"
"""Sheets of several frames, a folder a video; made anew where they are missing."""
SEVERAL = "several-videos"
"""The folder of the sheets that show frames of more than one video."""
SET_ASIDE = "damaged"
"""Graphs of vectors that could not be read any more, a folder a video; kept until the video is forgotten."""
ENCODED = "encoded"
"""What video-LLMs made of frames, `VIDEO/MODEL`; made anew where it is missing."""
SHARDS = "shards"
"""Videos that were read elsewhere and are coming in, a folder each until the index has taken it."""
WATCHED = "watched"
"""What belongs to live videos, a folder each: their last hours, standing questions and what these told of."""
LIBRARIES = "libraries"
"""Homes of the libraries that only one key or login sees, a folder an owner."""
UPLOADS = "uploads"
"""Files that were sent and have been accepted."""
ARRIVING = "arriving"
"""Files that are being sent."""
PLAYABLE = "playable"
"""Copies for browsers that cannot play a file itself; made anew where they are missing."""

_FOLDERS = (
    CHROMA, THUMBNAILS, MATRICES, COMPOSITES, UPLOADS, ARRIVING, PLAYABLE, SET_ASIDE, LIBRARIES, WATCHED, ENCODED,
    SHARDS,
)  # fmt: skip
_FILES = (DATABASE, CONVERSATIONS, LOCK)
_NEIGHBOURS = ("config.toml",)
"""What lies in the same folder on macOS, and is not the home's."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_POSIX = os.name == "posix"


def private_folder(folder: Path) -> Path:
    """Make a folder, with those above it that are missing, for its owner only; one that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    at = folder
    while not at.is_dir():
        missing.append(at)
        at = at.parent
    for made in reversed(missing):
        with contextlib.suppress(FileExistsError):
            made.mkdir(0o700)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    return folder


def private_file(file: Path) -> Path:
    """Make an empty file for its owner only; one that is there stays as it is.

    SQLite gives its log and its journal the mode of the file that they belong to. A file that is there is not even
    opened: closing it would take from this process the locks that SQLite holds on it.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return file


def write_private(file: Path, content: bytes) -> None:
    """Write a whole file for its owner only, its folder too; whoever looks sees nothing or all of it.

    Raises:
        OSError: it cannot be written.
    """
    private_folder(file.parent)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    private_file(part).write_bytes(content)
    part.replace(file)


def open_private(home: Path) -> Path:
    """Make a home, or take from others the right to look into one that is there.

    Where a folder holds other things too, only what is the home's in it is tightened.

    Raises:
        OSError: it cannot be made.
    """
    private_folder(home)
    if _POSIX:
        with os.scandir(home) as entries:
            names = {entry.name for entry in entries}
        ours = {name for name in names if name in _FOLDERS or name.startswith(_FILES)} if DATABASE in names else set()
        for name in ours:
            tighten(home / name)
        if not names - ours - {*_NEIGHBOURS}:
            _only_for_owner(home)
    return home


def tighten(path: Path, again: bool = False) -> None:
    """Take every right from others on a file, or on a folder and all that it holds; only what is this user's own.

    A folder is tightened after its content, so that one which is private already needs no look into it, but where
    `again` says that somebody else has written there since.
    """
    if not _POSIX or path.is_symlink() or not (again or _open_to_others(path)):
        return
    if path.is_dir():
        for part in _content(path):
            _only_for_owner(part)
    _only_for_owner(path)


def _content(folder: Path) -> Iterator[Path]:
    for at, _, names in os.walk(folder, topdown=False):
        yield from (Path(at, name) for name in names)
        if Path(at) != folder:
            yield Path(at)


def _open_to_others(path: Path) -> bool:
    try:
        return bool(path.lstat().st_mode & _OTHERS)
    except OSError:
        return False


def _only_for_owner(path: Path) -> None:
    with contextlib.suppress(OSError):  # it has gone meanwhile, or lies on a disk that cannot be written
        state = path.lstat()
        if state.st_mode & _OTHERS and state.st_uid == os.geteuid() and not stat.S_ISLNK(state.st_mode):
            path.chmod(stat.S_IMODE(state.st_mode) & ~_OTHERS)
