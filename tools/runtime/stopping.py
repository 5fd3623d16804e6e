"""Whether work that takes long is still wanted, asked in its loops wherever they are.

Like `counters` and `notes`, the question goes to the work that a call belongs to.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[Callable[[], object] | None] = ContextVar("vidscout_stopping", default=None)


def check() -> None:
    """Raise what ends the work, where somebody has stopped it; called once a packet, page or batch."""
    asked = _current.get()
    if asked is not None:
        asked()


@contextmanager
def stoppable(asked: Callable[[], object]) -> Iterator[None]:
    """Have `check` call this inside the block, in this thread and in those that inherit its context.

    Args:
        asked: raises where the work is to end.
    """
    token = _current.set(asked)
    try:
        yield
    finally:
        _current.reset(token)
