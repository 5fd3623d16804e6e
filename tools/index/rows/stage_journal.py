"""How far each stage has read each video, what it saw on the way, and where it failed.

A *stage* is one way of finding something in a video, as speech recognition (`vidscout.graphs.ingest.stage`). What it
sees is written down as it goes, together with its position, in one transaction: a reading that is killed goes on from
there, and records are made once, at the stage's end, from everything that was written down.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from ...runtime.stopping import check
from .sqlite import Database

PAGE = 256
"""Observations fetched at a time, so that reading them back takes little memory."""

NOWHERE = -1.0
"""Start and end of a failure that belongs to no part of the video."""

Row = tuple[float, Any]
"""A time in seconds and what was observed: bytes, or anything JSON can hold."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A part of a video on which a stage failed, to be tried again."""

    start: float
    """Seconds."""
    end: float
    error: str
    """Class and message, one line."""


@dataclass(frozen=True, slots=True)
class StageEntry:
    """What the journal knows of one stage of one video."""

    stage: str
    fingerprint: str
    """Of the tool and the options that it was read with."""
    position: float | None = None
    """Seconds up to which it has read; None where it has not begun."""
    observed: bool = False
    """Whether it has been over the whole video."""
    done: bool = False
    """Whether its records are in the index."""
    embedding: str = ""
    """Source of the text embedding that made its records' vectors."""
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    """In order of time."""


class StageJournal:
    """The journal of one home, for any number of threads and processes."""

    def __init__(self, database: Database) -> None:
        """Work in a home's database, which has the tables."""
        self._db = database

    def entries(self, video: str) -> dict[str, StageEntry]:
        """Every stage that has begun to read a video, by name."""
        failures: dict[str, list[Failure]] = {}
        with self._db.reading() as db:
            rows = db.execute(
                "select stage, fingerprint, position, observed, done, embedding, notes from stages where video = ?",
                [video],
            ).fetchall()
            for stage, *failure in db.execute(
                "select stage, start, stop, error from failures where video = ? order by start", [video]
            ):
                failures.setdefault(stage, []).append(Failure(*failure))
        return {
            stage: StageEntry(
                stage,
                fingerprint,
                position,
                bool(observed),
                bool(done),
                embedding,
                tuple(json.loads(notes)),
                tuple(failures.get(stage, ())),
            )
            for stage, fingerprint, position, observed, done, embedding, notes in rows
        }

    def entry(self, video: str, stage: str) -> StageEntry | None:
        """One stage of a video; None where it has never begun."""
        return self.entries(video).get(stage)

    def begin(self, video: str, stage: str, fingerprint: str, needs: Iterable[str] = ()) -> None:
        """Start a stage anew: what it observed before is dropped, its records stay until others replace them.

        Args:
            video: the video's id.
            stage: its name.
            fingerprint: of the tool and the options that it will read with.
            needs: the stages from whose findings it makes its own; when one of them is read again, it is to be too.
        """
        with self._db.writing() as db:
            before = db.execute("select embedding from stages where video = ? and stage = ?", (video, stage)).fetchone()
            for table in ("observations", "failures", "stages"):
                db.execute(f"delete from {table} where video = ? and stage = ?", (video, stage))
            db.execute(
                "insert into stages (video, stage, fingerprint, needs, embedding) values (?, ?, ?, ?, ?)",
                (video, stage, fingerprint, json.dumps(list(needs)), before[0] if before else ""),
            )
            _reopen_dependents(db, video, stage)

    def reopen(self, video: str, stage: str) -> None:
        """Say that a stage's records are to be made again, as when it tries again what failed."""
        with self._db.writing() as db:
            db.execute("update stages set done = 0 where video = ? and stage = ?", (video, stage))
            _reopen_dependents(db, video, stage)

    def append(
        self,
        video: str,
        stage: str,
        rows: Iterable[Row],
        position: float,
        parts: Sequence[tuple[float, float]] = (),
        error: str = "",
    ) -> None:
        """Add observations, move the stage's position and keep account of failures, all or nothing.

        Args:
            video: the video's id.
            stage: its name; it has begun.
            rows: observations by time; one at a time that is already there replaces it.
            position: seconds up to which the stage has read; it never moves back.
            parts: start and end in seconds of each part that was tried now.
            error: why the parts failed; empty where they did not, so that earlier failures of theirs are mended.
        """
        packed = [
            (video, stage, time, payload if isinstance(payload, bytes) else json.dumps(payload))
            for time, payload in rows
        ]
        with self._db.writing() as db:
            db.executemany(
                "insert or replace into observations (video, stage, time, payload) values (?, ?, ?, ?)", packed
            )
            db.execute(
                "update stages set position = max(coalesce(position, ?), ?) where video = ? and stage = ?",
                (position, position, video, stage),
            )
            if error:
                failed = [(video, stage, start, end, error) for start, end in parts]
                db.executemany("insert or replace into failures values (?, ?, ?, ?, ?)", failed)
            else:
                mended = [(video, stage, start) for start, _ in parts]
                db.executemany("delete from failures where video = ? and stage = ? and start = ?", mended)

    def observed(self, video: str, stage: str, notes: Sequence[str] = ()) -> None:
        """Say that a stage has been over the whole video, and what is to be told about it."""
        with self._db.writing() as db:
            db.execute(
                "update stages set observed = 1, notes = ? where video = ? and stage = ?",
                (json.dumps(list(notes)), video, stage),
            )

    def done(self, video: str, stage: str, embedding: str) -> None:
        """Say that a stage's records are in the index, with vectors made by that text embedding."""
        with self._db.writing() as db:
            db.execute(
                "update stages set done = 1, embedding = ? where video = ? and stage = ?", (embedding, video, stage)
            )
            db.execute("delete from failures where video = ? and stage = ? and start = ?", (video, stage, NOWHERE))

    def fail(self, video: str, stage: str, error: str) -> None:
        """Keep a failure that belongs to no part of the video: one while records were made."""
        with self._db.writing() as db:
            db.execute(
                "insert or replace into failures values (?, ?, ?, ?, ?)", (video, stage, NOWHERE, NOWHERE, error)
            )

    def observations(self, video: str, stage: str, since: float | None = None) -> Iterator[Row]:
        """Stream a stage's observations in order of time; those later than `since` seconds where it is given."""
        last = float("-inf") if since is None else since
        while True:
            check()
            with self._db.reading() as db:
                rows = db.execute(
                    "select time, payload from observations where video = ? and stage = ? and time > ? "
                    "order by time limit ?",
                    (video, stage, last, PAGE),
                ).fetchall()
            for last, payload in rows:
                yield last, payload if isinstance(payload, bytes) else json.loads(payload)
            if len(rows) < PAGE:
                return


def _reopen_dependents(db: Connection, video: str, stage: str) -> None:
    """Whatever was made from a stage's findings, directly or not, is to be made again."""
    db.execute(
        """
        with recursive later(stage) as (
            select ? union
            select stages.stage from stages, json_each(stages.needs) need, later
            where stages.video = ? and need.value = later.stage)
        update stages set done = 0 where video = ? and stage in (select stage from later) and stage != ?
        """,
        (stage, video, video, stage),
    )
