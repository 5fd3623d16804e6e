"""Which videos are known, by what is in their files.

A home folder holds `vidscout.sqlite` (its tables are made in `migrations/`), `chroma/` and `thumbnails/`.
"""

import json
import os
import stat
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Literal

from ..errors import UsageError
from . import removal
from .rows import reading_token
from .rows.sqlite import Database
from .rows.stage_journal import StageJournal

MIN_PREFIX = 6
"""Shortest beginning of a video id that stands for it."""


@dataclass(frozen=True, slots=True)
class Video:
    """One known video, by the hash of what is in the file."""

    id: str
    name: str
    """The file's base name when it was last added; not unique."""
    path: Path
    """Where the file was last seen; it need not be there any more."""
    duration: float = 0.0
    """Seconds."""
    width: int = 0
    """Pixels."""
    height: int = 0
    """Pixels."""
    fps: float = 0.0
    """Average frames a second."""
    has_audio: bool = False
    has_video: bool = True
    size: int = 0
    """Bytes."""
    status: Literal["reading", "ready"] = "reading"
    """`ready` once every stage that was to read it has been over it; `StageJournal` knows how each of them stands."""
    added: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    """ISO 8601, UTC."""
    counts: dict[str, int] = field(default_factory=dict)
    """Records a modality, kept frames, and whatever else ingest counted."""
    notes: list[str] = field(default_factory=list)
    """What reading it skipped or failed at."""
    audio_track: str = ""
    """Which audio track to listen to, where somebody said so for this video; else the setting decides."""


_ABOUT = [item.name for item in fields(Video) if item.name not in {"id", "name", "path", "added"}]
_KINDS: dict[str, Any] = {
    name: (int, float) if isinstance(value, float) else type(value)
    for name, value in asdict(Video("", "", Path())).items()
}
"""The type of what a row holds of each field."""


class Library:
    """The videos of one home, the journal of how each stage read them, and what questions computed."""

    def __init__(self, home: Path, read_only: bool = False) -> None:
        """Open the library of a home folder, creating it unless `read_only`.

        Raises:
            HomeError: the folder cannot be created, read or written.
        """
        self.database = Database(home, read_only)
        self.journal = StageJournal(self.database)
        self.home = self.database.home
        self.read_only = read_only
        self._identified: dict[tuple[bytes, int, int, int], str] = {}

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    # The videos

    def put(self, video: Video) -> None:
        """Write a video, in place of what was known of it."""
        with self.database.writing() as db:
            self._put(db, video)

    @staticmethod
    def _put(db: Connection, video: Video) -> None:
        about = {name: value for name, value in asdict(video).items() if name in _ABOUT}
        db.execute(
            "insert or replace into videos (id, path, name, added, about) values (?, ?, ?, ?, ?)",
            (video.id, _as_stored(video.path), _readable(video.name), video.added, json.dumps(about)),
        )

    def begin_reading(self, video: Video, token: str) -> None:
        """As `put`, by a reading that from now on is the only one to write of this video (`reading_token`)."""
        with self.database.writing() as db:
            reading_token.claim(db, video.id, token)
            self._put(db, video)

    def check_reading(self) -> None:
        """Make sure that what is being read here is still to be read by this reading.

        Raises:
            SupersededError: it is not.
        """
        with self.database.reading() as db:
            reading_token.check(db)

    def get(self, video: str) -> Video | None:
        """The video of exactly this id."""
        return next(iter(self._where("id = ?", _readable(video))), None)

    def all(self) -> list[Video]:
        """Every video in the order they were added."""
        return self._where("true")

    def find(self, wanted: str | Path) -> Video | None:
        """A video by its id, a beginning of its id, its recorded path or its base name.

        Raises:
            UsageError: several videos have that name or beginning; the message lists them.
        """
        text = str(wanted).strip()
        if not text:
            return None
        if found := self.get(text):
            return found
        if at_path := self._where("path = ?", _as_stored(Path(text))):
            return at_path[-1]  # where the file has changed, the video added last is the one it holds
        found = self._where("name = ?", _readable(text))
        if not found and len(text) >= MIN_PREFIX and text.isalnum():
            found = self._where("substr(id, 1, ?) = ?", len(text), text.lower())
        if len(found) > 1:
            several = ", ".join(f"{video.id[:12]} ({video.path})" for video in found)
            raise UsageError(f"{text!r} stands for several videos, name one by its id or path: {several}")
        return found[0] if found else None

    def remove(self, video: str, collections: Sequence[str] = (), *, forgotten: bool = False) -> bool:
        """Delete a video from every table, and note what is to be done elsewhere (`removal`); whether it was known.

        Args:
            video: its id.
            collections: names of its collections of vectors.
            forgotten: it is to leave no trace; else it is only to be read anew.
        """
        known = removal.remove(self.database, video, collections, forgotten=forgotten)
        self._identified = {key: known_id for key, known_id in self._identified.items() if known_id != video}
        return known

    def _where(self, condition: str, *values: object) -> list[Video]:
        query = f"select id, path, name, added, about from videos where {condition} order by added, rowid"
        with self.database.reading() as db:
            rows = db.execute(query, values).fetchall()
        return [
            Video(id=key, path=Path(os.fsdecode(path)), name=name, added=added, **_about(about))
            for key, path, name, added, about in rows
        ]

    def identify(self, path: str | Path) -> str:
        """The content id of a media file, hashed once for as long as the file keeps its size, time and inode.

        The same bytes under another path are the same video; other bytes under the same name are another one.

        Raises:
            MediaError: the file cannot be read.
        """
        from ..media.video import content_id

        file = Path(path).expanduser().absolute()
        before = state_of(file)
        if before is None:
            return content_id(file)  # a device, a pipe or nothing at all: it says what is wrong
        key = (_as_stored(file), *before)
        if known := self._identified.get(key):
            return known
        with self.database.reading() as db:
            row = db.execute(
                "select id from identities where path = ? and size = ? and mtime_ns = ? and inode = ?", key
            ).fetchone()
        found = row[0] if row else content_id(file)
        if state_of(file) != before:
            return found  # still being written: its content will be another one
        if row is None and not self.read_only:
            with self.database.writing() as db:
                db.execute("insert or replace into identities values (?, ?, ?, ?, ?)", (*key, found))
        self._identified[key] = found
        return found

    # What a question computed and the next one can use

    def cached(self, key: str) -> bytes | None:
        """What was cached under a key."""
        with self.database.reading() as db:
            row = db.execute("select value from cache where key = ?", (key,)).fetchone()
        return row[0] if row else None

    def cache(self, key: str, value: bytes, video: str = "") -> None:
        """Keep a value under a key until its video is removed; nothing where the home is only read."""
        if self.read_only:
            return
        with self.database.writing() as db:
            db.execute("insert or replace into cache (key, video, value) values (?, ?, ?)", (key, video, value))


def _about(stored: str) -> dict[str, Any]:
    """What a row tells of a video: the fields of today. Others, as those of another version, are left out, and what
    is no such row at all tells nothing."""
    try:
        told = json.loads(stored)
    except ValueError:
        told = None
    known = {name: value for name, value in told.items() if name in _ABOUT} if isinstance(told, dict) else {}
    fit = {name: value for name, value in known.items() if isinstance(value, _KINDS[name])}
    return fit if told is not None else {"notes": ["what was known of this video is damaged: read it again"]}


def _as_stored(path: Path) -> bytes:
    """An absolute path byte by byte: file names need not be text."""
    return os.fsencode(path.expanduser().absolute())


def _readable(name: str) -> str:
    """A name as text, with bytes that are none written out."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def state_of(file: Path) -> tuple[int, int, int] | None:
    """Size in bytes, time of change in nanoseconds and inode of a regular file; None where there is none."""
    try:
        state = file.stat()
    except OSError:
        return None
    return (state.st_size, state.st_mtime_ns, state.st_ino) if stat.S_ISREG(state.st_mode) else None
