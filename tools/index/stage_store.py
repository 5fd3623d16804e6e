"""What one stage of reading wrote into the index, and how its next run replaces it: records, frames and vectors.

What is replaced leaves SQLite at once, in the transaction that brings what takes its place. Its vectors leave Chroma
afterwards: their ids wait in a table until they have, as new vectors do.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING

import numpy as np

from ..records import UNEMBEDDED, Record
from .store import State, Store, frames_of, records_of, version_of
from .vectors import kept_vectors

if TYPE_CHECKING:
    pass

BY_STAGE = "video = ? and stage = ?"
BY_USER = "user"
"""The stage that a corrected finding is from: no stage of reading replaces it."""


class StageStore(Store):
    """The index's tables, as far as they are written stage by stage."""

    def replace(self, video: str, stage: str, records: Sequence[Record], vectors: np.ndarray | None) -> int:
        """Write a stage's records in place of those that it wrote before, in one transaction; how many are new.

        What somebody has corrected stays: what is found there again, in that modality, is left out.
        """
        with self._db.writing() as db:
            open_to_it = [not one for one in corrected_among(db, video, records)]
            records = [record for record, free in zip(records, open_to_it, strict=True) if free]
            vectors = None if vectors is None else vectors[np.array(open_to_it, dtype=bool)]
            ids = json.dumps([record.id for record in records])
            old = db.execute(
                f"select number, id, embedded from records where {BY_STAGE} "
                "and id not in (select value from json_each(?))",
                (video, stage, ids),
            ).fetchall()
            numbers = json.dumps([number for number, _, _ in old])
            for table, column in (("words", "rowid"), ("records", "number")):
                db.execute(f"delete from {table} where {column} in (select value from json_each(?))", [numbers])
            self._remove_vectors(db, records_of(video), [key for _, key, embedded in old if embedded])
            new = self.put_in(db, records, vectors)
            db.execute("update records set stage = ? where id in (select value from json_each(?))", (stage, ids))
        return new

    def correct(self, record: Record, corrected: Record, vector: np.ndarray | None) -> bool:
        """Put a finding that somebody corrected in place of the one that was found; whether that one is there.

        Args:
            record: what was found.
            corrected: what takes its place.
            vector: (dimensions,), of unit length; None where it is found by its words only.
        """
        with self._db.writing() as db:
            row = db.execute("select number, embedded from records where id = ?", [record.id]).fetchone()
            if row is None:
                return False
            number, embedded = row
            db.execute("delete from words where rowid = ?", [number])
            db.execute("delete from records where number = ?", [number])
            if embedded:
                self._remove_vectors(db, records_of(record.video), [record.id])
            self.put_in(db, [corrected], None if vector is None else vector[None])
            db.execute("update records set stage = ? where id = ?", (BY_USER, corrected.id))
        return True

    def of_stage(self, video: str, stage: str) -> list[Record]:
        """A stage's records by time, then modality and text."""
        return self._select(BY_STAGE, [video, stage])

    def versions(self, prefix: str) -> dict[str, int]:
        """The versions of all collections whose names begin so, by the rest of the name."""
        with self._db.reading() as db:
            rows = db.execute(
                "select substr(name, ?), value from counters where name glob ?",
                (len(version_of(prefix)) + 1, f"{version_of(prefix)}*"),
            )
            return dict(rows.fetchall())

    def spans(self, video: str, of_records: bool) -> dict[str, tuple[float, float, str]]:
        """From when to when in seconds, and of which modality, is each row of a collection, by its id.

        Args:
            video: the video's id.
            of_records: whether it is that of the records, of which those with a vector count; else one of the frames,
                which stand at their time and have no modality.
        """
        query = (
            "select id, start, stop, modality from records where video = ? and embedded"
            if of_records
            else "select cast(ms as text), time, time, '' from frames where video = ?"
        )
        with self._db.reading() as db:
            return {key: (start, stop, kind) for key, start, stop, kind in db.execute(query, [video])}

    def frame_sizes(self, videos: Collection[str] | None) -> dict[str, dict[str, int]]:
        """Numbers in each vector of the frames' collections that videos have, by video and encoder.

        0 where Chroma does not have it yet; an empty encoder stands for the texts' own space. In order of the ids.

        Args:
            videos: only these; None for all.
        """
        with self._db.reading() as db:
            sources = {"frames": ""} | {
                frames_of("", encoder).removesuffix("-"): encoder
                for (encoder,) in db.execute("select source from encoders where source != '' order by rowid")
            }
            rows = db.execute(
                "select name, dimensions, state from collections where name glob 'frames*' and state != ?",
                [State.DOOMED],
            ).fetchall()
        chosen = None if videos is None else {*videos}
        order = {prefix: at for at, prefix in enumerate(sources)}
        found: list[tuple[str, int, str, int]] = []
        for name, size, state in rows:
            prefix, _, video = name.partition("-")
            if prefix in sources and (chosen is None or video in chosen):
                found.append((video, order[prefix], sources[prefix], size if state == State.THERE else 0))
        sizes: dict[str, dict[str, int]] = {}
        for video, _, encoder, size in sorted(found):
            sizes.setdefault(video, {})[encoder] = size
        return sizes

    def known(self, records: Sequence[Record]) -> set[str]:
        """The ids of those of these records that are there and have a vector, where their modality has one."""
        searched = json.dumps([str(modality) for modality in UNEMBEDDED])
        with self._db.reading() as db:
            rows = db.execute(
                "select id from records where (embedded or modality in (select value from json_each(?))) "
                "and id in (select value from json_each(?))",
                (searched, json.dumps([record.id for record in records])),
            )
            return {key for (key,) in rows}

    def put_vectors(self, video: str, vectors: Mapping[str, Mapping[int, np.ndarray]]) -> None:
        """Note unit vectors of frames, by encoder and milliseconds, that wait for Chroma.

        Raises:
            UsageError: the vectors have another length than those before.
        """
        with self._db.writing() as db:
            for encoder, rows in vectors.items():
                self._name_encoder(db, encoder)
                for ms, vector in rows.items():
                    self._wait(db, frames_of(video, encoder), str(ms), vector)

    def drop_frames(self, video: str, gone: Collection[int]) -> None:
        """Remove frames by their milliseconds, with the vectors that any encoder made of them."""
        with self._db.writing() as db:
            db.execute(
                "delete from frames where video = ? and ms in (select value from json_each(?))",
                (video, json.dumps(list(gone))),
            )
            for name in self._frame_collections(db, video).values():
                self._remove_vectors(db, name, [str(ms) for ms in gone])
                self._count_write(db, name)  # frames may have come whose vectors were there before

    def drop_encoders(self, video: str, kept: Collection[str]) -> None:
        """Have Chroma drop the vectors of a video's frames by all encoders but these."""
        with self._db.writing() as db:
            for encoder, name in self._frame_collections(db, video).items():
                if encoder not in kept:
                    self._doom(db, name)

    def _remove_vectors(self, db: Connection, collection: str, ids: Sequence[str]) -> None:
        listed = json.dumps(ids)
        db.execute(
            "delete from waiting where collection = ? and id in (select value from json_each(?))", (collection, listed)
        )
        db.execute("insert or ignore into leaving select ?, value from json_each(?)", (collection, listed))
        kept_vectors.drop(db, collection, ids)

    def next_leaving(self, limit: int) -> tuple[str, list[str]] | None:
        """A collection and ids whose vectors Chroma is to remove; None where there are none."""
        with self._db.reading() as db:
            rows = db.execute(
                "select collection, id from leaving where collection = (select min(collection) from leaving) limit ?",
                [limit],
            ).fetchall()
        return (rows[0][0], [key for _, key in rows]) if rows else None

    def left(self, collection: str, ids: Sequence[str]) -> int:
        """Note that Chroma has these vectors no more; the new count of writes."""
        with self._db.writing() as db:
            db.execute(
                "delete from leaving where collection = ? and id in (select value from json_each(?))",
                (collection, json.dumps(ids)),
            )
            return self._count_write(db, collection)


def corrected_among(db: Connection, video: str, records: Sequence[Record]) -> list[bool]:
    """For each record, whether somebody has corrected what is found there: at least half of it, in its modality."""
    rows = db.execute(f"select modality, start, stop from records where {BY_STAGE}", (video, BY_USER)).fetchall()

    def is_corrected(record: Record) -> bool:
        span = record.span
        return any(
            modality == record.modality
            and min(stop, span.end) - max(start, span.start) >= max(span.duration, 0.001) / 2
            for modality, start, stop in rows
        )

    return [bool(rows) and is_corrected(record) for record in records]
