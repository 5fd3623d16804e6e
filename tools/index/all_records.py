"""The vectors of the records of many videos as one, searched exactly: opening a graph a video would take longer.

Of a thousand videos each graph takes milliseconds to open and about a megabyte to hold. Read from SQLite instead, and
held as float16, 200,000 vectors of 256 numbers take 100 MB.
"""

import threading
from collections.abc import Collection, Sequence

import numpy as np

from .kept_vectors import KeptVectors
from .stage_records import StageStore
from .store import records_of

MANY = 12
"""Videos from which on they are searched together."""
MOST = 2**30
"""Bytes that are held at most; a larger library is searched graph by graph."""
ROWS = 32_768
"""Vectors that are multiplied at a time, as float32."""

Part = tuple[int, np.ndarray, np.ndarray]
"""The version of a collection, its ids as bytes, and its vectors, float16."""


class AllRecords:
    """The vectors of one home's records, as far as they were searched together; for any number of threads."""

    def __init__(self, store: StageStore, kept: KeptVectors) -> None:
        """Read nothing yet."""
        self._store = store
        self._kept = kept
        self._parts: dict[str, Part] = {}
        self._lock = threading.Lock()

    def nearest(self, videos: Sequence[str], query: np.ndarray, depth: int) -> list[tuple[str, float]] | None:
        """Ids of the `depth` records nearest to a query among these videos, with their cosines, best first.

        None where they must be searched one by one: they are few, too large, or SQLite does not keep all their vectors.

        Args:
            videos: that have a collection, by their ids.
            query: a unit vector, (dimensions,).
            depth: how many.
        """
        if len(videos) < MANY:
            return None
        with self._lock:
            if not self._bring_up_to_date(videos):
                return None
            parts = [self._parts[video] for video in videos]
        best: list[tuple[str, float]] = []
        for first, last in _blocks([len(part[1]) for part in parts]):
            ids = np.concatenate([part[1] for part in parts[first:last]])
            vectors = np.concatenate([part[2] for part in parts[first:last]]).astype(np.float32)
            cosines = vectors @ query
            top = np.argpartition(-cosines, min(depth, len(cosines)) - 1)[:depth] if len(cosines) else []
            best += [(bytes(ids[at]).decode(), float(cosines[at])) for at in top]
        return sorted(best, key=lambda pair: (-pair[1], pair[0]))[:depth]

    def _bring_up_to_date(self, videos: Collection[str]) -> bool:
        """Read what has changed since; whether everything is there."""
        versions = self._store.versions(records_of(""))
        counts = self._store.count_embedded()
        for gone in {*self._parts} - {*versions}:
            del self._parts[gone]
        size = sum(part[2].nbytes for part in self._parts.values())
        for video in videos:
            version = versions.get(video, 0)
            known = self._parts.get(video)
            if known is not None and known[0] == version:
                continue
            ids, vectors = self._kept.raw(records_of(video))
            if len(ids) != counts.get(video, 0) or not len(ids):
                return False
            size += vectors.nbytes - (known[2].nbytes if known is not None else 0)
            if size > MOST:
                self._parts.clear()
                return False
            self._parts[video] = (version, ids, vectors)
        return True


def _blocks(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring parts that together have about `ROWS` rows: the first and the one behind the last of each."""
    blocks, begin, held = [], 0, 0
    for at, count in enumerate(rows):
        held += count
        if held >= ROWS or at == len(rows) - 1:
            blocks.append((begin, at + 1))
            begin, held = at + 1, 0
    return blocks
