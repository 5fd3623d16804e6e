"""Whose faces are in each video, and what those look like who were shown."""

from sqlite3 import Connection

from .statements import run

TABLES = """
create table face_names (
    video text not null, label text not null, name text not null, how text not null, primary key (video, label)
) without rowid;
create table likenesses (
    number integer primary key, name text not null, encoder text not null, vector blob not null,
    video text not null default '')
"""


def apply(db: Connection) -> None:
    """Make the tables."""
    run(db, TABLES)
