"""The vectors of many videos searched as one, exactly: opening a graph a video takes longer and holds more memory.

Of a thousand videos each of Chroma's graphs takes milliseconds to open and about a megabyte to hold, and one graph of
all vectors would hold them at four bytes a number. Here they are one byte a number (`codes.py`), read from a file a
video; what may be among the nearest is then compared at the length at which SQLite keeps it.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .rows.filters import Filter, bounds
from .store import records_of
from .vectors.code_files import KINDS, NO_KIND, Part, file_of, part, read_part, write_part
from .vectors.codes import Query, encode
from .vectors.kept_vectors import KeptVectors

if TYPE_CHECKING:
    from .stage_store import StageStore

MANY = 12
"""Videos from which on they are searched together."""
MOST = 2 * 2**30
"""Bytes that are held at most; what does not fit is read anew by each search."""

Near = tuple[str, str, float, float]
"""A video, the id of one of its rows, when it begins in seconds, and the cosine."""


class Together:
    """The vectors of one home, as far as they were searched together; for any number of threads."""

    def __init__(self, home: Path, store: "StageStore", kept: KeptVectors, read_only: bool = False) -> None:
        """Read nothing yet.

        Args:
            home: the home folder.
            store: the index's tables.
            kept: the vectors in SQLite.
            read_only: use the files that are there and write none.
        """
        self._home, self._store, self._kept, self._read_only = home, store, kept, read_only
        self._parts: dict[str, Part] = {}
        self._held = 0
        self._measures: dict[str, tuple[tuple[tuple[str, int], ...], np.ndarray, np.ndarray]] = {}
        self._lock = threading.Lock()

    def nearest(
        self, prefix: str, videos: Sequence[str], query: np.ndarray, k: int, where: Filter
    ) -> tuple[list[Near], list[str]]:
        """The `k` rows nearest to a query, best first; and the videos that SQLite does not keep all vectors of.

        Those of a video that must be searched by itself are not among them.

        Args:
            prefix: of the names of the collections, which a video's id follows.
            videos: that have such a collection, by their ids.
            query: a unit vector, (dimensions,), of as many dimensions as the collections have.
            k: how many.
            where: only rows that it lets through; its videos do not matter.
        """
        parts, left = self._read(prefix, videos)
        if not parts:
            return [], left
        sought = Query(query)
        ends = np.cumsum([len(one.entries) for one in parts.values()])
        sums = np.empty((ends[-1], 2), np.int32)
        for one, end in zip(parts.values(), ends, strict=True):
            sums[end - len(one.entries) : end] = sought.sums(one.numbers)
        cosines, off = sought.cosines(sums, *self._scales_and_errors(prefix, parts))
        passing = _passing(parts, where)
        if passing is not None:
            cosines[~passing] = -np.inf
        rows = _candidates(cosines, off, k)
        return self._exactly(prefix, parts, ends, rows, query, k), left

    def forget(self, video: str) -> None:
        """Hold nothing of a video any more."""
        with self._lock:
            for name in [name for name in self._parts if name.partition("-")[2] == video]:
                self._held -= self._parts.pop(name).size
            self._measures.clear()

    def prepare(self, name: str) -> None:
        """Write the file of a collection, if SQLite keeps all of its vectors and there is none."""
        version = self._store.version(name)
        if version and read_part(file_of(self._home, name.partition("-")[2], name, version), version) is None:
            self._made(name, version)

    def _read(self, prefix: str, videos: Sequence[str]) -> tuple[dict[str, Part], list[str]]:
        """What is to be searched, by video, read where it has changed since; and the videos for which there is none."""
        parts: dict[str, Part] = {}
        left: list[str] = []
        with self._lock:
            versions = self._store.versions(prefix)
            for video in videos:
                name, version = prefix + video, versions.get(video, 0)
                known = self._parts.get(name)
                if known is None or known.version != version:
                    known = self._hold(name, version)
                if known is None:
                    left.append(video)
                elif len(known.entries):
                    parts[video] = known
        return parts, left

    def _hold(self, name: str, version: int) -> Part | None:
        if (before := self._parts.pop(name, None)) is not None:
            self._held -= before.size
        found = read_part(file_of(self._home, name.partition("-")[2], name, version), version)
        found = found or self._made(name, version)
        if found is not None and self._held + found.size <= MOST:
            self._parts[name] = found
            self._held += found.size
        return found

    def _made(self, name: str, version: int) -> Part | None:
        """The codes of a collection from SQLite; None where that does not keep all of its vectors."""
        video = name.partition("-")[2]
        spans = self._store.spans(video, name == records_of(video))
        ids, vectors = self._kept.raw(name)
        at = [row for row, key in enumerate(ids) if key in spans]
        if len(at) < len(spans) or (len(ids) and not vectors.size):
            return None
        keys = [ids[row] for row in at]
        kinds = [NO_KIND if not spans[key][2] else KINDS.index(spans[key][2]) for key in keys]
        times = np.array([spans[key][:2] for key in keys], np.float64).reshape(-1, 2)
        made = part(version, keys, kinds, times, encode(vectors[at]))
        if made is not None and keys and version and not self._read_only:  # without, it has just been removed
            file = file_of(self._home, video, name, version)
            write_part(file, made)
            if self._store.version(name) != version:  # it was changed or removed meanwhile, perhaps before
                file.unlink(missing_ok=True)
        return made

    def _scales_and_errors(self, prefix: str, parts: dict[str, Part]) -> tuple[np.ndarray, np.ndarray]:
        """Those of all rows, kept for the next question about the same."""
        key = tuple((video, one.version) for video, one in parts.items())
        with self._lock:
            known = self._measures.get(prefix)
        if known is None or known[0] != key:
            scale, error = (np.concatenate([one.entries[of] for one in parts.values()]) for of in ("scale", "error"))
            known = (key, scale, error)
            with self._lock:
                self._measures[prefix] = known
        return known[1], known[2]

    def _exactly(
        self, prefix: str, parts: dict[str, Part], ends: np.ndarray, rows: np.ndarray, query: np.ndarray, k: int
    ) -> list[Near]:
        """The nearest among some rows, by the vectors that SQLite keeps; without those that have gone meanwhile."""
        videos, of = list(parts), np.searchsorted(ends, rows, side="right")
        begins = np.concatenate([[0], ends[:-1]])
        places = [(videos[at], row - begins[at]) for at, row in zip(of, rows, strict=True)]
        pairs = [(prefix + video, bytes(parts[video].entries["key"][row]).decode()) for video, row in places]
        starts = [float(parts[video].entries["start"][row]) for video, row in places]
        kept = self._kept.of_pairs(pairs)
        there = [at for at, pair in enumerate(pairs) if pair in kept and len(kept[pair]) == len(query)]
        if not there:
            return []
        cosines = np.stack([kept[pairs[at]] for at in there]).astype(np.float32) @ query
        near = [
            (videos[of[at]], pairs[at][1], starts[at], cosine)
            for at, cosine in zip(there, cosines.tolist(), strict=True)
        ]
        return sorted(near, key=lambda one: (-one[3], one[0], one[2], one[1]))[:k]


def _candidates(cosines: np.ndarray, off: np.ndarray, k: int) -> np.ndarray:
    """The rows that can be among the `k` nearest, seeing how far off each cosine may be."""
    able = np.flatnonzero(np.isfinite(cosines))
    if len(able) > k:
        least = np.partition(cosines[able] - off[able], len(able) - k)[len(able) - k]
        able = able[cosines[able] + off[able] >= least]
    return able


def _passing(parts: dict[str, Part], where: Filter) -> np.ndarray | None:
    """Which rows a filter lets through; None where all."""
    if where.modalities is None and where.within is None:
        return None
    passing = []
    kinds = None if where.modalities is None else [KINDS.index(one) for one in where.modalities if one in KINDS]
    for one in parts.values():
        inside = np.ones(len(one.entries), bool)
        if kinds is not None:
            inside &= np.isin(one.entries["kind"], kinds)
        if where.within is not None:
            first, last = bounds(where.within)
            starts, stops = one.entries["start"], one.entries["stop"]
            inside &= (starts < last) & ((stops > first) | (starts >= first))
        passing.append(inside)
    return np.concatenate(passing)
