"""`vidscout mcp`: the tools as a Model Context Protocol server, for assistants."""

from pathlib import Path
from typing import Annotated

import typer

from ..common import common_options


def mcp(
    context: typer.Context,
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP at /mcp, not over stdin and stdout.")] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --http: 0 takes a free one.")] = 8001,
    key: Annotated[
        list[str] | None,
        typer.Option(
            envvar="VIDSCOUT_API_KEY",
            help="With --http: a key that must be sent; others see it in the list of processes.",
            show_default="no key",
        ),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="With --http: a file with one key a line.", show_default=False)
    ] = None,
    libraries: Annotated[
        str | None,
        typer.Option(
            help="With --http: shared, every key sees every video; per-key, each its own.", show_default="shared"
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Let questions name videos that are not read yet: they are fetched first.")
    ] = False,
    fetch_host: Annotated[
        list[str] | None,
        typer.Option(help="A host, or host:port, that videos may be fetched from although it is not public."),
    ] = None,
) -> None:
    """Lend the tools to assistants: a Model Context Protocol server."""
    from ...guard.credentials import keys_of
    from ...guard.doors import Keys
    from ...http_server import check_installed, check_keys, end_soon, serve

    check_installed("mcp", "httpcore")
    with common_options(context).scout(libraries=libraries) as scout:
        from ...inbox.inbox import Inbox
        from ...inbox.libraries import Libraries
        from ...mcp.server import http_application, server

        settings = scout.settings
        inbox = Inbox(scout, hosts=tuple(fetch_host or settings.fetch_hosts))
        own: Libraries | None = None
        try:
            if http:
                keys = keys_of(context, key, key_file, [one.get_secret_value() for one in settings.api_keys])
                check_keys(host, keys)
                own = Libraries(inbox, Keys(keys).owners)

                serve(lambda taken: http_application(inbox, keys, host, own, fetch), host, port, "/mcp")
            else:
                server(inbox, local=True, fetches=fetch).run()
        finally:
            end_soon()
            if own is not None:
                own.close()
            inbox.close()
