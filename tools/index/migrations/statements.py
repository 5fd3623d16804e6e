"""Several SQL statements inside one transaction, which `executescript` would end."""

from sqlite3 import Connection


def run(db: Connection, sql: str) -> None:
    """Execute statements that are separated by semicolons; none may hold a semicolon of its own."""
    for statement in filter(str.strip, sql.split(";")):
        db.execute(statement)
