"""`vidscout mcp`: the tools as a Model Context Protocol server, for assistants."""

from typing import Annotated

import typer

from .common import common_options


def mcp(
    context: typer.Context,
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP at /mcp, not over stdin and stdout.")] = False,
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --http: 0 takes a free one.")] = 8001,
    key: Annotated[
        list[str] | None,
        typer.Option(envvar="VIDSCOUT_API_KEY", help="With --http: a key that must be sent.", show_default="no key"),
    ] = None,
    fetch_host: Annotated[
        list[str] | None,
        typer.Option(help="A host, or host:port, that videos may be fetched from although it is not public."),
    ] = None,
) -> None:
    """Lend the tools to assistants: a Model Context Protocol server."""
    from ..http_server import check_installed, check_keys, end_soon, serve

    check_installed("mcp", "httpcore")
    with common_options(context).scout() as scout:
        from ..inbox.inbox import Inbox

        settings = scout.settings
        inbox = Inbox(scout, hosts=tuple(fetch_host or settings.fetch_hosts))
        try:
            if http:
                keys = tuple(key or [one.get_secret_value() for one in settings.api_keys])
                check_keys(host, keys)

                from ..mcp.server import http_application

                serve(lambda taken: http_application(inbox, keys, host), host, port, "/mcp")
            else:
                from ..mcp.server import server

                server(inbox, local=True).run()
        finally:
            end_soon()
            inbox.close()
