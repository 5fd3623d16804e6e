"""Who may ask, and how much may be sent: looked at before anything else reads a request."""

import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from ..inbox.uploads import size_of
from .errors import INVALID, RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY = 2**20
"""Bytes of a request that is not a file."""
OPEN = ("/health", "/docs", "/redoc", "/openapi.json", "/static-offline-docs/")
"""What can be seen without a key: it tells nothing about any video."""
FILES = "/v1/videos"
"""Where files are sent to; the one place that reads its own body, piece by piece."""


class Guard:
    """Wraps an ASGI application.

    Args:
        app: what is protected.
        keys: one of them must come along as `Authorization: Bearer KEY`. Without keys everybody who reaches the port
            is let in, but no web page that a browser on this machine shows: neither across origins (CSRF), nor under
            a name that was made to lead here (DNS rebinding).
        files: most bytes of a file that is sent.
        body: most bytes of any other request.
        open_paths: what needs no key.
    """

    def __init__(
        self,
        app: App,
        keys: Collection[str] = (),
        files: int = BODY,
        body: int = BODY,
        open_paths: tuple[str, ...] = OPEN,
    ) -> None:
        self._app = app
        self._keys = [key.encode() for key in keys]
        self._files = files + BODY  # what stands around the file
        self._body = body
        self._open = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            self._check_sender(scope["path"], headers)
            takes_file = scope["path"].rstrip("/") == FILES and scope["method"] == "POST"
            most = self._files if takes_file else self._body
            length = headers.get("content-length", "0")
            check_length(int(length) if length.isdecimal() else 0, most)
            receive = receive if takes_file else await _read_ahead(receive, most)
        except RequestError as problem:
            await refuse(problem, send)
            return
        scope["vidscout_key"] = headers.get("authorization", "")
        await self._app(scope, receive, send)

    def _check_sender(self, path: str, headers: dict[str, str]) -> None:
        if not self._keys:
            host = headers.get("host", "")
            if not _leads_here(host):
                raise RequestError(403, "permission_error", "host_refused", f"this server is not called {host[:200]!r}")
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
                told = "web pages of other sites may not ask here"
                raise RequestError(403, "permission_error", "origin_refused", told)
            return
        if any(path == free or (free.endswith("/") and path.startswith(free)) for free in self._open):
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        sent = given.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""
        matches = [secrets.compare_digest(sent, key) for key in self._keys]
        if not any(matches):
            told = "the API key is wrong" if sent else "an API key is needed: send Authorization: Bearer KEY"
            raise RequestError(401, "authentication_error", "invalid_api_key", told)


def check_length(length: int, most: int) -> None:
    """Refuse a request that is larger than what is taken."""
    if length > most:
        told = f"the request has more than {size_of(most)}, the most that is taken"
        raise RequestError(413, INVALID, "too_large", told)


async def refuse(problem: RequestError, send: Send) -> None:
    """Answer with a problem, and hang up: the rest of the request is not read."""
    import json

    body = json.dumps(problem.body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _leads_here(host: str) -> bool:
    """Whether a `Host` header is an address or the machine's own name for itself: nobody can give those to another."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def _read_ahead(receive: Receive, most: int) -> Receive:
    """Read a whole small request, so that its size is known however it is sent, and hand it on."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        check_length(size, most)
        if not message.get("more_body", False):
            break
    whole: Message | None = {"type": "http.request", "body": b"".join(pieces), "more_body": False}

    async def again() -> Message:
        nonlocal whole
        if whole is not None:
            first, whole = whole, None
            return first
        return await receive()

    return again
