"""By which name a server may be called, and which web pages may ask it.

A browser sends a page's requests wherever a name leads: a name that was made to lead here (DNS rebinding) is known by
`Host`, another site's page (CSRF) by `Origin`, and where there is no `Origin`, as with an image, by `Sec-Fetch-Site`.
OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet"; W3C, "Fetch Metadata Request Headers".
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from .refusal import RefusedError

EVERYBODY = frozenset({"", "0.0.0.0", "::"})
"""Addresses to listen on that stand for all that the machine has."""
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Senders:
    """Tells who sends a request, by its headers."""

    bound: str = "127.0.0.1"
    """The address or name that the server listens on. Where it is every address, any address is one of its names:
    nobody can make an address lead elsewhere."""
    hosts: Collection[str] = ()
    """Further names of the server, as a proxy or a name server gives it: `name`, `name:port`, `*.domain`, or `*`."""
    origins: Collection[str] = ()
    """Other sites, as `https://name:port`, whose pages may ask; or `*`."""
    local_pages: bool = False
    """Whether pages of other servers on this machine may ask, which is harmless where they must bring a key."""

    def check(self, headers: dict[str, list[str]], method: str) -> str | None:
        """Look at a request's headers; the other site whose page it comes from, if it comes from one that may ask.

        Raises:
            RefusedError: it was led here, or comes from a page that may not ask.
        """
        called = headers.get("host", [])
        host = called[0] if len(called) == 1 else ""
        if not self._is_ours(host):
            told = f"this server is not called {host[:200]!r}; allowed_hosts names what else it is called"
            raise RefusedError(403, "host_refused", told)
        origin = headers.get("origin", [])
        if not origin:
            self._check_fetched(headers, method)
            return None
        if len(origin) == 1 and _place(origin[0]) is not None and _names(origin[0], host):
            return None
        if len(origin) == 1 and self._may_ask(origin[0]):
            return origin[0]
        raise RefusedError(403, "origin_refused", "web pages of other sites may not ask here")

    def _is_ours(self, host: str) -> bool:
        parts = _split(f"//{host}")
        if parts is None or parts.username is not None or parts.path or parts.query:
            return False
        name, address = _bare(parts.hostname), _address(parts.hostname)
        if "*" in self.hosts or _is_local(name, address):
            return True
        if address is not None and (self.bound in EVERYBODY or address == _address(self.bound)):
            return True
        named = {name, f"{name}:{parts.port}"} if name else set()
        return bool(named & {_bare(self.bound)} - EVERYBODY) or any(_fits(entry, named, name) for entry in self.hosts)

    def _may_ask(self, origin: str) -> bool:
        place = _place(origin)
        if place is None:
            return False
        if "*" in self.origins or place in {_place(entry) for entry in self.origins}:
            return True
        return self.local_pages and _is_local(place[1], _address(place[1]))

    @staticmethod
    def _check_fetched(headers: dict[str, list[str]], method: str) -> None:
        """Refuse what a page of another site fetches without saying so; a link that somebody follows is none."""
        site, mode, into = (",".join(headers.get(f"sec-fetch-{name}", [])).lower() for name in ("site", "mode", "dest"))
        followed = mode == "navigate" and into == "document" and method in ("GET", "HEAD")
        if site not in ("", "none", "same-origin") and not followed:
            raise RefusedError(403, "origin_refused", "web pages of other sites may not ask here")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts


def _bare(name: str | None) -> str:
    return (name or "").lower().strip("[]").removesuffix(".")


def _address(name: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(_bare(name))
    except ValueError:
        return None


def _is_local(name: str, address: IPv4Address | IPv6Address | None) -> bool:
    """Whether a name or an address is the machine's own for itself."""
    if address is not None:
        return address.is_loopback
    return name == "localhost" or name.endswith(".localhost")


def _place(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None for `null` and what else is none."""
    parts = _split(origin)
    if parts is None or parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, _bare(parts.hostname), parts.port or PORTS[parts.scheme]


def _names(origin: str, host: str) -> bool:
    """Whether an origin is the very server that was called, whichever scheme a proxy in between speaks."""
    asked = _place(origin)
    called = asked and _place(f"{asked[0]}://{host}")
    return asked == called


def _fits(entry: str, named: set[str], name: str) -> bool:
    entry = entry.strip().lower()
    return entry in named or (entry.startswith("*.") and name.endswith(entry[1:]))
