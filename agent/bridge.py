"""The one way between threads and events: work in a thread is watched from a loop, an iterator from an event loop.

Everything below the agent is synchronous. Who shows events while work goes on (the command line, the page) runs it with
`watched`; who serves from an event loop (the API, MCP, `aask`) takes an iterator with `streamed`, or a result with
`in_thread`. All threads are daemons: none of them can hold the process when it is told to end.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast
from weakref import WeakSet

P = ParamSpec("P")
T = TypeVar("T")
Result = TypeVar("Result")

INTERRUPTED_WITHIN = 0.5
"""Seconds that work gets to notice that it was interrupted from the keyboard, before its watcher goes on without it."""


LOOKS = 0.25
"""Seconds after which a thread that waits looks up: a signal that comes just before it begins to wait wakes nobody."""


@dataclass
class _End(Generic[Result]):
    """The last thing that a thread hands over: its result, or its error."""

    result: Result | None = None
    error: BaseException | None = None


_threads: "WeakSet[threading.Thread]" = WeakSet()


def _start(work: Callable[[], None]) -> threading.Thread:
    """Begin work in a daemon thread that counts and notes for whoever started it (`counting`, `noting`)."""
    thread = threading.Thread(target=copy_context().run, args=(work,), name="vidscout", daemon=True)
    _threads.add(thread)
    thread.start()
    return thread


def still_working() -> bool:
    """Whether any thread that was started here has not ended, as one whose watcher was interrupted."""
    return any(thread.is_alive() for thread in list(_threads))


def watched(
    work: Callable[[Callable[[T], None]], Result], stop: threading.Event | None = None
) -> Generator[T, None, Result]:
    """Run `work(report)` in a thread and yield what it reports, while it reports it.

    The thread is joined before this returns. Closing the generator sets `stop` and waits for the work to notice. An
    interrupt from the keyboard, which Python raises in the main thread only, does the same and waits at most
    `INTERRUPTED_WITHIN` seconds.

    Returns:
        What the work returned (the generator's return value); an error of the work is raised here.
    """
    reports: queue.SimpleQueue[T | _End[Result]] = queue.SimpleQueue()

    def run() -> None:
        try:
            reports.put(_End(work(reports.put)))
        except BaseException as error:
            reports.put(_End(error=error))

    worker = _start(run)
    try:
        while not isinstance(report := _next(reports), _End):
            yield report
    except BaseException as error:
        if stop is not None:
            stop.set()
        worker.join(INTERRUPTED_WITHIN if isinstance(error, KeyboardInterrupt) else None)
        raise
    worker.join()
    if report.error is not None:
        raise report.error
    return cast("Result", report.result)


def _next(reports: "queue.SimpleQueue[T]") -> T:
    """The next report. The wait is cut into pieces, since Python tells of a signal between two of them only."""
    while True:
        try:
            return reports.get(timeout=LOOKS)
        except queue.Empty:
            continue


def finished(watching: Generator[T, None, Result], see: Callable[[T], None] | None = None) -> Result:
    """Run a watched piece of work to its end, showing each event to `see`."""
    while True:
        try:
            event = next(watching)
        except StopIteration as end:
            return end.value
        if see is not None:
            see(event)


def end_state(stream: Iterable[Any], report: Callable[[Any], None]) -> dict[str, Any]:
    """Report what a running graph tells, and return the state that it ends in.

    Args:
        stream: `graph.stream` in the modes `custom` and `values`.
    """
    state: dict[str, Any] = {}
    for mode, chunk in stream:
        if mode == "custom":
            report(chunk)
        else:
            state = chunk
    return state


async def streamed(make: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
    """Run an iterator in a thread of its own and yield what it yields; an error of it is raised here.

    Whoever stops listening does not wait for the thread, and ends its work at the next thing that it yields: a page
    that is closed in the middle of an answer, or a program that hangs up, holds up nobody.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[T | _End[None]] = asyncio.Queue()
    left = threading.Event()

    def put(item: T | _End[None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    def work() -> None:
        try:
            items = make()
            for item in items:
                if left.is_set():
                    if isinstance(items, Generator):
                        items.close()
                    return
                put(item)
            put(_End())
        except BaseException as error:
            put(_End(error=error))

    _start(work)
    try:
        while not isinstance(item := await arrived.get(), _End):
            yield item
    finally:
        left.set()
    if item.error is not None:
        raise item.error


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a piece of work in a thread of its own, and return what it returns; an error of it is raised here."""
    results = [result async for result in streamed(lambda: iter((work(*args, **kwargs),)))]
    return results[0]
