"""What SQLite holds of an index: records and their words, which frames are kept, and what Chroma is still to do.

A record and its vector go into one transaction, the vector to wait here until Chroma has it. So a process that is
killed in between leaves nothing half done: the next writer carries on.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from hashlib import blake2b
from math import inf
from sqlite3 import Connection
from typing import Any

import numpy as np

from ..errors import HomeError, UsageError
from ..payloads import from_json, to_json
from ..records import UNEMBEDDED, UNSEARCHED, Box, Modality, Record, Span
from ..runtime.notes import note
from ..words import one_line
from .rows.filters import Filter
from .rows.fts import match_expression, searchable
from .rows.sqlite import Database
from .vectors import kept_vectors

_COLUMNS = "video, start, stop, modality, text, score, source, boxes, payload"


class State(IntEnum):
    """Where a collection of vectors is between SQLite and Chroma."""

    ANNOUNCED = 0
    """Its first vectors wait here."""
    THERE = 1
    """Chroma has it."""
    DOOMED = 2
    """Chroma is to drop it."""


def records_of(video: str) -> str:
    """The collection with the vectors of a video's records."""
    return f"records-{video}"


def frames_of(video: str, encoder: str = "") -> str:
    """The collection with the vectors of a video's frames by an encoder; by default those in the texts' own space."""
    return f"frames.{encoder_key(encoder)}-{video}" if encoder else f"frames-{video}"


def encoder_key(encoder: str) -> str:
    """What stands for an encoder's source in the names of its collections, which may hold few signs."""
    return blake2b(encoder.encode(), digest_size=6).hexdigest()


class Store:
    """The index's tables in a home's SQLite file."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._labels: dict[object, list[str]] = {}
        """Of the videos asked about last, by what was there then."""

    # Records

    def put(self, records: Sequence[Record], vectors: np.ndarray | None) -> int:
        """Write records, and vectors (unit, one a record) to wait for Chroma; how many records were new.

        A record that is there already takes the new score, boxes and payload, and a vector if it had none.

        Raises:
            UsageError: the vectors have another length than those before.
        """
        with self._db.writing() as db:
            return self.put_in(db, records, vectors)

    def put_in(self, db: Connection, records: Sequence[Record], vectors: np.ndarray | None) -> int:
        """The work of `put`, inside somebody's transaction."""
        new = 0
        keys = [record.id for record in records]
        known = dict(
            db.execute(
                "select id, embedded from records where id in (select value from json_each(?))", [json.dumps(keys)]
            )
        )
        for at, (key, record) in enumerate(zip(keys, records, strict=True)):
            embed = vectors is not None and record.modality not in UNEMBEDDED
            if key not in known:
                self._insert(db, key, record, embed)
                new += 1
            else:
                db.execute(
                    "update records set score = ?, boxes = ?, payload = ?, embedded = max(embedded, ?) where id = ?",
                    (record.score, _boxes(record), _payload(record), embed, key),
                )
            if embed and vectors is not None and not known.get(key):
                self._wait(db, records_of(record.video), key, vectors[at])
            known[key] = embed or known.get(key, False)
        return new

    def _insert(self, db: Connection, key: str, record: Record, embed: bool) -> None:
        number = db.execute(
            f"insert into records (id, embedded, {_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                embed,
                record.video,
                record.span.start,
                record.span.end,
                record.modality.value,
                record.text,
                record.score,
                record.source,
                _boxes(record),
                _payload(record),
            ),
        ).lastrowid
        if record.modality not in UNSEARCHED:
            db.execute("insert into words (rowid, text) values (?, ?)", (number, searchable(record.text)))

    def matching(self, text: str, where: Filter, limit: int) -> dict[str, float]:
        """Ids of the records that have words of a text, best first, with their BM25 score, higher is better."""
        if not (expression := match_expression(text)):
            return {}
        condition, values = where.sql
        with self._db.reading() as db:
            return dict(
                db.execute(
                    "select records.id, -bm25(words) from words join records on records.number = words.rowid "
                    f"where words match ? and {condition} order by bm25(words), records.number limit ?",
                    (expression, *values, limit),
                )
            )

    def embedded(self, where: Filter, among: Iterable[str] | None = None) -> list[str]:
        """Ids of the records that pass a filter and have a vector; only those `among` where it is given."""
        condition, values = where.sql
        if among is not None:
            condition += " and id in (select value from json_each(?))"
            values = [*values, json.dumps(list(among))]
        with self._db.reading() as db:
            return [key for (key,) in db.execute(f"select id from records where embedded and {condition}", values)]

    def by_id(self, ids: Iterable[str]) -> dict[str, Record]:
        """Records by their ids, in no order; those that are there."""
        with self._db.reading() as db:
            rows = db.execute(
                f"select id, {_COLUMNS} from records where id in (select value from json_each(?))",
                [json.dumps(list(ids))],
            ).fetchall()
        return {key: record for key, *row in rows for record in _readable([row])}

    def timeline(self, where: Filter) -> list[Record]:
        """Records by time, then modality and text."""
        return self._select(*where.sql)

    def _select(self, condition: str, values: Sequence[Any], limit: int = -1) -> list[Record]:
        with self._db.reading() as db:
            rows = db.execute(
                f"select {_COLUMNS} from records where {condition} order by start, stop, modality, text limit ?",
                [*values, limit],
            ).fetchall()
        return list(_readable(rows))

    def labels(self, videos: Collection[str]) -> list[str]:
        """Every label of which objects were found in these videos, by name."""
        condition, values = Filter(videos, [Modality.OBJECT]).sql
        with self._db.reading() as db:
            there = db.execute(f"select count(*), max(number) from records where {condition}", values).fetchone()
            key = (tuple(videos), there)
            if key not in self._labels:
                rows = db.execute(
                    "select distinct json_extract(item.value, '$[0]') from records, "
                    f"json_each(records.payload, '$.numbers') as item where {condition} order by 1",
                    values,
                ).fetchall()
                self._labels = {key: [label for (label,) in rows]}
            return self._labels[key]

    def stats(self, video: str | None) -> dict[str, int]:
        """How many records of each modality and how many `frames`, of one video or of all."""
        condition, values = Filter(None if video is None else [video]).sql
        with self._db.reading() as db:
            counts = dict(
                db.execute(f"select modality, count(*) from records where {condition} group by modality", values)
            )
            [counts["frames"]] = db.execute(f"select count(*) from frames where {condition}", values).fetchone()
        return counts

    # Frames

    def put_frames(self, video: str, frames: Mapping[int, tuple[float, Mapping[str, np.ndarray]]]) -> None:
        """Note new frames by their milliseconds: time in seconds, and unit vectors by encoder that wait for Chroma.

        Raises:
            UsageError: the vectors have another length than those before.
        """
        with self._db.writing() as db:
            for ms, (time, vectors) in frames.items():
                db.execute("insert into frames values (?, ?, ?)", (video, ms, time))
                for encoder, vector in vectors.items():
                    self._name_encoder(db, encoder)
                    self._wait(db, frames_of(video, encoder), str(ms), vector)

    def _name_encoder(self, db: Connection, encoder: str) -> None:
        db.execute("insert or ignore into encoders values (?, ?)", (encoder_key(encoder), encoder))

    def encoders(self, video: str) -> list[str]:
        """The encoders that a video's frames have vectors of; an empty one stands for the texts' own space."""
        with self._db.reading() as db:
            return [encoder for encoder, name in self._frame_collections(db, video).items() if _exists(db, name)]

    def _frame_collections(self, db: Connection, video: str) -> dict[str, str]:
        """The names that a video's collections of frames have, or would have, by encoder."""
        known = [source for (source,) in db.execute("select source from encoders where source != '' order by rowid")]
        return {encoder: frames_of(video, encoder) for encoder in ("", *known)}

    def frames(self, video: str) -> dict[int, float]:
        """Milliseconds, which name a kept frame, and its time in seconds, in order."""
        with self._db.reading() as db:
            return dict(db.execute("select ms, time from frames where video = ? order by ms", [video]))

    def nearest_frame(self, video: str, time: float, before: float = inf) -> int | None:
        """The milliseconds of the kept frame nearest to a time in seconds; one up to `before` comes first."""
        with self._db.reading() as db:
            row = db.execute(
                "select ms from frames where video = ? order by time > ?, abs(time - ?), ms limit 1",
                (video, before, time),
            ).fetchone()
        return row[0] if row else None

    # What Chroma has, and is still to do

    def _wait(self, db: Connection, name: str, key: str, vector: np.ndarray) -> None:
        db.execute("insert or ignore into collections values (?, ?, ?)", (name, len(vector), State.ANNOUNCED))
        [size] = db.execute("select dimensions from collections where name = ?", [name]).fetchone()
        if size != len(vector):
            raise UsageError(
                f"{name} holds vectors of {size} numbers, not {len(vector)}: another embedding model made them; "
                "remove the video and add it again"
            )
        db.execute("insert or replace into waiting values (?, ?, ?)", (name, key, vector.tobytes()))
        kept_vectors.keep(db, name, key, vector)

    def collections(
        self, prefix: str, dimensions: int, videos: Collection[str] | None, without: Collection[str] = ()
    ) -> list[str]:
        """The videos, of these or of all, that have such a collection in Chroma, `without` some.

        Raises:
            UsageError: one of them holds vectors of another length.
        """
        with self._db.reading() as db:
            rows = db.execute(
                "select substr(name, ?), dimensions from collections where name glob ? and state = ? order by name",
                (len(prefix) + 1, f"{prefix}*", State.THERE),
            ).fetchall()
        among = None if videos is None else {*videos}
        chosen = {video: size for video, size in rows if (among is None or video in among) and video not in without}
        for video, size in chosen.items():
            if size != dimensions:
                raise UsageError(
                    f"video {video[:12]} was added with another embedding model ({size} numbers a vector, the query "
                    f"has {dimensions}): add it again"
                )
        return list(chosen)

    def dimensions(self, name: str) -> int:
        """Numbers in each vector of a collection; 0 where Chroma does not have it."""
        with self._db.reading() as db:
            row = db.execute(
                "select dimensions from collections where name = ? and state = ?", (name, State.THERE)
            ).fetchone()
        return row[0] if row else 0

    def has(self, name: str) -> bool:
        """Whether Chroma should have this collection."""
        with self._db.reading() as db:
            row = db.execute("select state from collections where name = ?", [name]).fetchone()
        return row is not None and row[0] == State.THERE

    def unfinished(self) -> bool:
        """Whether Chroma is still to do something."""
        with self._db.reading() as db:
            query = (
                "select exists (select 1 from waiting) or exists (select 1 from leaving) "
                "or exists (select 1 from collections where state = ?)"
            )
            return bool(db.execute(query, [State.DOOMED]).fetchone()[0])

    def next_waiting(self, limit: int) -> tuple[str, list[str], np.ndarray] | None:
        """A collection, with ids and vectors that wait for it; None where nothing waits."""
        with self._db.reading() as db:
            rows = db.execute(
                "select collection, id, vector from waiting where collection = (select min(collection) from waiting) "
                "order by rowid limit ?",
                [limit],
            ).fetchall()
        if not rows:
            return None
        return rows[0][0], [row[1] for row in rows], np.stack([np.frombuffer(row[2], np.float32) for row in rows])

    def arrived(self, name: str, ids: Sequence[str]) -> int:
        """Note that Chroma has these vectors; the new count of writes."""
        with self._db.writing() as db:
            db.execute(
                "delete from waiting where collection = ? and id in (select value from json_each(?))",
                (name, json.dumps(ids)),
            )
            db.execute("update collections set state = ? where name = ?", (State.THERE, name))
            return self._count_write(db, name)

    def collections_of(self, video: str) -> list[str]:
        """The names that a video's collections have, or would have."""
        with self._db.reading() as db:
            return [records_of(video), *self._frame_collections(db, video).values()]

    def compact(self) -> None:
        """Take words that no record has any more out of the full-text index, which keeps them until segments merge."""
        with self._db.writing() as db:
            db.execute("insert into words (words) values ('optimize')")

    def _doom(self, db: Connection, name: str) -> None:
        """Have Chroma drop a collection, with what waits to come into it or to leave it."""
        for table in ("waiting", "leaving"):
            db.execute(f"delete from {table} where collection = ?", [name])
        kept_vectors.drop(db, name)
        db.execute("update collections set state = ? where name = ?", (State.DOOMED, name))

    def doomed(self) -> list[str]:
        """The collections that Chroma is to drop."""
        with self._db.reading() as db:
            return [name for (name,) in db.execute("select name from collections where state = ?", [State.DOOMED])]

    def dropped(self, name: str) -> int:
        """Note that Chroma has dropped a collection; the new count of writes."""
        with self._db.writing() as db:
            db.execute("delete from collections where name = ?", [name])
            writes = self._count_write(db, name)
            db.execute("delete from counters where name = ?", [version_of(name)])
            return writes

    def writes(self) -> int:
        """How often Chroma's content has changed: what another process looks at to know that it must reopen."""
        return self._counter("writes")

    def version(self, name: str) -> int:
        """The count of writes at a collection's last change; no two contents of one name have the same."""
        return self._counter(version_of(name))

    def _counter(self, name: str) -> int:
        with self._db.reading() as db:
            row = db.execute("select value from counters where name = ?", [name]).fetchone()
        return row[0] if row else 0

    def _count_write(self, db: Connection, collection: str) -> int:
        db.execute("insert into counters values ('writes', 1) on conflict (name) do update set value = value + 1")
        [writes] = db.execute("select value from counters where name = 'writes'").fetchone()
        db.execute("insert or replace into counters values (?, ?)", (version_of(collection), writes))
        return writes


def version_of(collection: str) -> str:
    return f"version of {collection}"


def _exists(db: Connection, name: str) -> bool:
    query = "select exists (select 1 from collections where name = ? and state != ?)"
    return bool(db.execute(query, (name, State.DOOMED)).fetchone()[0])


def _boxes(record: Record) -> str:
    return json.dumps([(box.left, box.top, box.right, box.bottom) for box in record.boxes])


def _payload(record: Record) -> str | None:
    return None if record.payload is None else to_json(record.payload)


def _readable(rows: Iterable[Sequence[Any]]) -> Iterator[Record]:
    """The records of these rows; one that is damaged, or of a newer version, is left out with a note."""
    for row in rows:
        try:
            yield record_of(row)
        except (HomeError, ValueError, TypeError) as error:
            note(f"a finding of video {str(row[0])[:12]} was left out, which cannot be read: {one_line(str(error))}")


def record_of(row: Sequence[Any]) -> Record:
    """A record of its row: `_COLUMNS`.

    Raises:
        HomeError, ValueError, TypeError: it is damaged.
    """
    video, start, stop, modality, text, score, source, boxes, payload = row
    placed = tuple(Box(*box) for box in json.loads(boxes)) if boxes != "[]" else ()
    said = None if payload is None else from_json(payload)
    return Record(video, Span(start, stop), Modality(modality), text, score, source, placed, said)
