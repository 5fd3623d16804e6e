"""The tables of version 1: videos, what was observed in them, records, and vectors that wait for Chroma."""

from sqlite3 import Connection

from .statements import run

TABLES = """
create table if not exists videos (
    id text primary key, path blob not null, name text not null, added text not null, about text not null);
create table if not exists identities (
    path blob not null, size integer not null, mtime_ns integer not null, inode integer not null, id text not null,
    primary key (path));
create table if not exists branches (
    video text not null, branch text not null, position real, finished integer not null default 0,
    primary key (video, branch)) without rowid;
create table if not exists observations (
    video text not null, branch text not null, time real not null, payload not null,
    primary key (video, branch, time));
create table if not exists cache (
    key text primary key, video text not null, value blob not null);
create index if not exists cache_video on cache (video);
create table if not exists records (
    number integer primary key, id text not null unique, video text not null, start real not null, stop real not null,
    modality text not null, text text not null, score real not null, source text not null, boxes text not null,
    embedded integer not null);
create index if not exists records_video on records (video, start);
create virtual table if not exists words using fts5 (text, tokenize = 'porter unicode61');
create table if not exists frames (
    video text not null, ms integer not null, time real not null, primary key (video, ms)) without rowid;
create table if not exists collections (name text primary key, dimensions integer not null, state integer not null);
create table if not exists waiting (
    collection text not null, id text not null, vector blob not null, primary key (collection, id));
create table if not exists encoders (key text primary key, source text not null);
create table if not exists counters (name text primary key, value integer not null);
"""


def apply(db: Connection) -> None:
    """Create the tables; those of a file that was killed while it was being created are there already."""
    run(db, TABLES)
