"""Which addresses the page answers at: its views and files, the API, and those of Gradio's routes that its forms need.

Gradio serves much more: recordings that it converts with ffmpeg, files by their path, addresses that it fetches for
others, editing by a model. A later version may add to it. What is not listed here is not there.
"""

import re
from dataclasses import dataclass

from ..agent.guard.guard import App, Receive, Scope, Send

ONE = "[^/]+"
"""One part of a path."""
BELOW = "(?:[^/]+/)*[^/]+"
"""One or several parts."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """One kind of request that is let through."""

    methods: tuple[str, ...]
    path: str
    """A regular expression for the whole path."""


READS = ("GET", "HEAD")
FORMS = "/forms"
"""Where Gradio is."""
ALLOWED = (
    # our page: its views, and what they are made of
    Allowed(READS, "/"),
    Allowed(READS, f"/v/{ONE}"),
    Allowed(READS, "/search"),
    Allowed(READS, "/settings"),
    Allowed(READS, f"/app/{BELOW}"),
    Allowed(("POST",), "/sample"),
    # the API, which is all ours
    Allowed(READS, "/health"),
    Allowed((*READS, "POST", "PUT", "PATCH", "DELETE"), f"/v1/{BELOW}"),
    # videos, by their ids
    Allowed(READS, f"/media/{ONE}"),
    Allowed(READS, f"/thumbnail/{ONE}/{ONE}"),
    Allowed(READS, f"/transcript/{ONE}"),
    # Gradio's forms: the document, what it is made of, and what its components do in the queue
    Allowed(READS, f"{FORMS}/?"),
    Allowed(READS, f"{FORMS}/config/?"),
    Allowed(READS, f"{FORMS}/theme\\.css"),
    Allowed(READS, f"{FORMS}/assets/{BELOW}"),
    Allowed(READS, f"{FORMS}/static/{BELOW}"),
    Allowed(("POST",), f"{FORMS}/gradio_api/queue/join"),
    Allowed(("GET",), f"{FORMS}/gradio_api/queue/data"),
    Allowed(("GET",), f"{FORMS}/gradio_api/heartbeat/{ONE}"),
)
_PATTERNS = [(allowed.methods, re.compile(allowed.path)) for allowed in ALLOWED]


def is_served(method: str, path: str) -> bool:
    """Whether a request of this method and path is let through.

    >>> is_served("GET", "/"), is_served("POST", "/forms/gradio_api/process_recording"), is_served("GET", "/app/../x")
    (True, False, False)
    """
    if any(part in (".", "..") for part in path.split("/")) or "\\" in path:
        return False
    return any(method in methods and pattern.fullmatch(path) for methods, pattern in _PATTERNS)


class ServedOnly:
    """Wraps an ASGI application: whatever is not listed above is not there."""

    def __init__(self, app: App) -> None:
        self._app = self.served = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_served(scope["method"], scope["path"]):
            headers = [(b"content-type", b"text/plain"), (b"content-length", b"15")]
            await send({"type": "http.response.start", "status": 404, "headers": headers})
            await send({"type": "http.response.body", "body": b"nothing is here"})
            return
        await self._app(scope, receive, send)
