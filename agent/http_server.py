"""Serve an ASGI application until interrupted; whoever serves over HTTP does it here."""

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from ..tools.errors import BackendUnavailableError, UsageError

HERE_ONLY = ("127.0.0.1", "localhost", "::1")
PATIENCE = 2
"""Seconds that open connections get when the server is told to end."""
GONE_WITHIN = 8.0
"""Seconds after which the process is gone, whatever still runs: a batch of speech can take longer than people wait."""


def check_installed(*modules: str) -> None:
    """Make sure that what serves is installed.

    Raises:
        BackendUnavailableError: it is not.
    """
    from importlib.util import find_spec

    if missing := [module for module in modules if find_spec(module) is None]:
        raise BackendUnavailableError(f"this needs {', '.join(missing)}: pip install 'vidscout[serve]'")


def check_keys(host: str, keys: tuple[str, ...]) -> None:
    """Make sure that nobody from outside gets in without a key.

    Raises:
        UsageError: other machines would be let in, and there is no key, or a key is empty.
    """
    if any(not key.strip() for key in keys):
        raise UsageError("an API key is empty")
    if any(not key.isascii() or key != key.strip() for key in keys):
        raise UsageError("an API key is ASCII without spaces around it")
    if not keys and host not in HERE_ONLY:
        raise UsageError(f"on {host} other machines are let in: give a key with --key-file or VIDSCOUT_API_KEY")


def end_soon(code: int = 130) -> None:
    """Give whatever still runs a few seconds. What has been read is on disk by then, and can be read on from there."""
    timer = threading.Timer(GONE_WITHIN, os._exit, (code,))
    timer.daemon = True
    timer.start()


def serve(make: Callable[[int], Any], host: str, port: int, path: str = "") -> None:
    """Serve what `make` returns when it is given the port, until interrupted; port 0 takes a free one.

    Raises:
        UsageError: the port cannot be taken.
    """
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(128)  # whoever reads the address below may connect at once
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot listen on {host}:{port} ({reason}); choose another with --port") from None
        taken = listening.getsockname()[1]
        site = make(taken)
        shown = f"[{host}]" if ":" in host else host
        print(f"vidscout: http://{shown}:{taken}{path} (Ctrl-C ends it)", flush=True)
        config = uvicorn.Config(
            site,
            log_level="warning",
            timeout_graceful_shutdown=PATIENCE,
            server_header=False,
            proxy_headers=False,  # anybody can write them: who guesses passwords would come from elsewhere each time
        )
        uvicorn.Server(config).run(sockets=[listening])
