"""Keys and passwords cannot be tried one after another: whoever is wrong too often waits for the answer.

An address that was wrong a few times gets each further refusal later, while it may try few things at once. What it
tries beyond that is not looked at. OWASP, "Authentication Cheat Sheet: Protect Against Automated Attacks".
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

FREE = 10
"""Wrong guesses without consequence: people mistype, and programs are set up wrongly."""
FORGIVEN_EVERY = 6.0
"""Seconds after which one of them is forgotten."""
SHORTEST, LONGEST, DOUBLED_AFTER = 0.25, 4.0, 8
"""Seconds that the refusals after them take; every 8 they take twice as long."""
AT_ONCE = 2
"""Delayed refusals that one address can wait for. With the longest delay that is a guess in two seconds."""
REMEMBERED = 4096
"""Addresses."""


@dataclass(slots=True)
class _Address:
    wrong: float = 0.0
    at: float = 0.0
    waiting: int = 0


class WrongGuesses:
    """How often each address was wrong lately; for one event loop."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    def may_try(self, address: str) -> bool:
        """Whether what an address sends is looked at, or it has too many refusals ahead of it."""
        known = self._addresses.get(_network(address))
        return known is None or known.waiting < AT_ONCE

    async def wrong(self, address: str) -> None:
        """Take note of a wrong guess, and return when it may be answered."""
        known = self._of(_network(address))
        now = time.monotonic()
        known.wrong = max(known.wrong - (now - known.at) / FORGIVEN_EVERY, 0.0) + 1
        known.at = now
        beyond = int(known.wrong) - FREE
        if beyond <= 0:
            return
        known.waiting += 1
        try:
            await asyncio.sleep(min(SHORTEST * 2 ** min(beyond / DOUBLED_AFTER, 30), LONGEST))
        finally:
            known.waiting -= 1

    def _of(self, network: str) -> _Address:
        known = self._addresses.setdefault(network, _Address())
        self._addresses.move_to_end(network)
        while len(self._addresses) > REMEMBERED:
            self._addresses.popitem(last=False)
        return known


def _network(address: str) -> str:
    """An address, or the network of an IPv6 one: everybody there has 2⁶⁴ of them."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
