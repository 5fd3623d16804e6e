"""For how long a device works, and for whom: intervals by stage, and the share of the time in which it stood idle."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Busy:
    """What a device did while some tools worked on it; safe to use from several threads."""

    def __init__(self, waits: Callable[[], object] = lambda: None) -> None:
        """Say how to wait until the device has done what it was given, as `torch.cuda.synchronize`."""
        self._waits = waits
        self._lock = threading.Lock()
        self._work: list[tuple[str, float, float]] = []

    @contextmanager
    def working(self, name: str) -> Iterator[None]:
        """Whatever runs in it is work of that name."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._waits()
            with self._lock:
                self._work.append((name, began, time.perf_counter()))

    def watch(self, name: str, tool: Any) -> None:
        """Count what a tool perceives as work of that name, from now on."""
        perceive = tool.perceive

        def watched(batch: Any) -> Any:
            with self.working(name):
                return perceive(batch)

        tool.perceive = watched

    def shares(self) -> dict[str, float]:
        """Of all the seconds of work, each name's share; it is more than the device had where two worked at once."""
        seconds: dict[str, float] = {}
        for name, began, ended in self._work:
            seconds[name] = seconds.get(name, 0.0) + ended - began
        total = sum(seconds.values()) or 1.0
        return {name: took / total for name, took in seconds.items()}

    def idle_share(self, began: float, ended: float | None = None) -> float:
        """The share of a stretch of time, on the clock of `time.perf_counter`, in which nobody worked, 0..1.

        Args:
            began: of the stretch.
            ended: of the stretch; by default the end of the last work.
        """
        ended = max((end for *_, end in self._work), default=began) if ended is None else ended
        busy, until = 0.0, began
        for start, end in sorted((start, end) for _, start, end in self._work):
            start, end = max(start, until), min(end, ended)
            if end > start:
                busy, until = busy + end - start, end
        return 1 - busy / (ended - began) if ended > began else 0.0
