"""A bounded queue from whoever reads a source to one of the stages that observe it."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

LOOK_UP = 0.1
"""Seconds after which whoever waits looks whether the work still goes on."""


class _End:
    """The source has nothing more."""


class Feed(Generic[Item]):
    """Items for one consumer, who sets the pace once `depth` of them wait: this bounds the memory that they take."""

    def __init__(self, depth: int, goes_on: Callable[[], bool]) -> None:
        """Say how many items may wait, and how to find out that the work has ended."""
        self._items: queue.Queue[Item | _End] = queue.Queue(depth)
        self._goes_on = goes_on
        self._left = threading.Event()

    def put(self, item: Item) -> None:
        """Hand an item over; waits while too many wait. Nothing where the consumer has left or the work has ended."""
        self._put(item)

    def end(self) -> None:
        """Say that nothing more comes."""
        self._put(_End())

    def _put(self, item: Item | _End) -> None:
        while self._goes_on() and not self._left.is_set():
            try:
                self._items.put(item, timeout=LOOK_UP)
            except queue.Full:
                continue
            return

    def leave(self) -> None:
        """Take no more; whoever puts something does not wait for it to be taken."""
        self._left.set()

    def __iter__(self) -> Iterator[Item]:
        """Items until the source ends.

        Raises:
            StoppedEarlyError: the work has ended before the source did.
        """
        while True:
            try:
                item = self._items.get(timeout=LOOK_UP)
            except queue.Empty:
                if not self._goes_on():
                    raise StoppedEarlyError from None
                continue
            if isinstance(item, _End):
                return
            yield item


class StoppedEarlyError(Exception):
    """Another thread has failed, and tells why."""
