"""Calls of many threads, made together: one message for all that wait costs little more than a message for one."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

LINGER = 0.002
"""Seconds that a call waits for company where several went together just before."""

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class _Ticket(Generic[Asked, Answered]):
    """One thread's call."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answered: Answered | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.called = threading.Event()
        """Set when the call has been answered, or when its thread is to make the next one."""


class Grouped(Generic[Asked, Answered]):
    """Makes at most `lines` calls at once; who comes meanwhile waits, and goes with the others who wait."""

    def __init__(self, send: Callable[[list[Asked]], Sequence[Answered]], lines: int, most: int) -> None:
        """Say how calls are made.

        Args:
            send: makes a call for several; one answer each, in order.
            lines: calls under way at once.
            most: how many go together.
        """
        self._send = send
        self._free = lines
        self._most = most
        self._lock = threading.Lock()
        self._crowded = False
        self._waiting: list[_Ticket[Asked, Answered]] = []

    def ask(self, asked: Asked) -> Answered:
        """The answer to one thread's call; what `send` raises, everyone who was sent with it gets."""
        mine = _Ticket[Asked, Answered](asked)
        with self._lock:
            if self._free:
                self._free -= 1
                mine.leads = True
            else:
                self._waiting.append(mine)
        if not mine.leads:
            mine.called.wait()
        if mine.leads:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answered  # pyright: ignore[reportReturnType]  # whoever led has set it

    def _lead(self, mine: _Ticket[Asked, Answered]) -> None:
        if self._crowded:
            time.sleep(LINGER)  # those who have just been answered are about to ask again
        with self._lock:
            room = self._most - 1
            group, self._waiting = [mine, *self._waiting[:room]], self._waiting[room:]
            self._crowded = len(group) > 1
        try:
            for ticket, answered in zip(group, self._send([ticket.asked for ticket in group]), strict=True):
                ticket.answered = answered
        except BaseException as error:
            for ticket in group:
                ticket.error = error
        for ticket in group:
            ticket.called.set()
        with self._lock:
            if self._waiting:
                follower = self._waiting.pop(0)
                follower.leads = True
                follower.called.set()
            else:
                self._free += 1
