"""The half of the index that finds records by their meaning: one video after another, or many at once."""

from abc import ABC
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..records import Record
from .repairing.repair import Repairs
from .rows.filters import Filter
from .store import records_of
from .together import MANY

if TYPE_CHECKING:
    from .together import Together

OVERFETCH = 8
"""How many times more neighbours are fetched where a filter will drop some of them."""


class RecordSearch(Repairs, ABC):
    """What `VideoIndex` can do with the vectors of records."""

    _together: "Together"

    def _near(self, query: np.ndarray, where: Filter, depth: int) -> dict[str, float]:
        """Ids of the records nearest in meaning, best first, with their cosine."""
        videos = self._store.collections(records_of(""), len(query), where.videos, self.words_only)
        many = len(videos) >= MANY
        found, left = self._together.nearest(records_of(""), videos, query, depth, where) if many else ([], videos)
        near = [(key, cosine) for _, key, _, cosine in found]
        for video in left:
            if many:
                self._take_over(records_of(video))
            one = Filter([video], where.modalities, where.within)
            near += self._near_in(records_of(video), query, one, depth)
        return dict(sorted(near, key=lambda pair: -pair[1])[:depth])

    def _near_in(self, name: str, query: np.ndarray, where: Filter, depth: int) -> list[tuple[str, float]]:
        everything = where.modalities is None and where.within is None

        def ask() -> list[tuple[str, float]]:
            self._current(name)
            if everything:
                return self._vectors.nearest(name, query, depth)
            wide = self._vectors.nearest(name, query, depth * OVERFETCH)
            inside = set(self._store.embedded(where, among=[key for key, _ in wide]))
            kept = [pair for pair in wide if pair[0] in inside]
            if len(kept) >= depth:
                return kept[:depth]
            among = self._store.embedded(where)  # too few of the nearest pass: look only among those that do
            return kept if len(among) == len(kept) else self._vectors.nearest(name, query, depth, among)

        def instead() -> list[tuple[str, float]]:
            return self._kept.nearest(name, query, depth, None if everything else self._store.embedded(where))

        return self._asked(name, ask, instead) or []

    def _similarities(self, query: np.ndarray, records: Sequence[Record]) -> dict[str, float]:
        """Cosine of records that were found by their words only; those that have a vector."""
        similarities: dict[str, float] = {}
        videos = {record.video for record in records} - self.words_only
        for video in self._store.collections(records_of(""), len(query), videos):
            ids, name = [record.id for record in records if record.video == video], records_of(video)

            there, vectors = self._kept.of(name, ids)
            if len(there) < len(ids):  # of a home of an earlier version, or without vectors
                there, vectors = self._fetched(name, ids)
            if there:
                similarities |= dict(zip(there, (vectors @ query).tolist(), strict=True))
        return similarities

    def _fetched(self, name: str, ids: Sequence[str]) -> tuple[list[str], np.ndarray]:
        def ask() -> tuple[list[str], np.ndarray]:
            self._current(name)
            return self._vectors.fetch(name, ids)

        return self._asked(name, ask, lambda: self._kept.of(name, ids)) or ([], np.zeros((0, 0), np.float32))
