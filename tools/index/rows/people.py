"""What the people in each video are called: by label, as `Speaker 2`, a name and how it is known; and what those look
like who were shown.

The rows carry the video's id, so that they go with it when it is forgotten (`removal.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from .sqlite import Database


class How(StrEnum):
    """How a name is known."""

    USER = "user"
    """Somebody said so; nothing that is read changes it."""
    VIDEO = "video"
    """The video tells: by an introduction, subtitles or a name on screen."""
    LIKENESS = "likeness"
    """He looks like somebody who was shown."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name."""

    name: str
    how: How


@dataclass(frozen=True)
class Likeness:
    """What somebody looks like."""

    name: str
    encoder: str
    """Source of what made the vector."""
    vector: np.ndarray = field(repr=False)
    """(dimensions,) float32, of unit length."""
    video: str = ""
    """The id of the video that showed him, where it was one that has been read."""


class People:
    """The names of one home, for any number of threads and processes."""

    table = "names"

    def __init__(self, database: Database) -> None:
        self._db = database

    def names(self, video: str) -> dict[str, Named]:
        """The names in a video, by label."""
        query = f"select label, name, how from {self.table} where video = ? order by label"
        with self._db.reading() as db:
            rows = db.execute(query, [video]).fetchall()
        return {label: Named(name, How(how)) for label, name, how in rows}

    def rename(self, video: str, names: Mapping[str, Named]) -> None:
        """Write the names in a video in place of all that were there."""
        rows = [(video, label, named.name, named.how) for label, named in names.items()]
        with self._db.writing() as db:
            db.execute(f"delete from {self.table} where video = ?", [video])
            db.executemany(f"insert into {self.table} values (?, ?, ?, ?)", rows)


class Faces(People):
    """The same of those whose faces are seen, and the likenesses of those who were shown."""

    table = "face_names"

    def likenesses(self) -> list[Likeness]:
        """What those look like who were shown, in that order."""
        with self._db.reading() as db:
            rows = db.execute("select name, encoder, vector, video from likenesses order by number").fetchall()
        return [
            Likeness(name, encoder, np.frombuffer(vector, np.float32), video) for name, encoder, vector, video in rows
        ]

    def remember(self, likeness: Likeness) -> None:
        """Add what somebody looks like."""
        vector = likeness.vector.astype(np.float32).tobytes()
        with self._db.writing() as db:
            db.execute(
                "insert into likenesses (name, encoder, vector, video) values (?, ?, ?, ?)",
                (likeness.name, likeness.encoder, vector, likeness.video),
            )

    def forget(self, name: str) -> int:
        """Remove every likeness of somebody, and the names that were told by it; how many likenesses there were."""
        with self._db.writing() as db:
            gone = db.execute("delete from likenesses where name = ?", [name]).rowcount
            db.execute(f"delete from {self.table} where name = ? and how = ?", (name, How.LIKENESS))
        return gone
