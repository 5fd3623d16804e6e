"""A deadline for work that cannot be interrupted: a query, a model's call."""

import queue
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from ..tools.errors import DeadlineError

P = ParamSpec("P")
T = TypeVar("T")
Ended = TypeVar("Ended")


def in_time(seconds: float, pieces: Generator[T, None, Ended]) -> Generator[T, None, Ended]:
    """What a generator gives, piece by piece, if all of it comes in time; an error of it is raised here.

    It runs in a daemon thread that nobody joins, as in `within`; closing this ends it at its next piece.

    Raises:
        DeadlineError: `seconds` have passed.
    """
    arrived: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    left = threading.Event()

    def run() -> None:
        try:
            while not left.is_set():
                arrived.put(("piece", next(pieces)))
            pieces.close()
        except StopIteration as end:
            arrived.put(("end", end.value))
        except BaseException as error:
            arrived.put(("error", error))

    threading.Thread(target=copy_context().run, args=(run,), name="vidscout-step", daemon=True).start()
    ends = time.monotonic() + seconds
    try:
        while True:
            try:
                what, value = arrived.get(timeout=max(ends - time.monotonic(), 0.0))
            except queue.Empty:
                raise DeadlineError(f"given up after {seconds:.3g} s") from None
            if what == "end":
                return value
            if what == "error":
                raise value
            yield value
    finally:
        left.set()


def within(seconds: float, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, if it does so in time; an error of it is raised here.

    It runs in a daemon thread that nobody joins, so that work which never returns holds up neither its caller nor the
    end of the process. It counts and notes for its caller (`counting`, `noting`).

    Raises:
        DeadlineError: `seconds` have passed. The work goes on, and what it returns is dropped.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work(*args, **kwargs))
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=copy_context().run, args=(run,), name="vidscout-step", daemon=True).start()
    if not wait([result], max(seconds, 0.0)).done:
        raise DeadlineError(f"given up after {seconds:.3g} s")
    return result.result()
