"""Removing a video: all that SQLite holds of it in one transaction, and the rest as work that is noted there.

A process that is killed in between leaves either the whole video or none of it, and what is then still to be done in
Chroma, in folders and in conversations is done by whoever opens the home next.
"""

import json
import os
import shutil
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection

from ..errors import HomeError
from .home import COMPOSITES, ENCODED, MATRICES, SET_ASIDE, SEVERAL, SHARDS, THUMBNAILS, UPLOADS, WATCHED
from .rows.sqlite import Database
from .store import State


class Owed(StrEnum):
    """What is to be done outside of SQLite for a video that was removed."""

    FOLDERS = "folders"
    """Remove a video's pictures and matrices."""
    UPLOAD = "upload"
    """Remove a file that was sent, by its path."""
    CONVERSATIONS = "conversations"
    """Remove the conversations about a video."""
    REMNANTS = "remnants"
    """Rewrite the databases, whose free pages still hold what was deleted."""


def remove(database: Database, video: str, collections: Sequence[str], *, forgotten: bool) -> bool:
    """Delete a video from every table, have Chroma drop its collections, and note what is owed; whether it was known.

    Whose a row is says its column `video` or, for vectors that wait, `collection`: in any table, whoever made it.

    Args:
        database: the home's.
        video: its id.
        collections: names that the video's collections have or would have.
        forgotten: remove uploads, conversations and remnants as well; else the video is only to be read anew.
    """
    names = json.dumps(list(collections))
    with database.writing() as db:
        owed = [(Owed.FOLDERS, os.fsencode(video))]
        if forgotten:
            owed += [(Owed.UPLOAD, path) for path in _uploads(db, video, database.home)]
            owed += [(Owed.CONVERSATIONS, os.fsencode(video)), (Owed.REMNANTS, b"")]
            db.execute("delete from identities where id = ?", [video])
        db.execute("delete from words where rowid in (select number from records where video = ?)", [video])
        found = db.execute("delete from videos where id = ?", [video]).rowcount
        for table in _tables_with(db, "video"):
            found += db.execute(f"delete from {table} where video = ?", [video]).rowcount
        for table in _tables_with(db, "collection"):
            db.execute(f"delete from {table} where collection in (select value from json_each(?))", [names])
        db.execute(
            "update collections set state = ? where name in (select value from json_each(?))", (State.DOOMED, names)
        )
        if found or forgotten:
            db.executemany("insert or ignore into removals values (?, ?)", owed)
    return found > 0


def owed(database: Database, kind: Owed | None = None) -> list[tuple[Owed, bytes]]:
    """What is still to be done, of one kind or of all: an id, a path, or nothing."""
    with database.reading() as db:
        rows = db.execute("select kind, what from removals where ? is null or kind = ?", (kind, kind)).fetchall()
    return [(Owed(kind), what) for kind, what in rows]


def settle(database: Database, kind: Owed, what: bytes) -> None:
    """Note that this has been done."""
    with database.writing() as db:
        db.execute("delete from removals where kind = ? and what = ?", (kind, what))


def remove_files(database: Database) -> None:
    """Remove the folders and uploads that are owed.

    Raises:
        HomeError: one of them cannot be removed.
    """
    for kind, what in owed(database):
        if kind == Owed.FOLDERS:
            video = os.fsdecode(what)
            for folder in (THUMBNAILS, MATRICES, COMPOSITES, WATCHED, ENCODED, SHARDS):
                _remove(database.home / folder / video)
            _remove(database.home / COMPOSITES / SEVERAL)
            # Of all videos: such a file may hold what lay in memory beside the graph when Chroma wrote it.
            _remove(database.home / SET_ASIDE)
        elif kind == Owed.UPLOAD:
            file = Path(os.fsdecode(what))
            _remove(file)
            _remove(file.with_name(f"{file.name}.json"))  # its receipt
        else:
            continue
        settle(database, kind, what)


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        pass  # somebody else does the same
    except OSError as error:
        raise HomeError(f"{path} cannot be removed ({error.strerror or error}): remove it by hand") from error


def _uploads(db: Connection, video: str, home: Path) -> list[bytes]:
    """The files in the home that were sent and have this content: the library knows every path that it identified."""
    folder = (home / UPLOADS).resolve()
    known = "select path from videos where id = :id union select path from identities where id = :id"
    paths = [Path(os.fsdecode(path)) for (path,) in db.execute(known, {"id": video})]
    return [os.fsencode(path) for path in paths if path.resolve().is_relative_to(folder)]


def _tables_with(db: Connection, column: str) -> list[str]:
    rows = db.execute(
        "select tables.name from sqlite_master as tables join pragma_table_info(tables.name) as columns "
        "where tables.type = 'table' and columns.name = ?",
        [column],
    )
    return [name for (name,) in rows]
