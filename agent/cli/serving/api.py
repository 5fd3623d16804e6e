"""`vidscout api`: the HTTP server for programs."""

from pathlib import Path
from typing import Annotated

import typer

from ..common import common_options


def api(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine need a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    key: Annotated[
        list[str] | None,
        typer.Option(
            envvar="VIDSCOUT_API_KEY",
            help="An API key that programs must send; others see it in the list of processes.",
            show_default="no key",
        ),
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="A file with one key a line.", show_default=False)] = None,
    libraries: Annotated[
        str | None,
        typer.Option(help="shared: every key sees every video. per-key: each key sees its own.", show_default="shared"),
    ] = None,
    fetch_host: Annotated[
        list[str] | None,
        typer.Option(help="A host, or host:port, that videos may be fetched from although it is not public."),
    ] = None,
    max_upload: Annotated[str, typer.Option(help="Largest file taken, as 500mb or 2gb.")] = "2gb",
    max_hours: Annotated[float, typer.Option(min=0.001, help="Longest video taken.")] = 4.0,
) -> None:
    """Answer programs over HTTP, in the shape of OpenAI's chat completions."""
    from ...guard.credentials import keys_of
    from ...guard.doors import Keys
    from ...http_server import check_installed, check_keys, end_soon, serve
    from ...inbox.uploads import Limits, bytes_of

    check_installed("fastapi", "fastapi_offline", "uvicorn", "httpcore", "python_multipart")
    limits = Limits(bytes_of(max_upload), max_hours * 3600)
    with common_options(context).scout(libraries=libraries) as scout:
        settings = scout.settings
        keys = keys_of(context, key, key_file, [one.get_secret_value() for one in settings.api_keys])
        check_keys(host, keys)

        from ...api.app import application
        from ...inbox.inbox import Inbox
        from ...inbox.libraries import Libraries

        inbox = Inbox(scout, limits, tuple(fetch_host or settings.fetch_hosts))
        own = Libraries(inbox, Keys(keys).owners)
        try:
            serve(lambda taken: application(inbox, keys, host, own), host, port, "/v1")
        finally:
            end_soon()
            own.close()
            inbox.close()
