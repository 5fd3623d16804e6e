"""Forgetting a video in conversations: those in which it was asked about or cited are removed as a whole.

A conversation's checkpoints hold questions, evidence and answers, each of them again in every later one; none can be
cut out without the others.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from ...tools.errors import BackendUnavailableError, HomeError, UsageError
from ...tools.index.video_index import WAIT_FOR_WRITER, VideoIndex

_IN_A_FILE = """
select thread_id from checkpoints where instr(checkpoint, :id) or instr(metadata, :id)
union select thread_id from writes where instr(value, :id)
"""
_ON_POSTGRES = """
select thread_id from checkpoints where position(%(text)s in checkpoint::text || metadata::text) > 0
union select thread_id from checkpoint_blobs where position(%(id)s in blob) > 0
union select thread_id from checkpoint_writes where position(%(id)s in blob) > 0
"""


def finish_forgetting(index: VideoIndex, conversations: str | Path, wait: float = WAIT_FOR_WRITER) -> None:
    """Remove the conversations about videos that were forgotten, and what is left of them in free pages.

    Args:
        index: knows which videos were forgotten and not yet removed everywhere.
        conversations: where their states are kept, as `open_checkpointer` takes it.
        wait: seconds that another process's write may take.

    Raises:
        BackendUnavailableError: PostgreSQL's client is not installed.
        HomeError: a file cannot be written, or is in use.
        UsageError: the server does not answer, or refuses.
    """
    for video in index.owed_conversations():
        forget_conversations(conversations, video)
        index.talks.forget_about(video)
        index.conversations_removed(video)
    index.remove_remnants(wait)


def forget_conversations(where: str | Path, video: str) -> None:
    """Remove every conversation in which a video was asked about or cited, with all that it holds.

    A PostgreSQL server overwrites the bytes of what was deleted in its own time (`VACUUM`), and keeps them in its
    log and backups for as long as it was told to.

    Args:
        where: as `open_checkpointer` takes it.
        video: the video's id, which is looked for in everything that was kept.

    Raises:
        BackendUnavailableError, HomeError, UsageError: as `finish_forgetting`.
    """
    from .checkpoints import POSTGRES

    if "://" in str(where) and urlsplit(str(where)).scheme in POSTGRES:
        _forget_on_postgres(str(where), video)
    elif Path(where).is_file():
        _forget_in_a_file(Path(where), video)


def _forget_in_a_file(file: Path, video: str) -> None:
    from .checkpoints import PATIENCE

    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)) as db:
            db.execute("pragma secure_delete = on")
            tables = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
            if not {"checkpoints", "writes"} <= tables:
                return
            db.execute("begin immediate")
            threads = db.execute(_IN_A_FILE, {"id": os.fsencode(video)}).fetchall()
            for table in ("checkpoints", "writes"):
                db.executemany(f"delete from {table} where thread_id = ?", threads)
            db.execute("commit")
            db.execute("vacuum")  # pages that were freed, or copied from, keep their bytes until then
            [busy, *_] = db.execute("pragma wal_checkpoint(truncate)").fetchone()
            if busy:
                raise HomeError(f"{file} is in use: what was forgotten leaves it when a vidscout is started next")
    except sqlite3.Error as error:
        raise HomeError(f"conversations cannot be removed from {file} ({error})") from error


def _forget_on_postgres(url: str, video: str) -> None:
    from .checkpoints import PATIENCE

    try:
        import psycopg
    except ImportError:
        raise BackendUnavailableError(
            "checkpoints in PostgreSQL need its client: pip install 'vidscout[serve]'"
        ) from None
    try:
        connect: Any = psycopg.connect
        with connect(url, connect_timeout=PATIENCE) as db:
            found = db.execute(
                "select count(*) from information_schema.tables where table_schema = current_schema() "
                "and table_name in ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes')"
            ).fetchone()
            if cast("tuple[int]", found)[0] < 3:
                return
            rows = db.execute(_ON_POSTGRES, {"text": video, "id": os.fsencode(video)}).fetchall()
            threads = [thread for (thread,) in rows]
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                db.execute(f"delete from {table} where thread_id = any(%s)", [threads])
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"conversations cannot be removed from PostgreSQL: {reason}") from None
