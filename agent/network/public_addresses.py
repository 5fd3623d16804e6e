"""Which addresses a program may send this machine to: those of the open internet, and hosts that were named.

OWASP, "Server-Side Request Forgery Prevention Cheat Sheet".
"""

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass

from ...tools.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as seen from a network that has IPv6 only (RFC 6052)."""


class FetchError(UsageError):
    """A video could not be fetched from the address that was given."""


class RefusedAddressError(FetchError):
    """An address leads to where no program may send this machine."""


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
        """Whether a host may be asked although its address is not public."""
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
