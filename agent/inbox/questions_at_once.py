"""How many questions are answered at the same time: so many in all, and one after another within a conversation."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ...tools.errors import VidscoutError

AT_ONCE = 8
"""Questions that are answered at the same time; whoever comes next waits a moment."""
MOMENT = 30.0
"""Seconds that a question waits for a place before it is told to try again."""
MOST_WAITING = 64
"""Questions that wait at the same time; further ones are told at once."""
BUSY = f"{AT_ONCE} questions are being answered already: ask again in a moment"
STILL_ANSWERED = "the question before is still being answered: ask again when it is"


class BusyError(VidscoutError):
    """More is asked at once than is answered at once."""


class QuestionsAtOnce:
    """Places for questions, for any number of threads."""

    def __init__(self, most: int = AT_ONCE, moment: float = MOMENT) -> None:
        """Have `most` places, for which a question waits at most `moment` seconds."""
        self._places = threading.BoundedSemaphore(most)
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._moment = moment
        self._conversations: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def place(self, conversation: str | None = None) -> Iterator[None]:
        """A place among the questions that are answered, after a moment's wait; given back when the block ends.

        Args:
            conversation: the name of the conversation that the question belongs to, if it does to one.

        Raises:
            BusyError: there is no place, or the conversation's question before is still being answered.
        """
        if not self._placed():
            raise BusyError(BUSY)
        try:
            self._begin(conversation)
            try:
                yield
            finally:
                self._end(conversation)
        finally:
            self._places.release()

    def _placed(self) -> bool:
        if self._places.acquire(blocking=False):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._places.acquire(timeout=self._moment) if self._moment > 0 else False
        finally:
            self._waiting.release()

    def _begin(self, conversation: str | None) -> None:
        with self._lock:
            if conversation in self._conversations:
                raise BusyError(STILL_ANSWERED)
            if conversation is not None:
                self._conversations.add(conversation)

    def _end(self, conversation: str | None) -> None:
        with self._lock:
            self._conversations.discard(conversation or "")
