"""Vectors that Chroma has lost or cannot read any more, made again from those that SQLite keeps.

What is damaged is moved aside, into `damaged/VIDEO/`, and goes when the video is forgotten. Of a home of an earlier
version, which kept no vectors, records are embedded anew by the next question or reading, and frames are read anew.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

import numpy as np

from ...errors import DamagedVectorsError, HomeError
from ..home import CHROMA, SET_ASIDE
from ..store import State, records_of, version_of
from ..vectors.graph_files import DAMAGED
from ..vectors.kept_vectors import KeptVectors, rounded
from .embedded_anew import EmbeddedAnew, EmbeddingStore

LOST = "lost"
"""What the journal says made the vectors of records that have none any more, so that they are embedded anew."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A collection that was made again."""

    video: str
    """Its id."""
    collection: str
    again: int
    """Vectors that Chroma has again."""
    lost: int
    """Those that SQLite did not keep: they are made by the next question about the video, or its next reading."""


class RepairStore(EmbeddingStore):
    """The index's tables, as far as damaged collections are made again from them."""

    def there(self) -> list[str]:
        """The names of all collections that Chroma should have."""
        with self._db.reading() as db:
            query = "select name from collections where state = ? order by name"
            return [name for (name,) in db.execute(query, [State.THERE])]

    def keep_too(self, name: str, version: int, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Keep vectors that only Chroma had, if the collection is still as it was at a version."""
        with self._db.writing() as db:
            there = db.execute(
                "select 1 from collections join counters on counters.name = ? and counters.value = ? "
                "where collections.name = ? and state = ?",
                (version_of(name), version, name, State.THERE),
            ).fetchone()
            for key, vector in zip(ids, vectors, strict=True) if there else ():
                db.execute("insert or ignore into vectors values (?, ?, ?)", (name, key, rounded(vector)))

    def wait_again(self, name: str, kept: KeptVectors) -> Repaired:
        """Have the vectors of a collection that Chroma has not any more wait for it, as if they were new."""
        video = name.partition("-")[2]
        ids, vectors = kept.of(name)
        with self._db.writing() as db:
            db.execute("delete from leaving where collection = ?", [name])
            db.execute("delete from collections where name = ?", [name])
            for key, vector in zip(ids, vectors, strict=True):
                self._wait(db, name, key, vector)
            if name == records_of(video):
                lost = db.execute(
                    "update records set embedded = 0 where video = ? and embedded "
                    "and id not in (select id from vectors where collection = ?)",
                    (video, name),
                ).rowcount
                if lost:
                    db.execute("update stages set embedding = ? where video = ? and embedding != ''", (LOST, video))
            else:
                [lost] = db.execute(
                    "select count(*) from frames where video = ? "
                    "and cast(ms as text) not in (select id from vectors where collection = ?)",
                    (video, name),
                ).fetchone()
                if lost:
                    _read_frames_anew(db, video)
        return Repaired(video, name, len(ids), lost)


def _read_frames_anew(db: Connection, video: str) -> None:
    """Have the stage that makes the vectors of a video's frames do so again: what it observed, if it does, as well."""
    stage = (video, "frame_vectors")
    observed = db.execute("delete from observations where video = ? and stage = ?", stage).rowcount
    again = ", observed = 0, position = null" if observed else ""
    db.execute(f"update stages set done = 0{again} where video = ? and stage = ?", stage)


class Repairs(EmbeddedAnew, ABC):
    """What `VideoIndex` does where Chroma's files are damaged."""

    _store: RepairStore  # pyright: ignore[reportIncompatibleVariableOverride]
    _kept: KeptVectors
    read_only: bool

    @abstractmethod
    def _send_to_chroma(self) -> None: ...

    def repair(self, only_known: bool = False) -> list[Repaired]:
        """Make damaged collections again; which of them there were.

        Args:
            only_known: do nothing unless damage was met since the last repair, which costs no more than a look.

        Raises:
            HomeError: another process is writing, the home is only read, or the disk is full.
        """
        known = self.home / CHROMA / DAMAGED
        if not self._vectors.is_local or (only_known and not known.exists()):
            return []
        with self.writing():
            repaired = self._make_again(self._damaged())
            known.unlink(missing_ok=True)
        return repaired

    def _take_over(self, name: str) -> None:
        """Have SQLite keep the vectors that only Chroma has, as of a home of an earlier version.

        A collection is taken over as a whole or not at all. Nothing happens while another process writes.
        """
        if self.read_only:
            return
        with contextlib.suppress(HomeError), self.writing(wait=0):
            version = self._current(name)
            ids, vectors = self._vectors.fetch(name)
            if {*ids} - {*self._kept.ids(name)}:
                self._store.keep_too(name, version, ids, vectors)

    def _damaged(self) -> list[str]:
        there = self._store.there()
        if not self._vectors.opens():
            self._vectors.set_all_aside(self.home / SET_ASIDE / CHROMA)
            return there
        return [name for name in there if self._vectors.is_damaged(name, len(self._kept.ids(name)))]

    def _make_again(self, names: Sequence[str]) -> list[Repaired]:
        repaired = []
        for name in names:
            self._vectors.set_aside(name, self.home / SET_ASIDE / name.partition("-")[2])
            repaired.append(self._store.wait_again(name, self._kept))
            self._send_to_chroma()
        return repaired

    def _bring_chroma_up_to_date(self) -> None:
        """Drop and add what SQLite says is still to be dropped and added, making damaged collections again on the way;
        needs the lock."""
        try:
            self._send_to_chroma()
        except DamagedVectorsError:
            self._make_again(self._damaged())
            self._send_to_chroma()
