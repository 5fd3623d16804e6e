"""Vectors are kept beside Chroma, whose graphs can be made again from them."""

from sqlite3 import Connection


def apply(db: Connection) -> None:
    """Create the table; a vector is float16. What Chroma has from before is in it once it has been made again."""
    db.execute(
        "create table vectors (collection text not null, id text not null, vector blob not null, "
        "primary key (collection, id))"
    )
