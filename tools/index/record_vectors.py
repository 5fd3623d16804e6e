"""The stored vectors of records, as they were embedded when they were read."""

from abc import ABC
from collections.abc import Sequence

import numpy as np

from .record_search import RecordSearch
from .store import records_of


class RecordVectors(RecordSearch, ABC):
    """What `VideoIndex` can do with the vectors of a video's records."""

    words_only: set[str]

    def record_vectors(self, video: str, ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Unit vectors, float32 of shape (dimensions,), by record id; of those that have one.

        Nothing where a video is found by its words only, since its vectors are of another embedding.
        """
        name = records_of(video)
        if not ids or video in self.words_only or not self._store.dimensions(name):
            return {}
        there, vectors = self._kept.of(name, ids)
        if len(there) < len(ids):  # of a home of an earlier version, or without vectors
            there, vectors = self._fetched(name, ids)
        return dict(zip(there, vectors, strict=True))
