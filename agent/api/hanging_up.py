"""Clients that hang up: what is done for them ends."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import Request

from .errors import INVALID, RequestError

T = TypeVar("T")
LOOKED = 0.25
"""Seconds between two looks whether a client is still there."""


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """What `work` returns; it is cancelled where the client hangs up, who then gets nothing.

    Raises:
        RequestError: the client has gone.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOKED)
            if not task.done() and await request.is_disconnected():
                raise RequestError(400, INVALID, "gone", "the client has hung up")
        return task.result()
    finally:
        task.cancel()
