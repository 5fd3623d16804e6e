"""Events sent to an address as they happen: one POST of JSON each, in a thread of its own."""

import json
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ...tools.errors import BackendUnavailableError
from ..network.public_addresses import RefusedAddressError, Rules

WAITING = 256
"""Events that may wait; what comes then is not sent, which a note says."""
SECONDS = 10.0
"""How long one may take."""
TRIES = 3


class Webhook:
    """Sends events to one address; the address is checked as those of videos are."""

    def __init__(self, address: str, hosts: tuple[str, ...], note: Callable[[str], None]) -> None:
        """Take the address.

        Args:
            address: `http` or `https`.
            hosts: that may be asked although their addresses are not public.
            note: is told of what could not be sent.

        Raises:
            BackendUnavailableError: httpcore is not installed.
            FetchError: it is no such address.
        """
        from ..network.download import checked, sent

        try:
            import httpcore  # noqa: F401 - looked for before anything is watched
        except ImportError:
            raise BackendUnavailableError("a webhook needs httpcore: pip install 'vidscout[serve]'") from None
        self._address, self._host = sent(checked(address)), checked(address).hostname
        self._rules, self._note = Rules(1_000_000, SECONDS, hosts), note
        self._items: queue.Queue[dict[str, Any] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def send(self, event: dict[str, Any]) -> None:
        """Send an event soon."""
        try:
            self._items.put_nowait(event)
        except queue.Full:
            self._note(f"{self._host} is too slow: an event was not sent")

    def close(self) -> None:
        """Send what waits, and end; once is enough."""
        if self._thread.is_alive():
            with suppress(queue.Full):
                self._items.put(None, timeout=1.0)
            self._thread.join(SECONDS)

    def _run(self) -> None:
        while (event := self._items.get()) is not None:
            try:
                self._post(json.dumps(event, ensure_ascii=False).encode())
            except Exception as error:
                self._note(f"{self._host} was not told of an event ({' '.join(str(error).split()) or 'no answer'})")

    def _post(self, body: bytes) -> None:
        import httpcore

        from ..network.guarded_network import GuardedNetwork

        headers = [("Content-Type", "application/json"), ("User-Agent", "vidscout")]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        problem: Exception = RuntimeError("it was not asked")
        for number in range(1, TRIES + 1):
            try:
                with httpcore.ConnectionPool(network_backend=GuardedNetwork(self._rules)) as pool:
                    answer = pool.request(
                        "POST", self._address, headers=headers, content=body, extensions={"timeout": timeouts}
                    )
                if answer.status < 300:
                    return
                problem = RuntimeError(f"it answered {answer.status}")
            except RefusedAddressError:
                raise
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
                problem = error
            if number < TRIES:
                time.sleep(number)
        raise problem
