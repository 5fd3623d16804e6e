"""A deadline for work that cannot be interrupted: a query, a model's call."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from ..tools.errors import DeadlineError

P = ParamSpec("P")
T = TypeVar("T")


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
