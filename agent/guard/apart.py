"""One application for each owner, behind one guard: nobody's request reaches another one's."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from .guard import OWNER, App, Receive, Scope, Send, answer


class Apart:
    """Hands each request to the application of whoever sent it, by the owner that the guard found.

    Args:
        apps: by owner; the one under an empty name, if there is one, takes everybody's.
        open_to_all: takes what needs no secret; without it, whoever is nobody's finds nothing.
    """

    def __init__(self, apps: Mapping[str, App], open_to_all: App | None = None) -> None:
        self._apps = dict(apps)
        self._open = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        app = self._apps.get("") or self._apps.get(scope.get(OWNER, ""), self._open)
        if app is None:
            await answer(send, 404, {"content-type": "text/plain"}, b"nothing is here", 15)
            return
        await app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start all of the applications, and end them together."""
        await receive()
        async with AsyncExitStack() as stack:
            try:
                for app in {id(app): app for app in (*self._apps.values(), self._open) if app is not None}.values():
                    await stack.enter_async_context(_lifespan(app))
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _lifespan(app: Any) -> Any:
    """What an application of Starlette does from its start to its end."""
    inner = getattr(app, "served", app)  # a wrapper of ours says what it wraps
    return inner.router.lifespan_context(inner)
