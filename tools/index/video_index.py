"""The index: everything that the tools found in the videos, searched by words and by meaning.

Records, their words (FTS5, ranked by BM25) and the times of the kept frames are in SQLite (`store.py`), vectors in
ChromaDB (`chroma.py`), pictures in a folder. SQLite is what counts; Chroma is told afterwards, and again if need be.
"""

import contextlib
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import HomeError, UsageError
from ..records import Modality, Record, Span
from . import removal
from .frames import FrameQuery, by_encoder, how_many, is_id, milliseconds, other_encoder
from .home import CHROMA, LOCK, write_private
from .rank_fusion import fuse, ranks
from .record_vectors import RecordVectors
from .removal import Owed
from .repairing.repair import RepairStore
from .rows.filters import Filter
from .rows.people import Faces, People
from .rows.talks import Talks
from .together import Together
from .vectors.chroma import open_vectors, unit
from .vectors.kept_vectors import KeptVectors
from .vectors.matrices import Matrices
from .videos import Library

DEPTH = 32
"""How deep each ranking is read before both are fused, at least."""

WAIT_FOR_WRITER = 15.0
"""Seconds that a write waits for another process's write to end."""

FLUSH_ROWS = 2000
"""Vectors that go to Chroma at a time."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that a search found."""

    record: Record
    score: float
    """Reciprocal rank fusion of the rankings that hold it; compares only within one search."""
    similarity: float | None
    """Cosine of query and record, 0..1; None in a search without a vector."""
    rank: int | None
    """Place in the lexical ranking from 1, the same for equal scores; None where no word matched."""
    bm25: float | None
    """Lexical score, higher is better; None where no word matched."""


class VideoIndex(RecordVectors):
    """The searchable index of one home, for any number of threads; other processes may read, and write in turns."""

    def __init__(self, home: Path, server: str | None = None, read_only: bool = False) -> None:
        """Open the index, creating it unless `read_only`. Chroma is opened by the first call that needs vectors.

        Args:
            home: folder with `vidscout.sqlite`, `chroma/` and `thumbnails/`.
            server: a Chroma server that holds the vectors instead of `chroma/`, as `http://host:8000`.
            read_only: ask only; also works where the folder cannot be written.

        Raises:
            HomeError: the folder cannot be created, read or written.
        """
        from filelock import FileLock

        self.library = Library(home, read_only)
        self.home = self.library.home
        self.read_only = read_only
        self.people, self.faces = People(self.library.database), Faces(self.library.database)
        self.talks = Talks(self.library.database)
        self._store = RepairStore(self.library.database)
        self._kept = KeptVectors(self.library.database)
        self._together = Together(self.home, self._store, self._kept, read_only)
        self.words_only = set()
        self._matrices = Matrices(self.home, read_only)
        try:
            self._vectors = open_vectors(self.home / CHROMA, server)
        except UsageError:
            self.library.close()
            raise
        self._lock = threading.RLock()
        self._file_lock = FileLock(self.home / LOCK, mode=0o600, thread_local=False)
        if not read_only and (self._store.unfinished() or removal.owed(self.library.database)):
            with contextlib.suppress(HomeError), self.writing(wait=0):
                pass  # entering finishes it; whoever holds the lock now will do so itself

    def close(self) -> None:
        """Close every file."""
        self._vectors.close()
        self.library.close()

    def __enter__(self) -> "VideoIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    @contextlib.contextmanager
    def writing(self, wait: float = WAIT_FOR_WRITER) -> Iterator[None]:
        """Hold off other writers. `add`, `add_frames` and `delete` do so by themselves, each for its own call.

        Raises:
            HomeError: another process kept writing for longer than `wait` seconds, or the index is only read.
        """
        from filelock import Timeout

        if self.read_only:
            raise HomeError(f"the index in {self.home} was opened for reading only")
        with self._lock:
            try:
                self._file_lock.acquire(timeout=wait)
            except Timeout as error:
                raise HomeError(
                    f"another vidscout is writing in {self.home}: try again when it has finished"
                ) from error
            except OSError as error:
                raise HomeError(f"the folder {self.home} cannot be written ({error.strerror or error})") from error
            try:
                self._finish()
                yield
            finally:
                self._file_lock.release()

    def _send_to_chroma(self) -> None:
        writes = self._store.writes()
        self._vectors.refresh(writes, writes)
        for name in self._store.doomed():
            self._vectors.drop(name)
            self._vectors.wrote(self._store.dropped(name))
        while gone := self._store.next_leaving(FLUSH_ROWS):
            self._vectors.remove(*gone)
            self._vectors.wrote(self._store.left(*gone))
        while batch := self._store.next_waiting(FLUSH_ROWS):
            name, ids, vectors = batch
            self._vectors.add(name, ids, vectors)
            self._vectors.wrote(self._store.arrived(name, ids))

    def add(self, records: Sequence[Record], vectors: np.ndarray | None) -> int:
        """Write records; one that is there already only takes the new score and boxes.

        Records of the modality `shot` are kept for the timeline and not searched; their vectors are not used.

        Args:
            records: of any videos.
            vectors: float array of shape (records, dimensions), of any length; None to make the records searchable
                by their words only.

        Returns:
            How many were new.

        Raises:
            UsageError: shapes that do not fit, numbers that are not finite, or another embedding model than before.
        """
        rows = None if vectors is None else _unit_rows(vectors, len(records))
        for video in {record.video for record in records}:
            _check_id(video)
        if not records:
            return 0
        with self.writing():
            new = self._store.put(records, rows)
            self._bring_chroma_up_to_date()
        return new

    def add_frames(self, video: str, times: Sequence[float], vectors: FrameQuery, thumbnails: Sequence[bytes]) -> int:
        """Keep frames of a video; a frame at a time (to the millisecond) that is there already stays as it is.

        Args:
            video: the video's id.
            times: seconds.
            vectors: float array of shape (frames, dimensions), of any length; or one for each encoder by its source,
                the same encoders whenever frames of this video are added, or none: such frames are shown, not found.
            thumbnails: one JPEG file a frame.

        Returns:
            How many were new.

        Raises:
            UsageError: shapes that do not fit, numbers that are not finite, or another embedding model than before.
        """
        _check_id(video)
        if len(times) != len(thumbnails):
            raise UsageError(f"{len(times)} frames came with {len(thumbnails)} thumbnails")
        rows = {encoder: _unit_rows(one, len(times)) for encoder, one in by_encoder(vectors).items()}
        positions = {milliseconds(time): at for at, time in enumerate(times)}
        if not positions:
            return 0
        with self.writing():
            self.library.check_reading()  # before pictures are written, which no transaction takes back
            known = self._store.frames(video)
            new = {ms: at for ms, at in positions.items() if ms not in known}
            for ms, at in new.items():
                self._keep_thumbnail(self._thumbnail(video, ms), thumbnails[at])
            kept = self._store.encoders(video)
            if kept and rows and {*kept} != {*rows}:
                raise UsageError(other_encoder(video, kept, rows))
            vectors_of = {ms: {encoder: one[at] for encoder, one in rows.items()} for ms, at in new.items()}
            self._store.put_frames(video, {ms: (float(times[at]), vectors_of[ms]) for ms, at in new.items()})
            self._bring_chroma_up_to_date()
        return len(new)

    def _keep_thumbnail(self, path: Path, jpeg: bytes) -> None:
        try:
            write_private(path, jpeg)
        except OSError as error:
            raise HomeError(f"{path} cannot be written ({error.strerror or error})") from error

    def delete(self, video: str) -> bool:
        """Remove everything that was found in a video, so that it can be read anew; whether there was anything.

        Raises:
            HomeError: another process is writing, or a file cannot be removed. What SQLite holds is then gone or whole,
                and the rest goes when the home is next opened.
        """
        return self._remove(video, forgotten=False)

    def forget(self, video: str) -> bool:
        """Remove a video so that nothing of it stays in the home; whether there was anything.

        Its uploaded copies go too. Conversations about it are for the caller to remove (`owed_conversations`), and
        `remove_remnants` comes last.

        Raises:
            HomeError: as `delete`.
        """
        return self._remove(video, forgotten=True)

    def _remove(self, video: str, forgotten: bool) -> bool:
        _check_id(video)
        with self.writing():
            known = self.library.remove(video, self._store.collections_of(video), forgotten=forgotten)
            self._matrices.drop(video)
            self._together.forget(video)
            self._finish()
        return known

    def _finish(self) -> None:
        """Do what SQLite says is still to be done in Chroma and in folders; needs the lock."""
        removal.remove_files(self.library.database)  # first: a Chroma server may be out of reach
        self._bring_chroma_up_to_date()

    def owed_conversations(self) -> list[str]:
        """The forgotten videos whose conversations are still to be removed."""
        return [os.fsdecode(video) for _, video in removal.owed(self.library.database, Owed.CONVERSATIONS)]

    def conversations_removed(self, video: str) -> None:
        """Note that no conversation about a forgotten video is left."""
        removal.settle(self.library.database, Owed.CONVERSATIONS, os.fsencode(video))

    def remove_remnants(self, wait: float = WAIT_FOR_WRITER) -> None:
        """Rewrite the databases where their free pages still hold something of a forgotten video.

        Takes as long as copying them, after at most `wait` seconds for another process's write.

        Raises:
            HomeError: a file is in use, or the disk is full; it is done when the home is next opened.
        """
        if not removal.owed(self.library.database, Owed.REMNANTS):
            return
        with self.writing(wait):
            self._vectors.compact()
            self._store.compact()
            self.library.database.compact()
            removal.settle(self.library.database, Owed.REMNANTS, b"")

    # Records

    def search(
        self,
        text: str | None = None,
        vector: np.ndarray | None = None,
        *,
        modalities: Collection[Modality] | None = None,
        within: Span | None = None,
        videos: Collection[str] | None = None,
        k: int = 8,
    ) -> list[Hit]:
        """The records that fit best, best first: by words (BM25), by meaning (cosine), or both fused by rank.

        Args:
            text: a question or key words in any language; any characters. Words such as “what” and “the” do not
                count, unless there is nothing else: then all of it is looked up as one phrase.
            vector: float array of shape (dimensions,) from the model that made the records' vectors.
            modalities: only these; None for all that are searched.
            within: only records that overlap this stretch.
            videos: only these ids; None for all. An unknown one holds nothing.
            k: how many at most.

        Raises:
            UsageError: neither text nor vector, a negative `k`, or a vector from another embedding model.
        """
        if text is None and vector is None:
            raise UsageError("a search needs text, a vector, or both")
        if how_many(k) == 0:
            return []
        where, depth = Filter(videos, modalities, within), max(DEPTH, 4 * k)
        query = None if vector is None else self._query(vector)
        near = {} if query is None else self._near(query, where, depth)
        matching = {} if text is None else self._store.matching(text, where, depth)
        places = ranks(matching)
        scores = fuse([ranks(near), places])
        found = self._store.by_id(scores)
        last = len(scores) + 1  # of records that say the same and tie, those that hold the words come first
        best = sorted(
            found, key=lambda key: (-scores[key], places.get(key, last), found[key].video, found[key].span, key)
        )[:k]
        if query is not None:
            near |= self._similarities(query, [found[key] for key in best if key not in near])
        return [
            Hit(
                found[key],
                scores[key],
                None if query is None else min(max(near.get(key, 0.0), 0.0), 1.0),
                places.get(key),
                matching.get(key),
            )
            for key in best
        ]

    def similarities(self, vector: np.ndarray, records: Sequence[Record]) -> dict[str, float]:
        """Cosine of a vector, (dimensions,), with records, by their ids; those that have no vector are left out.

        Raises:
            UsageError: a vector from another embedding model.
        """
        return self._similarities(self._query(vector), records)

    def timeline(
        self, video: str, modalities: Collection[Modality] | None = None, within: Span | None = None
    ) -> list[Record]:
        """A video's records in order of time, shots too; only those that overlap `within`."""
        return self._store.timeline(Filter([video], modalities, within))

    def labels(self, videos: Collection[str]) -> list[str]:
        """The labels of all objects that were found in these videos, by name."""
        return self._store.labels(videos)

    def stats(self, video: str | None = None) -> dict[str, int]:
        """How many records of each modality and how many `frames` are kept, of one video or of all."""
        return self._store.stats(video)


def _check_id(video: str) -> None:
    if not is_id(video):
        raise UsageError(f"{video!r} cannot be a video's id: letters and digits, - and _ inside, 100 at most")


def _unit_rows(vectors: np.ndarray, rows: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    if rows and (vectors.ndim != 2 or len(vectors) != rows or not vectors.shape[1]):
        raise UsageError(f"{rows} items came with vectors of shape {vectors.shape}")
    return unit(vectors)
