"""Conversations as they are shown again after a restart: what was asked, and each answer with its evidence.

Beside them the checkpoints keep what the answer graph needs to go on; those cannot be shown, since they hold the
graph's state and not what came of it. A conversation about a video that is forgotten goes as a whole.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection
from time import time
from typing import Any

from .sqlite import Database

LONGEST_TITLE = 120
"""Characters of a title."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation in a list."""

    name: str
    """Under which it is kept."""
    title: str
    """The first question, or what somebody called it."""
    videos: tuple[str, ...]
    """Ids of the videos that were asked about or cited, in order of the ids."""
    turns: int
    made: float
    """Seconds since 1970."""
    changed: float
    """When it was last asked something."""


_TALKS = """
select name, title, made, changed, (select count(*) from talk_turns where talk = name),
    (select json_group_array(about) from (select about from talk_videos where talk = name order by about))
from talks where owner = ?
"""


class Talks:
    """The conversations of one home, for any number of threads and processes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, name: str, owner: str, title: str, videos: Iterable[str], turn: dict[str, Any]) -> None:
        """Add a question with its answer; the first one begins the conversation.

        Args:
            name: of the conversation, the same for nobody else.
            owner: whose it is.
            title: of a conversation that begins.
            videos: ids of those that were asked about or are cited.
            turn: the question and its answer, as plain values.
        """
        now = time()
        with self._db.writing() as db:
            db.execute(
                "insert into talks values (?, ?, ?, ?, ?) on conflict (name) do update set changed = excluded.changed",
                (name, owner, _title(title), now, now),
            )
            db.execute(
                "insert into talk_turns values (?, (select count(*) from talk_turns where talk = ?), ?)",
                (name, name, json.dumps(turn, ensure_ascii=False)),
            )
            rows = [(name, video) for video in videos]
            db.executemany("insert or ignore into talk_videos values (?, ?)", rows)

    def all(self, owner: str, prefix: str = "") -> list[Talk]:
        """Somebody's conversations whose names begin so, the latest first."""
        with self._db.reading() as db:
            rows = db.execute(
                f"{_TALKS} and substr(name, 1, ?) = ? order by changed desc, name", (owner, len(prefix), prefix)
            ).fetchall()
        return [_talk(row) for row in rows]

    def get(self, name: str, owner: str) -> Talk | None:
        """One of them."""
        with self._db.reading() as db:
            row = db.execute(f"{_TALKS} and name = ?", (owner, name)).fetchone()
        return None if row is None else _talk(row)

    def turns(self, name: str) -> list[dict[str, Any]]:
        """What was asked and answered in a conversation, in order."""
        with self._db.reading() as db:
            rows = db.execute("select turn from talk_turns where talk = ? order by number", [name]).fetchall()
        return [json.loads(turn) for (turn,) in rows]

    def rename(self, name: str, owner: str, title: str) -> bool:
        """Call a conversation something else; whether it is there."""
        with self._db.writing() as db:
            query = "update talks set title = ? where name = ? and owner = ?"
            return db.execute(query, (_title(title), name, owner)).rowcount > 0

    def delete(self, name: str, owner: str) -> bool:
        """Remove a conversation; whether it was there."""
        with self._db.writing() as db:
            there = db.execute("select 1 from talks where name = ? and owner = ?", (name, owner)).fetchone()
            if there:
                _remove(db, name)
        return there is not None

    def about(self, video: str) -> list[str]:
        """The names of the conversations in which a video was asked about or cited, whosever they are."""
        with self._db.reading() as db:
            return [name for (name,) in db.execute("select talk from talk_videos where about = ? order by 1", [video])]

    def forget_about(self, video: str) -> None:
        """Remove every conversation in which a video was asked about or cited."""
        with self._db.writing() as db:
            for (name,) in db.execute("select talk from talk_videos where about = ?", [video]).fetchall():
                _remove(db, name)


def _remove(db: Connection, name: str) -> None:
    for table, column in (("talks", "name"), ("talk_turns", "talk"), ("talk_videos", "talk")):
        db.execute(f"delete from {table} where {column} = ?", [name])


def _talk(row: tuple[Any, ...]) -> Talk:
    name, title, made, changed, turns, videos = row
    return Talk(name, title, tuple(json.loads(videos)), turns, made, changed)


def _title(title: str) -> str:
    told = " ".join(title.split())
    return told if len(told) <= LONGEST_TITLE else f"{told[: LONGEST_TITLE - 1]}…"
