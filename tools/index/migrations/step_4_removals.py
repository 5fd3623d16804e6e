"""What is still to be done outside of SQLite for videos that were removed, until it has been done."""

from sqlite3 import Connection


def apply(db: Connection) -> None:
    """Create the table; `what` is an id or a path, by its bytes."""
    db.execute("create table removals (kind text not null, what blob not null, primary key (kind, what)) without rowid")
