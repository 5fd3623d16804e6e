"""What went wrong on the way and was mended: told to whoever asked for the work, not to a log.

Like `counters`, notes go to the work that a call belongs to: two questions at once each see their own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[list[str] | None] = ContextVar("vidscout_notes", default=None)
_lock = threading.Lock()


def note(text: str) -> None:
    """Add a note to the work that this call belongs to, once; without a `noting` block it is forgotten."""
    notes = _current.get()
    if notes is not None:
        with _lock:
            if text not in notes:
                notes.append(text)


@contextmanager
def noting() -> Iterator[list[str]]:
    """Collect what is noted inside the block, in this thread and in those that inherit its context."""
    notes: list[str] = []
    token = _current.set(notes)
    try:
        yield notes
    finally:
        _current.reset(token)
