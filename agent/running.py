"""Watch work that runs elsewhere: its events one by one, and its result, in an ordinary loop."""

import queue
import threading
from collections.abc import Callable, Generator
from contextvars import copy_context
from typing import Generic, TypeVar

E = TypeVar("E")
Result = TypeVar("Result")


class _Done(Generic[Result]):
    def __init__(self, result: Result | None = None, error: BaseException | None = None) -> None:
        self.result = result
        self.error = error


def watched(
    work: Callable[[Callable[[E], None]], Result], stop: threading.Event | None = None
) -> Generator[E, None, Result]:
    """Run `work(report)` in a thread and yield what it reports, while it reports it.

    The thread is joined before this returns. Closing the generator, or an interrupt from the keyboard, sets `stop` and
    waits for the work to notice: Python would otherwise interrupt the main thread only.

    Returns:
        What the work returned (the generator's return value); an error of the work is raised here.
    """
    reports: queue.SimpleQueue[E | _Done[Result]] = queue.SimpleQueue()

    def run() -> None:
        try:
            reports.put(_Done(work(reports.put)))
        except BaseException as error:
            reports.put(_Done(error=error))

    worker = threading.Thread(target=copy_context().run, args=(run,), name="vidscout", daemon=True)
    worker.start()
    try:
        while not isinstance(report := reports.get(), _Done):
            yield report
    except BaseException:
        if stop is not None:
            stop.set()
        worker.join()
        raise
    worker.join()
    if report.error is not None:
        raise report.error
    return report.result  # type: ignore[return-value]  # None only when the work itself returned it


def finished(watching: Generator[E, None, Result], see: Callable[[E], None] | None = None) -> Result:
    """Run a watched piece of work to its end, showing each event to `see`."""
    while True:
        try:
            event = next(watching)
        except StopIteration as end:
            return end.value
        if see is not None:
            see(event)
