"""Numbered steps from an index of any earlier version to today's.

`pragma user_version` counts the steps that a home's SQLite file has behind it. A new file takes all of them, so the
tables of today are what the steps make together. Each step is one transaction with its number: a process that is killed
in a step leaves the file as it was before it, and of several processes that open an old home at once, one takes the
step while the others wait.

A step is a module `step_N_what_it_does.py` with `def apply(db: Connection) -> None`, added at the end of `STEPS`, and
not changed after its release. It may run any SQL (`statements.run` executes several statements) and Python, but begins
and ends no transaction. It is frozen, so it imports nothing that changes: it reads and writes the tables and the JSON
of its own time, not the classes of today.
"""

from collections.abc import Callable
from sqlite3 import Connection

from . import (
    step_1_tables,
    step_2_payloads,
    step_3_stages,
    step_4_removals,
    step_5_vectors,
    step_6_readings,
    step_7_names,
    step_8_faces,
    step_9_talks,
)

STEPS: tuple[Callable[[Connection], None], ...] = (
    step_1_tables.apply,
    step_2_payloads.apply,
    step_3_stages.apply,
    step_4_removals.apply,
    step_5_vectors.apply,
    step_6_readings.apply,
    step_7_names.apply,
    step_8_faces.apply,
    step_9_talks.apply,
)
"""In order; step n brings a file from version n - 1 to version n."""

NEWEST = len(STEPS)
"""The version that this code reads and writes."""


def version(db: Connection) -> int:
    """How many steps a file has behind it; 0 for an empty one."""
    return db.execute("pragma user_version").fetchone()[0]


def migrate(db: Connection) -> bool:
    """Take the steps that a file still lacks; whether it is now of the version that this code reads.

    Args:
        db: a connection that can write, in autocommit mode, with no transaction begun.

    Raises:
        sqlite3.Error: the file cannot be written, or another process kept it locked; the steps taken so far are kept.
    """
    while True:
        db.execute("begin immediate")
        try:
            if (at := version(db)) >= NEWEST:
                return at == NEWEST
            STEPS[at](db)
            db.execute(f"pragma user_version = {at + 1}")
            db.execute("commit")
        finally:
            if db.in_transaction:
                db.execute("rollback")


__all__ = ["NEWEST", "STEPS", "migrate", "version"]
