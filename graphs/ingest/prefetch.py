"""Work one step ahead: while a batch is being looked at, the next is being decoded."""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """The source has nothing more, or failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(source: Iterable[Item], depth: int = 1) -> Iterator[tuple[Item, float]]:
    """Read `source` in a thread of its own, at most `depth` items ahead.

    Yields:
        Each item with the seconds that the source took to make it. An error of the source is raised here, after the
        items before it. Leaving the loop early ends the thread at its next item.
    """
    items: queue.Queue[tuple[Item, float] | _End] = queue.Queue(maxsize=depth)
    left = threading.Event()

    def offer(item: tuple[Item, float] | _End) -> bool:
        while not left.is_set():
            try:
                items.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            began = time.perf_counter()
            for item in source:
                if not offer((item, time.perf_counter() - began)):
                    return
                began = time.perf_counter()
        except BaseException as error:
            offer(_End(error))
        else:
            offer(_End())

    reader = threading.Thread(target=copy_context().run, args=(read,), name="ahead", daemon=True)
    reader.start()
    try:
        while not isinstance(item := items.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        left.set()
        reader.join()
