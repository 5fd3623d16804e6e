"""Fetch a video that a program names by address, without being led to machines that only this one can reach.

A host's name is resolved once, every address it has is checked, and the connection goes to the address that was
checked: a name that answers differently the second time (DNS rebinding) leads nowhere. A redirect is a new request,
with the same checks. OWASP, "Server-Side Request Forgery Prevention Cheat Sheet".
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from ...tools.errors import BackendUnavailableError, CancelledError
from .public_addresses import FetchError, RefusedAddressError, Rules
from .sizes import TooLargeError, shown_name, size_of

MOST_REDIRECTS = 5
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
"""How long a server may send nothing."""
SLOWEST = 32_000
"""Bytes a second below which a server is given up: it would hold a place that others wait for."""
PATIENCE = 30.0
"""Seconds over which that is measured, from the first piece on."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server sent."""

    name: str
    """The last part of the address."""
    size: int
    """Bytes."""
    stamp: dict[str, str]
    """Headers by which the server says later that nothing has changed; empty where it gave none."""
    unchanged: bool = False
    """The server says that it is what `stamp` stood for; nothing was written."""


def fetch(
    url: str,
    into: Path,
    rules: Rules,
    *,
    stamp: dict[str, str] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Fetched:
    """Fetch what an `http` or `https` address holds into a file; what was written is removed if that fails.

    Args:
        url: the address.
        into: the file to write.
        rules: what is allowed.
        stamp: of an earlier `Fetched`: nothing is sent again if nothing has changed.
        cancelled: asked between two pieces.

    Raises:
        RefusedAddressError: the address, or one that it redirects to, is not on the open internet.
        FetchError: it is no such address, there is no such host, or the server does not send a file in time.
        TooLargeError: it has more bytes than are taken.
        CancelledError: `cancelled` said so.
    """
    try:
        import httpcore

        from .guarded_network import GuardedNetwork
    except ImportError:
        raise BackendUnavailableError("fetching videos needs httpcore: pip install 'vidscout[serve]'") from None

    timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS, "pool": CONNECT_SECONDS}
    asked = checked(url)
    headers = [("User-Agent", "vidscout"), ("Accept", "*/*"), *_asking(stamp)]
    try:
        with httpcore.ConnectionPool(network_backend=GuardedNetwork(rules)) as pool:
            for _ in range(MOST_REDIRECTS + 1):
                with pool.stream("GET", sent(asked), headers=headers, extensions={"timeout": timeouts}) as response:
                    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                    if response.status in REDIRECTS and "location" in told:
                        asked = checked(urljoin(asked.geturl(), told["location"]))
                        continue
                    name = shown_name(asked.path)
                    if response.status == 304 and stamp:
                        return Fetched(name, 0, stamp, unchanged=True)
                    if response.status != 200:
                        raise FetchError(f"{asked.hostname} answered {response.status} where a video was asked for")
                    _check_size(int(told.get("content-length", "0") or 0), rules.size, name)
                    size = _write(response.iter_stream(), into, rules.size, name, cancelled)
                    return Fetched(name, size, {key: told[key] for key in ("etag", "last-modified") if key in told})
        raise FetchError(f"{asked.hostname} redirects more than {MOST_REDIRECTS} times")
    except httpcore.TimeoutException:
        raise FetchError(f"{asked.hostname} did not send the video in time") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FetchError(f"{asked.hostname} could not be asked for a video: {reason}") from None


def checked(url: str) -> SplitResult:
    """The parts of an address that may be asked.

    Raises:
        FetchError: it may not.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
        if host:
            host.encode("idna")
    except (ValueError, UnicodeError):
        raise FetchError(f"{url[:200]!r} is no address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise FetchError(f"{url[:200]!r} is no http or https address")
    if "@" in parts.netloc:
        raise RefusedAddressError("addresses with a user name or a password in them are not asked")
    return parts


def sent(parts: SplitResult) -> str:
    """An address as it goes over the wire: ASCII, without the fragment."""
    host = (parts.hostname or "").encode("idna").decode("ascii") if ":" not in (parts.hostname or "") else ""
    netloc = host + (f":{parts.port}" if parts.port else "") if host else parts.netloc
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{parts.scheme}://{netloc}{path}" + (f"?{query}" if query else "")


def _asking(stamp: dict[str, str] | None) -> list[tuple[str, str]]:
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return [(names[key], value) for key, value in (stamp or {}).items()]


def _check_size(size: int, most: int, name: str) -> None:
    if size > most:
        raise TooLargeError(f"{name} has more than {size_of(most)}, which is the most that is taken")


def _write(pieces: Iterable[bytes], into: Path, most: int, name: str, cancelled: Callable[[], bool]) -> int:
    size = 0
    began = time.monotonic()
    try:
        with into.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                took = time.monotonic() - began
                if took > PATIENCE and size < SLOWEST * took:
                    raise FetchError(f"{name} was sent at less than {size_of(SLOWEST)} a second, and given up")
                _check_size(size, most, name)
                if cancelled():
                    raise CancelledError(f"fetching {name} was stopped")
                file.write(piece)
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return size
