"""The web server: our page, the API that it uses, media by id, and Gradio's forms, behind one guard."""

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ..agent.guard.apart import Apart
from ..agent.guard.doors import Login, Logins
from ..agent.guard.guard import HEADERS, Guard, Rules
from ..agent.guard.refusal import RefusedError
from ..agent.guard.senders import Senders
from ..agent.http_server import serve as listen
from ..agent.inbox.libraries import Libraries
from ..tools.errors import VidscoutError
from ..tools.perception.embeddings.text_embedding import OnnxTextEmbedding
from .routes import FORMS, ServedOnly
from .site import SeenBy, Site

__all__ = ["Login", "application", "serve"]

CONTENT_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
    " style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'self'; base-uri 'self'"
)
"""Browsers refuse every request to anybody else."""

BODY = 16 * 2**20
"""Bytes of a request that is not a file: a page sends its conversation along."""


def application(
    site: Site,
    login: Login | None = None,
    *,
    logins: Sequence[Login] = (),
    host: str = "127.0.0.1",
    libraries: Libraries | None = None,
) -> Any:
    """The whole site as an ASGI application.

    Args:
        site: what the page shows.
        login: who may use it; without any, everybody who reaches the port, but no web page of another site.
        logins: who may use it too.
        host: the address that is listened on.
        libraries: whose videos each login sees, where somebody else closes them; by default as the setting says.

    Raises:
        UsageError: each login is to have a library of its own, and there are no logins.
    """
    settings = site.scout.settings
    door = Logins([*([login] if login is not None else []), *logins])
    own = libraries or Libraries(site.inbox, door.owners)
    pages = {
        owner: ServedOnly(page_application(Site(inbox, _seen_by(owner, door), site.sample)))
        for owner, inbox in own.all.items()
    }
    rules = Rules(
        Senders(host, settings.allowed_hosts),
        door,
        body=BODY,
        file=site.inbox.limits.size,
        files="/v1/videos",
        headers={**HEADERS, "content-security-policy": CONTENT_POLICY},
    )
    return Guard(Apart(pages), rules, in_words)


def _seen_by(owner: str, door: Logins) -> SeenBy:
    return "own" if owner else "logins" if door else "everybody"


def in_words(refused: RefusedError) -> tuple[bytes, str]:
    """What the guard refused, for people."""
    return refused.line.encode(), "text/plain; charset=utf-8"


def page_application(site: Site) -> Any:
    """The page, the API that it uses, and Gradio's forms, for whoever has been let in."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ["GRADIO_RUN_HISTORY"] = "False"  # a history in the browser, which offers to be sent to a hub
    os.environ["GRADIO_TEMP_DIR"] = str(site.inbox.arrivals.claim())

    import gradio as gr

    from ..agent.api.app import site_of
    from .files import add_files
    from .forms import STYLE, WORDS, LanguageFirst, build, theme
    from .shell import add_shell

    app = site_of(site.inbox, keyed=False)
    add_shell(app, site)
    add_files(app, site)
    forms = build(site)
    # Gradio lets a page name any file of the server as one that it has sent, unless it thinks that it was launched;
    # `mount_gradio_app` leaves that out.
    forms.has_launched = forms.is_running = True
    page = gr.mount_gradio_app(
        app,
        forms,
        path=FORMS,
        show_error=False,
        max_file_size=site.inbox.limits.size,
        footer_links=[],
        theme=theme(),
        head=STYLE,
        i18n=WORDS,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
    )
    page.add_middleware(LanguageFirst, path=FORMS)
    return page


def serve(site: Site, host: str, port: int, logins: Sequence[Login] = (), libraries: Libraries | None = None) -> None:
    """Serve until interrupted.

    What holds every thread while it loads is loaded first: loaded ahead of a question, it kept a view from being
    painted for seconds.

    Raises:
        UsageError: the port cannot be taken.
    """
    embedding = site.scout.role("text_embedding")
    if isinstance(embedding, OnnxTextEmbedding):
        with suppress(VidscoutError):  # whoever asks meets it again, with the question at hand
            embedding.preload()
    listen(lambda taken: application(site, logins=logins, host=host, libraries=libraries), host, port)
