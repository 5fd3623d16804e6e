"""What a stage of reading asks of the index; `stage_store.py` has the tables, this the vectors and pictures too."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UsageError
from ..records import Record
from .frames import FrameSearch, milliseconds
from .pictures import PACK, names_in, pack
from .vectors.chroma import unit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .stage_store import StageStore


class StageWrites(FrameSearch, ABC):
    """What `VideoIndex` can do for a stage of reading."""

    _store: "StageStore"

    @abstractmethod
    def writing(self, wait: float = ...) -> "AbstractContextManager[None]":
        """Hold off other writers."""

    @abstractmethod
    def _bring_chroma_up_to_date(self) -> None: ...

    def replace(self, video: str, stage: str, records: Sequence[Record], vectors: np.ndarray | None) -> int:
        """Write a stage's records in place of all that it wrote before, in one transaction.

        Args:
            video: the video's id.
            stage: which stage they are from.
            records: of this video. One that is there already takes the new score, boxes and payload.
            vectors: float array of shape (records, dimensions), of any length; None where no record needs one. The rows
                of records that are `known` are not used.

        Returns:
            How many were new.

        Raises:
            UsageError: shapes that do not fit, numbers that are not finite, or another embedding model than before.
        """
        if vectors is not None and np.shape(vectors)[:1] != (len(records),):
            raise UsageError(f"{len(records)} records came with vectors of shape {np.shape(vectors)}")
        with self.writing():
            new = self._store.replace(video, stage, records, None if vectors is None else unit(vectors))
            self._bring_chroma_up_to_date()
        return new

    def correct(self, record: Record, corrected: Record, vector: np.ndarray | None) -> bool:
        """Put a finding that somebody corrected in place of the one that was found; whether that one is there.

        Args:
            record: what was found.
            corrected: what takes its place; no stage of reading replaces it.
            vector: float array of shape (dimensions,), of any length; None to have it found by its words only.

        Raises:
            UsageError: a vector from another embedding model than before.
            HomeError: another process is writing, or the home is only read.
        """
        with self.writing():
            there = self._store.correct(record, corrected, None if vector is None else unit(vector[None])[0])
            self._bring_chroma_up_to_date()
        return there

    def known(self, records: Sequence[Record]) -> set[str]:
        """The ids of those of these records that are in the index with their vectors."""
        return self._store.known(records)

    def records_by(self, video: str, stage: str) -> list[Record]:
        """The records that a stage wrote of a video, in order of time."""
        return self._store.of_stage(video, stage)

    def add_frame_vectors(self, video: str, times: Sequence[float], vectors: Mapping[str, Any]) -> None:
        """Add vectors of frames, which are kept already or will be; one that is there is replaced.

        Args:
            video: the video's id.
            times: of the frames, in seconds.
            vectors: for each encoder by its source, float array of shape (frames, dimensions), of any length.

        Raises:
            UsageError: numbers that are not finite, or vectors of another length than before.
        """
        moments = [milliseconds(time) for time in times]
        rows = {encoder: dict(zip(moments, unit(made), strict=True)) for encoder, made in vectors.items()}
        if not moments:
            return
        with self.writing():
            self._store.put_vectors(video, rows)
            self._bring_chroma_up_to_date()

    def keep_frames(self, video: str, times: Sequence[float]) -> None:
        """Keep the frames of a video at these times, in seconds, and remove all others with pictures and vectors."""
        kept = {milliseconds(time) for time in times}
        with self.writing():
            gone = [ms for ms in self._store.frames(video) if ms not in kept]
            named = {self._thumbnail(video, ms).name for ms in kept}
            folder = self._thumbnail(video, 0).parent
            for file in folder.glob("*"):
                if file.name not in named and file.name != PACK:  # also what a kill has left half written
                    file.unlink(missing_ok=True)  # before SQLite forgets that there is one
            if names_in(folder) - named:
                pack([folder], folder / PACK, only=named)
            self._store.drop_frames(video, gone)
            self._bring_chroma_up_to_date()

    def keep_encoders(self, video: str, encoders: Collection[str]) -> None:
        """Keep the vectors of a video's frames by these encoders, by their sources, and remove those by all others."""
        with self.writing():
            self._store.drop_encoders(video, encoders)
            self._bring_chroma_up_to_date()
