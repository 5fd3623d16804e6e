"""The web server: Gradio's page, and beside it the media, pictures and transcripts of known videos, by id."""

import os
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from ..agent.http_server import serve as listen
from ..tools.errors import UnknownVideoError, UsageError
from .site import Site
from .transcript import FORMATS, TRANSCRIBED

CONTENT_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
    " style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'self'; base-uri 'self'"
)
"""Browsers refuse every request to anybody else."""

OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


@dataclass(frozen=True, slots=True)
class Login:
    """Who may use the page."""

    user: str
    password: str

    @classmethod
    def parsed(cls, text: str) -> "Login":
        """From `user:password`.

        Raises:
            UsageError: one of them is missing.
        """
        user, colon, password = text.partition(":")
        if not (user and colon and password):
            raise UsageError("--auth takes user:password, with neither of them empty")
        return cls(user, password)

    def admits(self, header: str | None) -> bool:
        """Whether an `Authorization` header names the user and the password (RFC 7617)."""
        scheme, _, encoded = (header or "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = b64decode(encoded, validate=True)
        except (NotBase64, ValueError):
            return False
        return secrets.compare_digest(given, f"{self.user}:{self.password}".encode())


def application(site: Site, login: Login | None = None) -> Any:
    """The whole site as an ASGI application."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)
    os.environ["GRADIO_TEMP_DIR"] = str(site.inbox.arrivals.claim())

    import gradio as gr
    from fastapi import FastAPI

    from .app import build, head, theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_guard(app, login)
    _add_files(app, site)
    page = build(site)
    # Gradio lets a page name any file of the server as one that it has sent, unless it thinks that it was launched;
    # `mount_gradio_app` leaves that out.
    page.has_launched = page.is_running = True
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        show_error=False,
        max_file_size=site.inbox.limits.size,
        footer_links=[],
        theme=theme(),
        head=head(),
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
    )


def _add_guard(app: Any, login: Login | None) -> None:
    """Ask for user and password, before anything else is looked at, and tell browsers to ask nobody else."""
    from fastapi import Request, Response

    @app.middleware("http")
    async def guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if login is not None and not login.admits(request.headers.get("authorization")):
            return Response(
                "user and password, please", 401, {"WWW-Authenticate": 'Basic realm="vidscout", charset="UTF-8"'}
            )
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def _add_files(app: Any, site: Site) -> None:
    """Files by a video's id: whatever the address says, nothing but what the library knows is served."""
    from fastapi import HTTPException
    from fastapi import Path as InPath
    from fastapi.responses import FileResponse, Response

    scout = site.scout

    def known(video: str) -> Any:
        found = scout.library.get(video)
        if found is None:
            raise HTTPException(404, "no such video")
        return found

    def existing(path: Path) -> Any:
        if not path.is_file():
            raise HTTPException(404, "the file is gone")
        return FileResponse(path, headers={"Cache-Control": "private, max-age=3600"})

    @app.get("/media/{video}")
    def media(video: str) -> Response:
        return existing(known(video).path)

    @app.get("/thumbnail/{video}/{milliseconds}")
    def thumbnail(video: str, milliseconds: Annotated[int, InPath(ge=0)]) -> Response:
        try:
            return existing(scout.index.thumbnail_at(known(video).id, milliseconds))
        except UnknownVideoError as error:
            raise HTTPException(404, str(error)) from None

    @app.get("/transcript/{video}.{kind}")
    def transcript(video: str, kind: str) -> Response:
        if kind not in FORMATS:
            raise HTTPException(404, f"no format {kind}; there are {', '.join(FORMATS)}")
        found = known(video)
        media_type, write = FORMATS[kind]
        name = "".join(
            char if (char.isalnum() and char.isascii()) or char in "-_" else "_" for char in Path(found.name).stem
        )
        return Response(
            write(found, site.records(found.id, *TRANSCRIBED)),
            media_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name or "transcript"}.{kind}"'},
        )


def serve(site: Site, host: str, port: int, login: Login | None = None) -> None:
    """Serve until interrupted.

    Raises:
        UsageError: the port cannot be taken.
    """
    listen(lambda port_taken: application(site, login), host, port)
