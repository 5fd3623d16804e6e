"""A Ray cluster: joined by this process, or started by it and ended with it."""

import contextlib
import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BackendUnavailableError, ServingError, UsageError

INSTALL = "pip install 'vidscout[serve]'"
OBJECT_STORE = 200 * 2**20
"""Bytes of shared memory of a cluster that is started here: a dozen batches of 720p frames."""
REACHABLE = 5.0
"""Seconds in which a cluster's address must take a connection; Ray itself would try for a minute."""
STARTS = 3
"""How often a cluster is started here: Ray gives a machine that is busy 30 seconds and no more."""

_connecting = threading.Lock()


def connect(address: str | None, **options: Any) -> str:
    """Join a Ray cluster, or start one that ends with this process; where this process has joined one, it stays.

    Args:
        address: `HOST:PORT`, or `auto` for the one on this machine; None starts one.
        options: of `ray.init`, for a cluster that is started.

    Returns:
        The cluster's address, for other processes.

    Raises:
        BackendUnavailableError: Ray is not installed.
        ServingError: no cluster is there, or it runs another Ray or Python.
    """
    _say_how_to_connect(address)
    try:
        import ray
    except ImportError as error:
        raise BackendUnavailableError(f"tools on a cluster need Ray: {INSTALL}") from error
    with _connecting:
        if not ray.is_initialized():
            quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
            if address is None:
                quiet |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE, **options}
            elif address != "auto":
                _look_for(address)
            for patience in range(STARTS - 1, -1, -1):
                try:
                    ray.init(address=address or "local", **quiet)
                    break
                except Exception as error:  # some of Ray's are of no narrower class
                    ray.shutdown()
                    if address is None and patience and "timed out" in str(error):
                        continue
                    where = f"at {address}" if address else "here"
                    raise ServingError(f"no Ray cluster can be used {where}: {reason_of(error)}") from error
        return ray.get_runtime_context().gcs_address


def _say_how_to_connect(address: str | None) -> None:
    """Set what Ray reads from the environment when it is imported; what the user has set stays."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    host = None if address is None or address == "auto" else address.rpartition(":")[0]
    if address is None or (host and _is_loopback(host)):
        # Ray then stays on the loopback interface, where nobody else's code can reach it; without it, a process that is
        # given 127.0.0.1 looks for the cluster at the machine's outer address.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    if host and _is_this_machine(host) and _has_token():
        # A cluster that is started here asks for this user's token; Ray offers it by itself only to `auto`.
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    """Whether an address is one of this machine's own: only those can be bound; a token is shown to no other."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host.strip("[]"), 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.bind(where)
    except OSError:
        return False
    return True


def _has_token() -> bool:
    """Whether this user has a token for Ray's clusters, where Ray looks for it."""
    if os.environ.get("RAY_AUTH_TOKEN"):
        return True
    return Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token").is_file()


def reason_of(error: BaseException) -> str:
    """Why Ray could not join: it names the token that a cluster asks for only in the error behind the error."""
    behind: BaseException | None = error
    while behind is not None:
        if "InvalidAuthToken" in str(behind) or type(behind).__name__ == "AuthenticationError":
            return "it asks for a token: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
        behind = behind.__cause__
    return one_line(error)


def _look_for(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address.startswith("ray://") or not host or not port.isdigit():
        raise UsageError(f"a Ray cluster's address is HOST:PORT or auto, got {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACHABLE).close()
    except (OSError, OverflowError) as error:
        raise ServingError(
            f"no Ray cluster answers at {address} ({error}): start one with `vidscout serve` or `ray start --head`"
        ) from error


@contextlib.contextmanager
def a_cluster(**options: Any) -> Iterator[str]:
    """A Ray cluster on this machine for as long as the block lasts; gives its address."""
    address = connect(None, **options)
    import ray  # after `connect`, which tells it to stay on the loopback interface

    try:
        yield address
    finally:
        ray.shutdown()


def one_line(error: object) -> str:
    """The last line of what Ray says; the last line of a traceback is the error."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
