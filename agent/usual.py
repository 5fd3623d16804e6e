"""How long answers take and how long they are, so that one far above the usual is flagged."""

import threading
from collections import deque
from statistics import median

REMEMBERED = 50
"""Answers of which the median is taken."""
FEWEST = 8
"""Answers before which nothing counts as usual."""
UNUSUAL = 3.0
"""Times the median from which an answer is flagged."""
SOON = 1.0
"""Seconds within which an answer is quick enough, whatever is usual."""


class Usual:
    """Time and length of the latest answers of one process, for any number of threads."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)
        self._characters: deque[float] = deque(maxlen=REMEMBERED)
        self._lock = threading.Lock()

    def unusual(self, seconds: float, characters: int) -> list[str]:
        """Take in an answer; a note of each in which it is far above what is usual.

        Args:
            seconds: that it took.
            characters: of its text.
        """
        with self._lock:
            usual_time = _far_below(seconds, self._seconds)
            usual_length = _far_below(characters, self._characters)
        notes = []
        if usual_time is not None and seconds > SOON:
            notes.append(f"this answer took {seconds:.1f} s, more than {UNUSUAL:g} times the usual {usual_time:.1f} s")
        if usual_length is not None:
            notes.append(
                f"this answer has {characters} characters, more than {UNUSUAL:g} times the usual {usual_length:.0f}"
            )
        return notes


def _far_below(value: float, latest: "deque[float]") -> float | None:
    """The median of the latest values where a new one, which is added, is far above it."""
    usual = median(latest) if len(latest) >= FEWEST else None
    latest.append(value)
    return usual if usual is not None and value > UNUSUAL * usual else None
