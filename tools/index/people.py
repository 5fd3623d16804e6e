"""What the people in each video are called: by label, as `Speaker 2`, a name and how it is known.

The rows carry the video's id, so that they go with it when it is forgotten (`removal.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .sqlite import Database


class How(StrEnum):
    """How a name is known."""

    USER = "user"
    """Somebody said so; nothing that is read changes it."""
    VIDEO = "video"
    """The video tells: by an introduction, subtitles or a name on screen."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name."""

    name: str
    how: How


class People:
    """The names of one home, for any number of threads and processes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def names(self, video: str) -> dict[str, Named]:
        """The names in a video, by label."""
        with self._db.reading() as db:
            rows = db.execute("select label, name, how from names where video = ? order by label", [video]).fetchall()
        return {label: Named(name, How(how)) for label, name, how in rows}

    def rename(self, video: str, names: Mapping[str, Named]) -> None:
        """Write the names in a video in place of all that were there."""
        with self._db.writing() as db:
            db.execute("delete from names where video = ?", [video])
            db.executemany(
                "insert into names values (?, ?, ?, ?)",
                [(video, label, named.name, named.how) for label, named in names.items()],
            )
