"""Vectors beside Chroma, in SQLite: what its graphs are made again from, and what answers while one is damaged."""

import json
from collections.abc import Collection, Sequence
from sqlite3 import Connection

import numpy as np

from ..rows.sqlite import Database


def keep(db: Connection, collection: str, key: str, vector: np.ndarray) -> None:
    """Keep a unit vector, rounded to float16: a cosine is off by less than 0.001."""
    db.execute("insert or replace into vectors values (?, ?, ?)", (collection, key, rounded(vector)))


def rounded(vector: np.ndarray) -> bytes:
    """A vector as the table holds it."""
    return vector.astype(np.float16).tobytes()


def drop(db: Connection, collection: str, ids: Sequence[str] | None = None) -> None:
    """Drop these vectors of a collection, or all."""
    if ids is None:
        db.execute("delete from vectors where collection = ?", [collection])
    else:
        db.execute(
            "delete from vectors where collection = ? and id in (select value from json_each(?))",
            (collection, json.dumps(ids)),
        )


class KeptVectors:
    """The vectors that a home's database keeps."""

    def __init__(self, database: Database) -> None:
        """Work in a home's database, which has the table."""
        self._db = database

    def of(self, collection: str, ids: Collection[str] | None = None) -> tuple[list[str], np.ndarray]:
        """Ids and vectors of a collection, float32 of shape (rows, dimensions), or only these that are there."""
        among = "" if ids is None else " and id in (select value from json_each(?))"
        values = [collection] if ids is None else [collection, json.dumps(list(ids))]
        with self._db.reading() as db:
            rows = db.execute(f"select id, vector from vectors where collection = ?{among}", values).fetchall()
        if not rows:
            return [], np.zeros((0, 0), np.float32)
        kept = np.stack([np.frombuffer(vector, np.float16) for _, vector in rows])
        return [key for key, _ in rows], kept.astype(np.float32)

    def raw(self, collection: str) -> tuple[list[str], np.ndarray]:
        """Ids, and vectors as they are kept, float16 of shape (rows, dimensions); nothing where lengths differ."""
        with self._db.reading() as db:
            rows = db.execute("select id, vector from vectors where collection = ?", [collection]).fetchall()
        if len({len(vector) for _, vector in rows}) != 1:
            return [], np.zeros((0, 0), np.float16)
        joined = np.frombuffer(b"".join(vector for _, vector in rows), np.float16)
        return [key for key, _ in rows], joined.reshape(len(rows), -1)

    def of_pairs(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], np.ndarray]:
        """The vectors of rows of any collections, float16, by collection and id; those that are there."""
        query = (
            "select vectors.collection, vectors.id, vectors.vector from json_each(?) as wanted cross join vectors "
            "on vectors.collection = json_extract(wanted.value, '$[0]') "
            "and vectors.id = json_extract(wanted.value, '$[1]')"
        )
        with self._db.reading() as db:
            rows = db.execute(query, [json.dumps(pairs)]).fetchall()
        return {(collection, key): np.frombuffer(vector, np.float16) for collection, key, vector in rows}

    def ids(self, collection: str) -> list[str]:
        """The ids of the vectors of a collection."""
        with self._db.reading() as db:
            return [key for (key,) in db.execute("select id from vectors where collection = ?", [collection])]

    def nearest(
        self, collection: str, query: np.ndarray, k: int, among: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Up to `k` ids with their cosine, best first; exact."""
        ids, vectors = self.of(collection, among)
        if not ids or vectors.shape[1] != len(query):
            return []
        cosines = vectors @ query
        return [(ids[at], float(cosines[at])) for at in np.argsort(-cosines, kind="stable")[:k]]
