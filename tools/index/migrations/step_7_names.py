"""What the people in each video are called, where somebody said so or the video tells."""

from sqlite3 import Connection

from .statements import run

TABLES = """
create table names (
    video text not null, label text not null, name text not null, how text not null, primary key (video, label)
) without rowid
"""


def apply(db: Connection) -> None:
    """Make the table."""
    run(db, TABLES)
