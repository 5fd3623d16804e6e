"""The guard itself: one piece of middleware in front of page, API and MCP."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from ..network.sizes import size_of
from .doors import Door
from .refusal import RefusedError, too_large
from .senders import Senders
from .wrong_guesses import WrongGuesses

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MIB = 2**20
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
METHODS = "GET, HEAD, POST, DELETE"
OWNER = "vidscout_owner"
"""Where the guard leaves, in a request's scope, whose it is."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a guard lets in."""

    senders: Senders = field(default_factory=Senders)
    door: Door = field(default_factory=lambda: Door(()))
    """Who must bring a secret; with nobody in it, whoever the senders' rules let in may ask."""
    body: int = MIB
    """Most bytes of a request."""
    file: int = 0
    """Most bytes of a file that is sent."""
    files: str = ""
    """Where files are sent to; the one place that reads its own body, piece by piece."""
    open_paths: tuple[str, ...] = ()
    """What needs no secret; an entry that ends with `/` stands for all below it."""
    across: bool = False
    """Whether browsers are told that pages of other sites, those that may ask, may read the answers (CORS)."""
    head: bool = False
    """Whether `HEAD` is answered as `GET` without its body; not where a `GET` may stream without end."""
    headers: Mapping[str, str] = field(default_factory=lambda: dict(HEADERS))
    """What goes with every response that does not say otherwise."""


class Guard:
    """Wraps an ASGI application: checks name, sender, secret and size, in that order, before the application is asked.

    Args:
        app: what is protected.
        rules: what is let in.
        shown: writes what is refused: its body and content type.
    """

    def __init__(self, app: App, rules: Rules, shown: Callable[[RefusedError], tuple[bytes, str]]) -> None:
        self._app = app
        self._rules = rules
        self._shown = shown
        self._guesses = WrongGuesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        across = None
        try:
            across = self._rules.senders.check(headers, scope["method"])
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                await answer(send, 204, self._allowed(across, headers))
                return
            scope[OWNER] = await self._owner(scope, headers)
            receive = await self._bounded(scope, headers, receive)
        except RefusedError as problem:
            body, kind = self._shown(problem)
            close = {"content-type": kind, "connection": "close"}
            sent = {**self._rules.headers, **self._seen_by(across), **problem.headers, **close}
            await answer(send, problem.status, sent, b"" if scope["method"] == "HEAD" else body, len(body))
            return
        await self._let_in(scope, receive, _with(send, {**self._rules.headers, **self._seen_by(across)}))

    async def _owner(self, scope: Scope, headers: dict[str, list[str]]) -> str:
        """Whose a request is; without keys it is told apart by whatever it brings, which protects nothing."""
        door, path = self._rules.door, scope["path"]
        given = headers.get("authorization", [])
        if not door:
            return "/".join(given)
        if any(path == free or (free.endswith("/") and path.startswith(free)) for free in self._rules.open_paths):
            return ""
        sent = door.sent(given[0]) if len(given) == 1 else b""
        address = (scope.get("client") or ("",))[0]
        if sent and not self._guesses.may_try(address):
            raise RefusedError(429, "too_many_guesses", "wrong too often: try again in a moment", {"Retry-After": "5"})
        owner = door.owner(sent) if sent else None
        if owner is None:
            if sent:
                await self._guesses.wrong(address)
            raise door.refusal(sent)
        return owner

    async def _bounded(self, scope: Scope, headers: dict[str, list[str]], receive: Receive) -> Receive:
        rules = self._rules
        takes_file = bool(rules.files) and scope["path"].rstrip("/") == rules.files and scope["method"] == "POST"
        most = rules.file + MIB if takes_file else rules.body  # a form stands around the file
        length = headers.get("content-length", ["0"])[-1]
        if length.isdecimal() and int(length) > most:
            raise too_large(size_of(most))
        return receive if takes_file else await _read_ahead(receive, most)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD" and self._rules.head:
            scope, send = {**scope, "method": "GET"}, _headers_only(send)
        await self._app(scope, receive, send)

    def _allowed(self, across: str | None, headers: dict[str, list[str]]) -> dict[str, str]:
        """What a browser is told that asks whether a page may ask (a CORS preflight)."""
        asked = headers.get("access-control-request-headers", ["authorization, content-type"])[0]
        allowed = {"access-control-allow-methods": METHODS, "access-control-allow-headers": asked}
        return {**self._seen_by(across), **allowed, "access-control-max-age": "600"}

    def _seen_by(self, across: str | None) -> dict[str, str]:
        if not self._rules.across:
            return {}
        seen = {"access-control-allow-origin": across, "access-control-expose-headers": "Retry-After"} if across else {}
        return {"vary": "Origin", **seen}


async def answer(send: Send, status: int, headers: dict[str, str], body: bytes = b"", length: int = 0) -> None:
    """Answer, and read no more of the request."""
    written = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    if status != 204:
        written.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": written})
    await send({"type": "http.response.body", "body": body})


def _with(send: Send, headers: dict[str, str]) -> Send:
    """Add headers to a response that does not have them."""
    written = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def sends(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            there = {name.lower() for name, _ in own}
            message = {**message, "headers": own + [added for added in written if added[0] not in there]}
        await send(message)

    return sends


def _headers_only(send: Send) -> Send:
    """Send a response's status and headers, and nothing of its body."""

    async def sends(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        if message["type"] != "http.response.pathsend":
            await send(message)

    return sends


async def _read_ahead(receive: Receive, most: int) -> Receive:
    """Read a whole small request, so that its size is known however it is sent, and hand it on."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "cut_off", "the request was cut off")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > most:
            raise too_large(size_of(most))
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
