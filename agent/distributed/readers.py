"""The readers of one run: as many actors as there are GPUs, or cores, each handed the next video once it is free.

Ray Data's actor pool hands over finished blocks of rows: nothing of how far a video has come, no stopping in its
middle, and a video whose worker dies begins anew. `ray.util.ActorPool` takes one result a call, a reader sends many.
So the few lines that hand a free actor to whoever waits are here, and all else is Ray's: where actors go, which GPU
they see, and that they have died.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from ...tools.errors import CancelledError, ServingError
from .reader import AboutReader, Reader

LOOKS = 0.3
"""Seconds after which whoever waits for a reader looks whether one has come."""
STARTING = 300.0
"""Seconds in which the first reader must have been made: imports on a busy machine, not models."""


class Readers:
    """Actors for one set of settings, for any number of threads."""

    def __init__(self, settings: str, gpu: bool, wanted: int = 2**16) -> None:
        """Start none yet.

        Args:
            settings: JSON, of `Reader`.
            gpu: each gets one GPU of its own, and there are as many as the cluster has; else one a core.
            wanted: no more than these.
        """
        self.settings, self.gpu, self._wanted = settings, gpu, wanted
        self._free: list[Any] = []
        self._busy: list[Any] = []
        self._starting: dict[Any, Any] = {}
        """Actors that are being made or for which there is no room yet, by what tells that they are there."""
        self._changed = threading.Condition()

    @property
    def most(self) -> int:
        """How many the cluster has room for, if nobody else uses it; at least one."""
        import ray

        there = ray.cluster_resources().get("GPU" if self.gpu else "CPU", 0)
        return max(1, min(int(there), self._wanted))

    def take(self, stopped: Callable[[], bool]) -> Any:
        """A reader that is free, for whoever asks alone.

        Raises:
            CancelledError: `stopped` says so meanwhile.
            ServingError: no reader can be made.
        """
        until = time.monotonic() + STARTING
        with self._changed:
            while True:
                self._look()
                if self._free:
                    reader = self._free.pop()
                    self._busy.append(reader)
                    return reader
                if stopped():
                    raise CancelledError("reading was stopped; run it again to go on from here")
                if not self._busy and time.monotonic() > until:
                    what = "GPU" if self.gpu else "core"
                    raise ServingError(f"the cluster has no free {what} for a reader within {STARTING:g} s")
                self._changed.wait(LOOKS)

    def give_back(self, reader: Any) -> None:
        """Say that it is free again."""
        with self._changed:
            self._busy.remove(reader)
            self._free.append(reader)
            self._changed.notify()

    def lose(self, reader: Any) -> None:
        """Say that it has died or is not to go on with what it does; another one is made when there is need."""
        import ray

        ray.kill(reader)
        with self._changed:
            self._busy.remove(reader)
            self._changed.notify()

    def settle(self, patience: float = STARTING) -> None:
        """Wait until as many are there as the cluster has room for."""
        until = time.monotonic() + patience
        with self._changed:
            self._look()
            while self._starting and time.monotonic() < until:
                self._changed.wait(LOOKS)
                self._look()

    def about(self) -> list[AboutReader]:
        """What those that are free are and have done."""
        import ray

        with self._changed:
            return ray.get([reader.about.remote() for reader in self._free], timeout=60)

    def close(self) -> None:
        """End them all."""
        import ray

        with self._changed:
            for reader in [*self._free, *self._busy, *self._starting.values()]:
                ray.kill(reader)
            self._free, self._busy, self._starting = [], [], {}

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _look(self) -> None:
        """Start readers until there are enough, and see which have been made since; needs the lock."""
        import ray
        from ray.exceptions import RayError

        actor: Any = ray.remote(Reader)
        while len(self._free) + len(self._busy) + len(self._starting) < self.most:
            # Ray would restart one that dies, and its video from the beginning; here another one goes on.
            made = actor.options(num_cpus=1, num_gpus=1 if self.gpu else 0, max_restarts=0).remote(self.settings)
            self._starting[made.about.remote()] = made
        there, _ = ray.wait(list(self._starting), num_returns=len(self._starting), timeout=0) if self._starting else (
            [], [])  # fmt: skip
        for told in there:
            reader = self._starting.pop(told)
            try:
                ray.get(told)
            except RayError as error:
                lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                raise ServingError(
                    f"a reader cannot be made on the cluster: {lines[-1] if lines else error}"
                ) from error
            self._free.append(reader)
