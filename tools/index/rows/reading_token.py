"""Which reading of a video may write: the one that began last, for as long as the video is not forgotten.

A process that reads a video while another one forgets it, or reads it anew, would otherwise leave findings of a video
that is not there, or half of each reading. So every transaction of a reading looks whether the token is still its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from sqlite3 import Connection

from ...errors import SupersededError

_held: ContextVar[tuple[str, str] | None] = ContextVar("vidscout_reading_token", default=None)


@contextmanager
def holding(video: str, token: str) -> Iterator[None]:
    """Let transactions inside the block, and in threads that inherit its context, write only while this token holds."""
    before = _held.set((video, token))
    try:
        yield
    finally:
        _held.reset(before)


@contextmanager
def released() -> Iterator[None]:
    """Let transactions inside the block write whoever reads: what removes the video itself."""
    before = _held.set(None)
    try:
        yield
    finally:
        _held.reset(before)


def claim(db: Connection, video: str, token: str) -> None:
    """Make this the reading of a video, in a transaction; an earlier one that still runs writes no more."""
    db.execute("insert or replace into readings values (?, ?)", (video, token))


def check(db: Connection) -> None:
    """Make sure that what is being read is still to be read by this reading; nothing outside of one.

    Raises:
        SupersededError: it is not.
    """
    if (held := _held.get()) is None:
        return
    video, token = held
    row = db.execute("select token from readings where video = ?", [video]).fetchone()
    if row is None:
        raise SupersededError(f"video {video[:12]} was forgotten while it was read")
    if row[0] != token:
        raise SupersededError(f"video {video[:12]} is read by another vidscout, which goes on with it")
