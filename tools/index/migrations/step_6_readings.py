"""Who reads a video: only the reading that began last may write what it finds."""

from sqlite3 import Connection


def apply(db: Connection) -> None:
    """Create the table."""
    db.execute("create table readings (video text not null primary key, token text not null) without rowid")
