"""`vidscout web`: the page in a browser."""

from pathlib import Path
from typing import Annotated

import typer

from ..agent.cli.common import common_options
from ..tools.errors import BackendUnavailableError

app = typer.Typer(
    name="web",
    help="Watch, ask and click through videos in a browser.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def web(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 7860,
    auth: Annotated[
        str | None,
        typer.Option(
            envvar="VIDSCOUT_WEB_AUTH",
            help="Only for this user:password; others see it in the list of processes.",
            show_default=False,
        ),
    ] = None,
    auth_file: Annotated[
        Path | None, typer.Option(help="Only for those in this file, a user:password a line.", show_default=False)
    ] = None,
    libraries: Annotated[
        str | None,
        typer.Option(help="shared: every login sees every video. per-key: each its own.", show_default="shared"),
    ] = None,
    max_upload: Annotated[str, typer.Option(help="Largest file taken, as 500mb or 20gb.")] = "20gb",
    max_hours: Annotated[float, typer.Option(min=0.01, help="Longest video taken.")] = 12.0,
) -> None:
    """Watch, ask and click through videos in a browser."""
    from importlib.util import find_spec

    from ..agent.guard.credentials import logins_of
    from ..agent.inbox.inbox import Inbox
    from ..agent.inbox.libraries import Libraries
    from ..agent.inbox.uploads import Limits, bytes_of
    from .sample import taken
    from .serve import serve
    from .site import Site

    if find_spec("gradio") is None:
        raise BackendUnavailableError("the web page needs gradio: pip install 'vidscout[web]'")
    logins = logins_of(context, auth, auth_file)
    if not logins and host not in ("127.0.0.1", "localhost", "::1"):
        typer.echo(
            f"vidscout: anybody who reaches {host}:{port} can use this page; --auth-file asks for a password", err=True
        )
    limits = Limits(bytes_of(max_upload), max_hours * 3600)
    with common_options(context).scout(libraries=libraries) as scout:
        inbox = Inbox(scout, limits, scout.settings.fetch_hosts, fetches=scout.settings.fetch)
        own = Libraries(inbox, [login.owner for login in logins])
        try:
            serve(Site(inbox, sample=taken), host, port, logins, own)
        finally:
            own.close()
            inbox.close()
