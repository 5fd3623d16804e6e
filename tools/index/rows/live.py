"""What a home holds of live videos beside their records: a folder each, and in the journal what the window in progress
was seen by. Older windows are records."""

from pathlib import Path

from ..home import WATCHED
from .sqlite import Database

STATE = "state.json"
"""How far a live video has been watched."""


def live_folder(home: Path, video: str) -> Path:
    """The folder of a live video, which need not be there."""
    return home / WATCHED / video


def is_live(home: Path, video: str) -> bool:
    """Whether a video of a home is or was watched live."""
    return (live_folder(home, video) / STATE).is_file()


def drop_observations(database: Database, video: str, stage: str, start: float, end: float = float("inf")) -> None:
    """Drop what a stage wrote down at times from `start` on and before `end`, in seconds."""
    with database.writing() as db:
        db.execute(
            "delete from observations where video = ? and stage = ? and time >= ? and time < ?",
            (video, stage, start, end),
        )


def drop_before(database: Database, video: str, end: float) -> None:
    """Drop what every stage wrote down, and failed at, before a time in seconds: records have been made of it."""
    with database.writing() as db:
        db.execute("delete from observations where video = ? and time < ?", (video, end))
        db.execute("delete from failures where video = ? and start >= 0 and start < ?", (video, end))
