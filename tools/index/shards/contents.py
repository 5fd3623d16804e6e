"""All that a home's SQLite file holds of one video, as rows that can be sent and written into another one's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

import numpy as np

from ...records import UNSEARCHED
from ..repairing.repair import RepairStore
from ..rows.fts import searchable
from ..rows.sqlite import Database
from ..stage_store import BY_STAGE, BY_USER, corrected_among
from ..store import frames_of, record_of, records_of

BY_VIDEO = ("videos", "stages", "observations", "failures", "names", "face_names", "frames", "records")
"""The tables whose rows are a video's; what questions computed and who reads it stay where they are."""
NAMES = ("names", "face_names")
NAMED_BY_USER = "user"
"""How a name is known that nothing which is read replaces (`people.How.USER`)."""
RECORD = "id, embedded, stage, video, start, stop, modality, text, score, source, boxes, payload"
"""A record without its number, which each file gives it by itself."""
BATCH = 2000
"""Vectors that are read at a time."""

Row = tuple[Any, ...]
KeptVector = tuple[str, str, bytes]
"""A collection, the id of one of its rows, and its float16 vector."""


@dataclass(frozen=True)
class Contents:
    """The rows of one video."""

    video: str
    """Its id."""
    tables: dict[str, tuple[str, list[Row]]]
    """By table: the names of the columns as SQL has them, and the rows."""
    encoders: list[Row] = field(default_factory=list)
    """That made its frames' vectors, or may have."""
    likenesses: list[Row] = field(default_factory=list)
    """Of people in any video, by whom those in this one are known: read with, never taken back."""
    vectors: list[KeptVector] = field(default_factory=list)
    """Empty where they are read apart, `vectors_of`."""

    def rows(self, table: str) -> list[Row]:
        """Those of one table."""
        return self.tables[table][1]


def contents_of(database: Database, video: str, with_vectors: bool = True) -> Contents:
    """All rows of a video, as they were at one moment."""
    with _snapshot(database) as db:
        tables = {}
        for table in BY_VIDEO:
            columns = RECORD if table == "records" else ", ".join(_columns(db, table))
            key = "id" if table == "videos" else "video"
            order = "order by number" if table == "records" else ""
            tables[table] = (
                columns,
                db.execute(f"select {columns} from {table} where {key} = ? {order}", [video]).fetchall(),
            )
        encoders = db.execute("select key, source from encoders order by rowid").fetchall()
        likenesses = db.execute("select name, encoder, vector, video from likenesses order by number").fetchall()
        vectors = list(_vectors(db, video)) if with_vectors else []
    return Contents(video, tables, encoders, likenesses, vectors)


def vectors_of(database: Database, video: str) -> Iterator[KeptVector]:
    """The vectors of a video's records and frames, read as they are asked for."""
    with database.reading() as db:
        yield from _vectors(db, video)


def _vectors(db: Connection, video: str) -> Iterator[KeptVector]:
    encoders = [source for (source,) in db.execute("select source from encoders where source != '' order by rowid")]
    names = [records_of(video), *(frames_of(video, encoder) for encoder in ("", *encoders))]
    for name in names:
        cursor = db.execute("select collection, id, vector from vectors where collection = ? order by rowid", [name])
        while rows := cursor.fetchmany(BATCH):
            yield from rows


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A connection whose reads all see the same moment."""
    with database.reading() as db:
        db.execute("begin")
        try:
            yield db
        finally:
            db.execute("rollback")


def _columns(db: Connection, table: str) -> list[str]:
    return [name for (name,) in db.execute("select name from pragma_table_info(?)", [table])]


class ContentsStore(RepairStore):
    """A home's tables, as far as all of a video is written into them at once."""

    def __init__(self, database: Database) -> None:
        """Work in a home's database."""
        super().__init__(database)

    def begin(self, contents: Contents) -> None:
        """Write what another home has of a video into this one, which has nothing, in one transaction."""
        with self._db.writing() as db:
            for table in BY_VIDEO:
                self._insert_rows(db, contents, table)
            db.executemany(
                "insert into likenesses (name, encoder, vector, video) values (?, ?, ?, ?)", contents.likenesses
            )
            db.executemany("insert or ignore into encoders values (?, ?)", contents.encoders)
            for name, key, vector in contents.vectors:
                self._wait(db, name, key, _full(vector))

    def take(self, contents: Contents, vectors: Iterator[KeptVector]) -> int:
        """Put all that another home has of a video in place of what this one has, in one transaction.

        What somebody corrected or named here meanwhile stays. Vectors that are new wait for Chroma. Inside a reading
        (`reading_token`), nothing is written once another one has begun.

        Args:
            contents: without vectors.
            vectors: of the same home.

        Returns:
            How many records are new.

        Raises:
            UsageError: the vectors have another length than those before.
        """
        video = contents.video
        with self._db.writing() as db:
            before = {key for (key,) in db.execute("select id from records where video = ?", [video])}
            for table in ("stages", "observations", "failures", "frames"):
                db.execute(f"delete from {table} where video = ?", [video])
                self._insert_rows(db, contents, table)
            for table in NAMES:
                db.execute(f"delete from {table} where video = ? and how != ?", (video, NAMED_BY_USER))
                self._insert_rows(db, contents, table, "or ignore ")
            left_out = self._take_records(db, contents)
            db.executemany("insert or ignore into encoders values (?, ?)", contents.encoders)
            self._take_vectors(db, video, vectors, left_out)
            columns, [row] = contents.tables["videos"]
            about = row[columns.split(", ").index("about")]
            db.execute("update videos set about = ? where id = ?", (about, video))
            [now] = db.execute("select count(*) from records where video = ?", [video]).fetchone()
            old = {key for (key,) in db.execute("select id from records where video = ?", [video])} & before
        return now - len(old)

    def _take_records(self, db: Connection, contents: Contents) -> set[str]:
        """Replace all records but those that somebody corrected; the ids of what is found where somebody did so."""
        video = contents.video
        of_reading = "video = ? and stage != ?"
        db.execute(
            f"delete from words where rowid in (select number from records where {of_reading})", (video, BY_USER)
        )
        db.execute(f"delete from records where {of_reading}", (video, BY_USER))
        rows = [row for row in contents.rows("records") if row[2] != BY_USER]
        corrected = corrected_among(db, video, [record_of(row[3:]) for row in rows])
        left_out = {row[0] for row, is_corrected in zip(rows, corrected, strict=True) if is_corrected}
        self._insert_records(db, [row for row in rows if row[0] not in left_out])
        return left_out

    def _take_vectors(self, db: Connection, video: str, vectors: Iterator[KeptVector], left_out: set[str]) -> None:
        """Have Chroma add what is new, replace what has changed and remove what has gone."""
        before = {(name, key): vector for name, key, vector in _vectors(db, video)}
        records = records_of(video)
        by_user = {key for (key,) in db.execute(f"select id from records where {BY_STAGE}", (video, BY_USER))}
        gone = {(name, key) for name, key in before if not (name == records and key in by_user)}
        collections = set()
        for name, key, vector in vectors:
            collections.add(name)
            if name == records and key in left_out:
                continue
            gone.discard((name, key))
            if before.get((name, key)) != vector:
                self._wait(db, name, key, _full(vector))
        for name in {name for name, _ in gone}:
            self._remove_vectors(db, name, [key for other, key in gone if other == name])
        for name in self._frame_collections(db, video).values():
            if name not in collections:
                self._doom(db, name)
            else:
                self._count_write(db, name)  # frames may have come or gone whose vectors were there before
        if records in collections:
            self._count_write(db, records)

    def _insert_rows(self, db: Connection, contents: Contents, table: str, how: str = "") -> None:
        columns, rows = contents.tables[table]
        if table == "records":
            self._insert_records(db, rows)
        elif rows:
            marks = ", ".join("?" * len(rows[0]))
            db.executemany(f"insert {how}into {table} ({columns}) values ({marks})", rows)

    def _insert_records(self, db: Connection, rows: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(RECORD.split(", ")))
        for row in rows:
            number = db.execute(f"insert into records ({RECORD}) values ({marks})", row).lastrowid
            if row[6] not in UNSEARCHED:
                db.execute("insert into words (rowid, text) values (?, ?)", (number, searchable(row[7])))


def _full(vector: bytes) -> np.ndarray:
    return np.frombuffer(vector, np.float16).astype(np.float32)
