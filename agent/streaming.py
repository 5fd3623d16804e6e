"""Bring what a thread yields to an event loop, without the loop ever waiting for the thread."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import copy_context
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class _End(Generic[T]):
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


async def streamed(make: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """Run an iterator in a thread of its own and yield what it yields; an error of it is raised here.

    Whoever stops listening does not wait for the thread: it works to its end, unheard. A page that is closed in the
    middle of an answer would otherwise hold up everybody else's.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[T | _End[T]] = asyncio.Queue()

    def put(item: "T | _End[T]") -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    def work() -> None:
        try:
            for item in make():
                put(item)
            put(_End())
        except BaseException as error:
            put(_End(error))

    threading.Thread(target=copy_context().run, args=(work,), name="vidscout", daemon=True).start()
    while not isinstance(item := await arrived.get(), _End):
        yield cast("T", item)
    if item.error is not None:
        raise item.error


async def apart(work: Callable[[], T]) -> T:
    """Run a piece of work in a thread of its own, and return what it returns; an error of it is raised here."""
    results = [result async for result in streamed(lambda: iter((work(),)))]
    return results[0]
