"""A network that connects to addresses which were checked and to nothing else; an extra, since it needs httpcore."""

import ssl
import time
from collections.abc import Iterable

import httpcore

from .public_addresses import RefusedAddressError, Rules, addresses, is_public


class Deadline:
    """A moment of the monotonic clock by which everything must have happened."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """Seconds that one step may take: its own timeout, or what is left.

        Raises:
            httpcore.ReadTimeout: nothing is left.
        """
        rest = self._at - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout
        return rest if timeout is None else min(timeout, rest)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every step ends by a deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        encrypted = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return TimedStream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class GuardedNetwork(httpcore.NetworkBackend):
    """Resolves a name once, checks every address that it has, and connects to one of those that were checked."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._deadline = Deadline(rules.seconds)
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        name = host.strip("[]")
        found = addresses(name, port)
        if not self._rules.trusts(name, port) and not all(is_public(address) for address in found):
            raise RefusedAddressError(f"{host} is not on the open internet: videos are not fetched from there")
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found:
            try:
                left = self._deadline.left(timeout)
                inner = self._inner.connect_tcp(address, port, left, local_address, socket_options)
                return TimedStream(inner, self._deadline)
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
