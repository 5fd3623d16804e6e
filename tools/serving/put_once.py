"""Frames put into Ray's object store once, however many tools look at them.

A frame is decoded once and given to several stages, each of which asks a tool of its own on the cluster. What is sent
to the first is put into the store, and the others are sent where it is; a replica maps it into its memory. Whoever
holds the array keeps it there.
"""

import threading
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

LARGE = 100 * 2**10
"""Bytes from which on an array is put there; Ray itself sends less than this within the message."""


class PutOnce:
    """The arrays of one process that are in the object store, for any number of threads."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._where: dict[int, tuple[weakref.ref[np.ndarray], Any]] = {}
        self._lock = threading.RLock()
        """Entered again where an array goes, and is forgotten, while another one is looked up."""
        self.puts = 0
        """How many arrays have been put there."""

    def replaced(self, inputs: Sequence[Any]) -> list[Any]:
        """Inputs with references in place of large arrays, which must not be changed any more."""
        return [self._reference(one) if isinstance(one, np.ndarray) and one.nbytes >= LARGE else one for one in inputs]

    def _reference(self, array: np.ndarray) -> Any:
        import ray

        with self._lock:
            known = self._where.get(id(array))
            if known is not None and known[0]() is array:
                return known[1]
            key, self.puts = id(array), self.puts + 1
            reference = ray.put(array)
            self._where[key] = (weakref.ref(array, lambda gone: self._forget(key, gone)), reference)
            return reference

    def _forget(self, key: int, gone: "weakref.ref[np.ndarray]") -> None:
        with self._lock:
            known = self._where.get(key)
            if known is not None and known[0] is gone:
                del self._where[key]


def resolved(inputs: Sequence[Any]) -> list[Any]:
    """The arrays themselves in place of references to them."""
    import ray

    at = [number for number, one in enumerate(inputs) if isinstance(one, ray.ObjectRef)]
    found = list(inputs)
    for number, array in zip(at, ray.get([inputs[number] for number in at]) if at else [], strict=True):
        found[number] = array
    return found


frames = PutOnce()
"""Those of this process."""
