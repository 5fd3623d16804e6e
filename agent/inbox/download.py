"""Fetch a video that a program names by address, without being led to machines that only this one can reach.

A host's name is resolved once, every address it has is checked, and the connection goes to the address that was
checked: a name that answers differently the second time (DNS rebinding) leads nowhere. A redirect is a new request,
with the same checks. OWASP, "Server-Side Request Forgery Prevention Cheat Sheet".
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from ...tools.errors import BackendUnavailableError, CancelledError, UsageError
from .uploads import TooLargeError, shown_name, size_of

if TYPE_CHECKING:
    import httpcore

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_REDIRECTS = 5
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
"""How long a server may send nothing."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as seen from a network that has IPv6 only (RFC 6052)."""


class FetchError(UsageError):
    """A video could not be fetched from the address that was given."""


class RefusedAddressError(FetchError):
    """An address leads to where no program may send this machine."""


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


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be fetched, and from where."""

    size: int
    """Most bytes."""
    seconds: float = 600.0
    """Longest time for everything."""
    hosts: Collection[str] = ()
    """Hosts, as `name` or `name:port`, that may be asked although their address is not public."""

    def trusts(self, host: str, port: int) -> bool:
        named = {host.lower(), f"{host.lower()}:{port}"}
        return any(entry.lower() in named for entry in self.hosts)


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet.

    >>> [is_public(a) for a in ("93.184.216.34", "127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:192.168.0.1")]
    [True, False, False, False, False]
    """
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def addresses(host: str, port: int) -> list[str]:
    """The addresses that a name stands for.

    Raises:
        FetchError: it stands for none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{host}: there is no such host ({getattr(error, 'strerror', None) or error})") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


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
    except ImportError:
        raise BackendUnavailableError("fetching videos needs httpcore: pip install 'vidscout[serve]'") from None

    deadline = time.monotonic() + rules.seconds
    timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS, "pool": CONNECT_SECONDS}
    asked = _checked(url)
    headers = [("User-Agent", "vidscout"), ("Accept", "*/*"), *_asking(stamp)]
    try:
        with httpcore.ConnectionPool(network_backend=_guarded(rules, deadline)) as pool:
            for _ in range(MOST_REDIRECTS + 1):
                with pool.stream("GET", _sent(asked), headers=headers, extensions={"timeout": timeouts}) as response:
                    told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                    if response.status in REDIRECTS and "location" in told:
                        asked = _checked(urljoin(asked.geturl(), told["location"]))
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


def _guarded(rules: Rules, deadline: float) -> "httpcore.NetworkBackend":
    """Connects to addresses that were checked and to nothing else, and hangs up at a moment of the monotonic clock."""
    import httpcore

    def left(timeout: float | None) -> float:
        rest = deadline - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout
        return rest if timeout is None else min(timeout, rest)

    class Hurried(httpcore.NetworkStream):
        def __init__(self, inner: httpcore.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._inner.read(max_bytes, left(timeout))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._inner.write(buffer, left(timeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(
            self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return Hurried(self._inner.start_tls(ssl_context, server_hostname, left(timeout)))

        def get_extra_info(self, info: str) -> object:
            return self._inner.get_extra_info(info)

    class Guarded(httpcore.NetworkBackend):
        def __init__(self) -> None:
            self._inner = httpcore.SyncBackend()

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.NetworkStream:
            found = addresses(host.strip("[]"), port)
            if not rules.trusts(host.strip("[]"), port) and not all(is_public(address) for address in found):
                raise RefusedAddressError(f"{host} is not on the open internet: videos are not fetched from there")
            problem: Exception = httpcore.ConnectError(f"{host} has no address")
            for address in found:
                try:
                    return Hurried(self._inner.connect_tcp(address, port, left(timeout), local_address, socket_options))
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    problem = error
            raise problem

        def connect_unix_socket(
            self,
            path: str,
            timeout: float | None = None,
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.NetworkStream:
            raise RefusedAddressError("videos are not fetched from sockets of this machine")

        def sleep(self, seconds: float) -> None:
            self._inner.sleep(seconds)

    return Guarded()


def _checked(url: str) -> SplitResult:
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


def _sent(parts: SplitResult) -> str:
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
    try:
        with into.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                _check_size(size, most, name)
                if cancelled():
                    raise CancelledError(f"fetching {name} was stopped")
                file.write(piece)
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return size
