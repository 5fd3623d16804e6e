"""One copy of a tool on a Ray cluster: many callers' inputs become one batch. `ray_serve` deploys and calls it."""

import asyncio
import os
import pickle
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import VidscoutError
from ..runtime.backend import Tool, backend
from ..runtime.counters import counting
from .put_once import resolved

STUCK = 600.0
"""Seconds in one batch after which a replica says that it is ill, so that Ray starts another in its place."""


RUN = "run"


@dataclass(frozen=True, slots=True)
class Request:
    """One call of one of the tool's methods."""

    method: str
    arguments: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)
    remembered: Any = None
    """What the caller's earlier inputs left behind, since any replica may have worked on them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request."""

    result: Any
    counters: dict[str, float]
    """What the work cost, besides the tool's own counter."""
    error: Exception | None = None
    """Raised where the request came from; the others of its batch do not see it."""
    note: str = ""
    """What went wrong on the way and was mended."""
    remembered: Any = None
    """What these inputs and those before leave behind."""


@dataclass(frozen=True, slots=True)
class About:
    """What a replica is and has done."""

    source: str
    process: int
    batches: dict[int, int]
    """How many batches there were of each number of requests."""
    replicas: int = 1
    most: int = 1
    """Requests that may go together."""
    busy: bool = False
    processor: float = 0.0
    """Seconds of processor time that its process has used."""
    error: Exception | None = None
    """Why the tool could not be loaded."""


class Replica:
    """The deployment's class: made by Ray in a process of its own, where it loads the model and keeps it."""

    def __init__(
        self, role: str, name: str, options: Mapping[str, Any], batch: int, wait: float, replicas: int = 1
    ) -> None:
        """Load the tool.

        Args:
            role, name, options: which backend, and what its constructor takes.
            batch: most messages in one batch, each with one request or several.
            wait: seconds to wait for more messages when there are fewer.
            replicas: how many there are like this one.
        """
        from ray import serve

        self._error: Exception | None = None
        made = backend(role, name)(**options)
        assert isinstance(made, Tool)
        self.tool: Tool[Any, Any] = made
        self._remembers = type(made).forget is not Tool.forget
        self._most = 1 if self._remembers and not made.together else batch
        self._replicas = replicas
        self._batches: Counter[int] = Counter()
        self._began: float | None = None
        try:
            self.tool.ready()
        except VidscoutError as error:  # raised, it would be tried again and again and reach nobody
            self._error = error

        async def together(messages: list[list[Request]]) -> list[list[Outcome]]:
            outcomes = await self._perform([request for message in messages for request in message])
            answers = iter(outcomes)
            return [[next(answers) for _ in message] for message in messages]

        self._together: Any = serve.batch(max_batch_size=batch, batch_wait_timeout_s=wait)(together)

    async def __call__(self, message: list[Request]) -> list[Outcome]:
        """What becomes of one caller's requests, which are run together with others that came at the same time."""
        return await self._together(message)

    async def about(self) -> About:
        """What it is, in which process, and the batches that it has made."""
        return About(
            source=self.tool.source,
            process=os.getpid(),
            batches=dict(self._batches),
            replicas=self._replicas,
            most=self._most,
            busy=self._began is not None,
            processor=time.process_time(),
            error=self._error,
        )

    async def check_health(self) -> None:
        """Called by Ray; raising means that this replica is to be replaced."""
        if self._began is not None and (seconds := time.monotonic() - self._began) > STUCK:
            raise RuntimeError(f"{self.tool.source} has been at one batch for {seconds:.0f} s")

    async def _perform(self, requests: list[Request]) -> list[Outcome]:
        self._batches[len(requests)] += 1
        self._began = time.monotonic()
        try:
            # In a thread, so that the loop goes on collecting the next batch and answering Ray's health checks.
            return await asyncio.to_thread(self._in_one_batch, requests)
        finally:
            self._began = None

    def _in_one_batch(self, requests: list[Request]) -> list[Outcome]:
        requests = [
            replace(request, arguments=(resolved(request.arguments[0]),)) if request.method == RUN else request
            for request in requests
        ]
        if len(requests) > 1 and self.tool.together:
            with ThreadPoolExecutor(len(requests)) as pool:
                return list(pool.map(self._by_itself, requests))
        if len(requests) > 1 and not self._remembers and all(request.method == RUN for request in requests):
            try:
                return self._run_together([list(request.arguments[0]) for request in requests])
            except Exception:
                pass  # one request's inputs may have spoilt the batch: each by itself tells which
        return [self._by_itself(request) for request in requests]

    def _run_together(self, batches: Sequence[list[Any]]) -> list[Outcome]:
        inputs = [item for batch in batches for item in batch]
        with counting() as counters:
            found = self.tool.run(inputs)
        outcomes = []
        for batch in batches:
            share = {name: value * len(batch) / len(inputs) for name, value in counters.items() if value}
            outcomes.append(Outcome(found[: len(batch)], share))
            found = found[len(batch) :]
        return outcomes

    def _by_itself(self, request: Request) -> Outcome:
        try:
            if not self.tool.together:
                self.tool.forget()
            if request.remembered is not None:
                self.tool.remember(request.remembered)
            with counting() as counters:
                result = getattr(self.tool, request.method)(*request.arguments, **request.named)
        except Exception as error:
            return Outcome(None, {}, _portable(error), remembered=self.tool.remembered())
        costs = {name: value for name, value in counters.items() if value}
        return Outcome(result, costs, remembered=self.tool.remembered())


def _portable(error: Exception) -> Exception:
    """The error itself, or its text where it cannot travel between processes."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
