"""Conversations as they are shown again: their titles, what was asked and what each answer rested on."""

from sqlite3 import Connection

from .statements import run

TABLES = """
create table talks (
    name text primary key, owner text not null, title text not null, made real not null, changed real not null
) without rowid;
create table talk_turns (
    talk text not null, number integer not null, turn text not null, primary key (talk, number)
) without rowid;
create table talk_videos (talk text not null, about text not null, primary key (talk, about)) without rowid
"""


def apply(db: Connection) -> None:
    """Make the tables."""
    run(db, TABLES)
