"""A model's batches, filled by all the threads that ask it at the same time."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast

from .coalesced import Grouped
from .memory_budget import free_caches
from .out_of_memory import out_of_memory

CALLERS = 64
"""Threads whose inputs go together at most."""

Item = TypeVar("Item")
Found = TypeVar("Found")


class Sized(Protocol):
    """A model that takes a certain number of inputs at once."""

    @property
    def batch_size(self) -> int: ...

    @batch_size.setter
    def batch_size(self, most: int) -> None: ...


class Batches(Generic[Item, Found]):
    """Has a model work on the inputs of one thread alone where nobody else asks; those who come while it works wait,
    and go together next, in batches as full as they make them."""

    def __init__(
        self,
        model: Sized,
        work: Callable[[Sequence[Item]], Sequence[Found]],
        kind: Callable[[Item], Hashable] = lambda _: None,
    ) -> None:
        """Say who works.

        Args:
            model: whose `batch_size` is kept to, also where it changes; it is halved where memory runs out over the
                inputs of several threads.
            work: does one batch; one result an input, in order.
            kind: only inputs of one kind share a batch.
        """
        self._model, self._work, self._kind = model, work, kind
        self._callers = Grouped[Sequence[Item], "list[Found] | Exception"](self._each, lines=1, most=CALLERS)

    def ask(self, items: Sequence[Item]) -> list[Found]:
        """The results for one thread's inputs, in order; what `work` raises over them is raised here."""
        found = self._callers.ask(items) if items else []
        if isinstance(found, Exception):
            raise found
        return found

    def _each(self, asked: list[Sequence[Item]]) -> "list[list[Found] | Exception]":
        """What becomes of each thread's inputs: by themselves where they fail together, so that who spoils it is
        told, and nobody else."""
        try:
            results = iter(self._all([item for items in asked for item in items]))
            return [[next(results) for _ in items] for items in asked]
        except Exception as error:
            if len(asked) == 1:
                return [error]
            full = out_of_memory(error)
        if full:  # outside the block above, whose traceback holds what had been allocated
            self._model.batch_size = max(self._model.batch_size // 2, 1)
            free_caches()
        return [self._alone(items) for items in asked]

    def _alone(self, items: Sequence[Item]) -> "list[Found] | Exception":
        try:
            return self._all(items)
        except Exception as error:
            return error

    def _all(self, items: Sequence[Item]) -> list[Found]:
        places: dict[Hashable, list[int]] = {}
        for place, item in enumerate(items):
            places.setdefault(self._kind(item), []).append(place)
        found: list[Any] = [None] * len(items)
        for alike in places.values():
            for first in range(0, len(alike), self._model.batch_size):
                batch = alike[first : first + self._model.batch_size]
                for place, result in zip(batch, self._work([items[at] for at in batch]), strict=True):
                    found[place] = result
        return cast("list[Found]", found)
