"""Which addresses the page answers at: its own files, and those of Gradio's routes that a page needs.

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
API = "/gradio_api"


@dataclass(frozen=True, slots=True)
class Allowed:
    """One kind of request that is let through."""

    methods: tuple[str, ...]
    path: str
    """A regular expression for the whole path."""


READS = ("GET", "HEAD")
ALLOWED = (
    # the page itself, and what it is made of
    Allowed(READS, "/"),
    Allowed(READS, "/config/?"),
    Allowed(READS, "/theme\\.css"),
    Allowed(READS, "/favicon\\.ico"),
    Allowed(READS, f"/assets/{BELOW}"),
    Allowed(READS, f"/static/{BELOW}"),
    # videos, by their ids
    Allowed(READS, f"/media/{ONE}"),
    Allowed(READS, f"/thumbnail/{ONE}/{ONE}"),
    Allowed(READS, f"/transcript/{ONE}"),
    # what the page's components do: in the queue, or, where the page's code says `queue=False`, at once
    Allowed(("POST",), f"{API}/queue/join"),
    Allowed(("GET",), f"{API}/queue/data"),
    Allowed(("POST",), f"{API}/cancel"),
    Allowed(("POST",), f"{API}/run/predict"),
    Allowed(("GET",), f"{API}/heartbeat/{ONE}"),
    Allowed(("POST",), f"{API}/upload"),
    Allowed(("GET",), f"{API}/upload_progress"),
    # what may be asked, for programs that ask as the page does (Gradio's Python client)
    Allowed(("GET",), f"{API}/info/?"),
)
_PATTERNS = [(allowed.methods, re.compile(allowed.path)) for allowed in ALLOWED]


def is_served(method: str, path: str) -> bool:
    """Whether a request of this method and path is let through.

    >>> is_served("GET", "/"), is_served("POST", "/gradio_api/process_recording"), is_served("GET", "/assets/../x")
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
