"""What a piece of work cost: frames decoded, seconds heard, calls of each model.

Counts go to whoever asked, not to a global: two questions at once each see their own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("frames_decoded", "asr_seconds", "speech_seconds", "ocr_calls", "detector_calls", "embeddings", "llm_calls")
"""Every counter, so that a cost of zero is printed as zero."""

_current: ContextVar[dict[str, float] | None] = ContextVar("vidscout_counters", default=None)
_lock = threading.Lock()


def count(name: str, amount: float = 1) -> None:
    """Add to a counter of the work that this call belongs to; without a `counting` block it is forgotten."""
    counters = _current.get()
    if counters is not None:
        with _lock:
            counters[name] += amount


@contextmanager
def counting() -> Iterator[dict[str, float]]:
    """Collect what happens inside the block, in this thread and in those that inherit its context."""
    counters: dict[str, float] = dict.fromkeys(NAMES, 0)
    token = _current.set(counters)
    try:
        yield counters
    finally:
        _current.reset(token)
