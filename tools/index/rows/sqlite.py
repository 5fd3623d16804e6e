"""The SQLite file of a home folder, for any number of threads and processes.

It is in write-ahead mode, so that readers and the one writer never wait for each other, also from another process.
"""

import contextlib
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ...errors import HomeError
from ..home import DATABASE, open_private, private_file
from ..migrations import NEWEST, migrate, version
from . import reading_token

BUSY_SECONDS = 10.0
"""How long a write waits for another process's transaction before it gives up."""

MIGRATION_SECONDS = 300.0
"""How long opening an old home waits for another process that is bringing it up to date."""

WHAT_TO_DO = "choose another folder with --home or VIDSCOUT_HOME"


class Database:
    """Connections to one home's file. Reads run side by side, each on a connection of its own; writes take turns,
    each one transaction. Every failure of SQLite leaves as a `HomeError` with one line.
    """

    def __init__(self, home: Path, read_only: bool = False) -> None:
        """Open the file; create folder, file and tables, and bring old tables up to date, unless `read_only`.

        Args:
            home: the folder.
            read_only: touch nothing. Works where the folder cannot be written, also on a read-only disk. An index of
                an earlier version is copied and the copy brought up to date.

        Raises:
            HomeError: the folder cannot be created, read or written, or holds what is not a vidscout index, or one that
                a newer vidscout made.
        """
        self.home = home.expanduser().absolute()
        self.read_only = read_only
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._write_lock = threading.RLock()
        self._snapshot: tempfile.TemporaryDirectory[str] | None = None
        self._closed = False
        try:
            if read_only:
                self._uri = self._readable_uri()
            else:
                private_file(open_private(self.home) / DATABASE)
                self._uri = f"file:{quote(str(self.home / DATABASE))}"
        except OSError as error:
            raise HomeError(
                f"the folder {self.home} cannot be used ({error.strerror or error}): {WHAT_TO_DO}"
            ) from error
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _readable_uri(self) -> str:
        """How to open a file that must not be written.

        SQLite itself writes beside a file in write-ahead mode, also to read it. Where it cannot, the file is taken as
        one that nobody changes, or copied where there is more in its log.
        """
        file = self.home / DATABASE
        if not file.is_file():
            raise HomeError(f"there is no index in {self.home}: add a video first, or {WHAT_TO_DO}")
        uri = f"file:{quote(str(file))}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
                db.execute("select 1 from sqlite_master").fetchall()
            return uri
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                return uri  # it says what is wrong when it is opened
            log = file.with_name(f"{DATABASE}-wal")
        if not (log.exists() and log.stat().st_size):
            return f"{uri}&immutable=1"
        self._snapshot = tempfile.TemporaryDirectory(prefix="vidscout-")
        for part in (file, log):
            shutil.copyfile(part, Path(self._snapshot.name) / part.name)
        return f"file:{quote(str(Path(self._snapshot.name) / DATABASE))}"

    def _open(self) -> None:
        with self.reading() as db:
            made_by = version(db)
        if made_by > NEWEST:
            raise HomeError(self._too_new)
        if not self.read_only:
            with self._explained():
                self._writer = self._connect()
                self._log_ahead(self._writer)
                # Also where no step is missing: a file that can be read but not written must say so now, not after an
                # hour of work.
                if made_by < NEWEST or not self._is_busy(self._writer):
                    self._bring_up_to_date(self._writer)
        elif 0 < made_by < NEWEST:
            with self._explained():
                self._read_a_migrated_copy()

    def _is_busy(self, db: sqlite3.Connection) -> bool:
        """Whether another process is in a transaction now; then the file can be written, and nobody waits to ask."""
        try:
            db.execute("pragma busy_timeout = 0")
            db.execute("begin immediate")
            db.execute("rollback")
            return False
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return True
        finally:
            db.execute(f"pragma busy_timeout = {round(BUSY_SECONDS * 1000)}")

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        db.execute(f"pragma busy_timeout = {round(MIGRATION_SECONDS * 1000)}")
        if not migrate(db):
            raise HomeError(self._too_new)
        db.execute(f"pragma busy_timeout = {round(BUSY_SECONDS * 1000)}")

    def _read_a_migrated_copy(self) -> None:
        self._snapshot = self._snapshot or tempfile.TemporaryDirectory(prefix="vidscout-")
        copy = Path(self._snapshot.name) / f"migrated-{DATABASE}"
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as into:
            with self.reading() as db:
                db.backup(into)
            self._bring_up_to_date(into)
        with self._lock:
            while self._idle:
                self._idle.pop().close()
        self._uri = f"file:{quote(str(copy))}"

    @property
    def _too_new(self) -> str:
        return f"{self.home} was made by a newer vidscout: upgrade vidscout, or {WHAT_TO_DO}"

    def _log_ahead(self, db: sqlite3.Connection) -> None:
        """Put the file into write-ahead mode. For this, SQLite does not wait where another process is just doing it."""
        give_up = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                db.execute("pragma journal_mode = wal")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(0.02)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HomeError(self._in_one_line(str(error))) from error

    def _in_one_line(self, said: str) -> str:
        if "locked" in said or "busy" in said:
            return f"another vidscout is writing in {self.home}: try again when it has finished"
        if "readonly" in said or "unable to open" in said:
            return f"the folder {self.home} cannot be written: {WHAT_TO_DO}"
        if "full" in said:
            return f"the disk that holds {self.home} is full: free some space, or {WHAT_TO_DO}"
        if "not a database" in said or "malformed" in said:
            return f"{self.home / DATABASE} is damaged ({said}): move {self.home} away and add the videos again"
        if "no such table" in said:
            return f"there is no index in {self.home}: add a video first, or {WHAT_TO_DO}"
        if "fts5" in said:
            return (
                "this Python's SQLite was built without FTS5 (full-text search): use a Python from python.org or conda"
            )
        return f"{self.home / DATABASE} cannot be used ({said}): {WHAT_TO_DO}"

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # A process that is killed loses nothing; only a power cut can cost the last transactions.
        db.execute("pragma synchronous = normal")
        db.execute("pragma secure_delete = on")
        return db

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with, nobody else's meanwhile."""
        with self._lock:
            if self._closed:
                raise HomeError(f"the index in {self.home} was closed")
            db = self._idle.pop() if self._idle else None
        with self._explained():
            db = db or self._connect()
            try:
                yield db
            finally:
                with self._lock:
                    if self._closed:
                        db.close()
                    else:
                        self._idle.append(db)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction: all of it is kept, or nothing where the block raises."""
        if self.read_only:
            raise HomeError(f"the index in {self.home} was opened for reading only: {WHAT_TO_DO}")
        with self._write_lock, self._explained():
            if self._writer is None:
                raise HomeError(f"the index in {self.home} was closed")
            if self._writer.in_transaction:
                raise RuntimeError("a transaction inside a transaction")
            self._writer.execute("begin immediate")
            try:
                reading_token.check(self._writer)
                yield self._writer
                self._writer.execute("commit")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                raise

    def compact(self) -> None:
        """Rewrite the file and empty its log: free pages, and pages from which rows have moved, keep old bytes.

        Raises:
            HomeError: somebody else is reading or writing for too long, or the disk is full.
        """
        with self._write_lock, self._explained():
            if self._writer is None:
                raise HomeError(f"the index in {self.home} was closed")
            self._writer.execute("vacuum")
            [busy, *_] = self._writer.execute("pragma wal_checkpoint(truncate)").fetchone()
        if busy:
            raise HomeError(f"{self.home} is in use: what was forgotten leaves its files when a vidscout starts next")

    def close(self) -> None:
        """Close every connection; a read that still runs closes its own."""
        with self._write_lock, self._lock:
            self._closed = True
            for db in self._idle:
                db.close()
            self._idle.clear()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        if self._snapshot is not None:
            self._snapshot.cleanup()
            self._snapshot = None
