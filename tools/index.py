"""The index: everything that the tools found in the videos, searched by words and by meaning.

Records, their words (FTS5, ranked by BM25) and the times of the kept frames are in SQLite (`store.py`), vectors in
ChromaDB (`vectors.py`), pictures in a folder. SQLite is what counts; Chroma is told afterwards, and again if need be.
"""

import contextlib
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import HomeError, UnknownVideoError, UsageError
from .fusion import fuse, fused, ranks
from .library import Library
from .records import FrameRef, Modality, Record, Span
from .store import TABLES, Filter, Store, bounds, frames_of, records_of
from .vectors import open_vectors, unit

DEPTH = 32
"""How deep each ranking is read before both are fused, at least."""

OVERFETCH = 8
"""How many times more neighbours are fetched where a filter will drop some of them."""

WAIT_FOR_WRITER = 15.0
"""Seconds that a write waits for another process's write to end."""

MATRICES = 256 * 2**20
"""Bytes of frame vectors kept in memory; an hour of frames takes 6 MB."""

FLUSH_ROWS = 2000
"""Vectors that go to Chroma at a time."""

FrameQuery = np.ndarray | Mapping[str, np.ndarray]
"""What to search frames with: a vector, (dimensions,), for each encoder by its source. An array alone is one in the
space of the records' vectors, in which frames lie that no encoder made (`frame_text.SHARED`)."""

_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


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


class VideoIndex:
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

        self.library = Library(home, read_only, TABLES)
        self.home = self.library.home
        self.read_only = read_only
        self._store = Store(self.library.database)
        try:
            self._vectors = open_vectors(self.home / "chroma", server)
        except UsageError:
            self.library.close()
            raise
        self._lock = threading.RLock()
        self._file_lock = FileLock(self.home / "writing.lock", thread_local=False)
        self._matrices: OrderedDict[str, tuple[int, np.ndarray, np.ndarray]] = OrderedDict()
        self._matrices_lock = threading.Lock()
        if not read_only and self._store.unfinished():
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
                self._bring_chroma_up_to_date()
                yield
            finally:
                self._file_lock.release()

    def _bring_chroma_up_to_date(self) -> None:
        """Drop and add what SQLite says is still to be dropped and added; needs the lock."""
        self._vectors.refresh(self._store.writes())
        for name in self._store.doomed():
            self._vectors.drop(name)
            self._vectors.wrote(self._store.dropped(name))
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
        rows = {encoder: _unit_rows(one, len(times)) for encoder, one in _by_encoder(vectors).items()}
        positions = {_milliseconds(time): at for at, time in enumerate(times)}
        if not positions:
            return 0
        with self.writing():
            known = self._store.frames(video)
            new = {ms: at for ms, at in positions.items() if ms not in known}
            for ms, at in new.items():
                self._keep_thumbnail(self._thumbnail(video, ms), thumbnails[at])
            kept = self._store.encoders(video)
            if kept and rows and {*kept} != {*rows}:
                raise UsageError(_other_encoder(video, kept, rows))
            vectors_of = {ms: {encoder: one[at] for encoder, one in rows.items()} for ms, at in new.items()}
            self._store.put_frames(video, {ms: (float(times[at]), vectors_of[ms]) for ms, at in new.items()})
            self._bring_chroma_up_to_date()
        return len(new)

    def _keep_thumbnail(self, path: Path, jpeg: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(jpeg)
            part.replace(path)
        except OSError as error:
            raise HomeError(f"{path} cannot be written ({error.strerror or error})") from error

    def delete(self, video: str) -> bool:
        """Remove everything that is known of a video, in the library too; whether there was anything."""
        _check_id(video)
        with self.writing():
            known = any(self.stats(video).values())
            self._store.forget(video)
            self._bring_chroma_up_to_date()
            shutil.rmtree(self.home / "thumbnails" / video, ignore_errors=True)
            return self.library.remove(video) or known

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
        if _how_many(k) == 0:
            return []
        where, depth = Filter(videos, modalities, within), max(DEPTH, 4 * k)
        query = None if vector is None else self._query(vector)
        near = {} if query is None else self._near(query, where, depth)
        matching = {} if text is None else self._store.matching(text, where, depth)
        places = ranks(matching)
        scores = fuse([ranks(near), places])
        found = self._store.by_id(scores)
        best = sorted(found, key=lambda key: (-scores[key], found[key].video, found[key].span, key))[:k]
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

    def _query(self, vector: np.ndarray) -> np.ndarray:
        vector = np.asarray(vector, dtype=np.float32)
        if vector.ndim == 2 and len(vector) == 1:
            vector = vector[0]
        if vector.ndim != 1:
            raise UsageError(f"a query is one vector, got shape {vector.shape}")
        self._vectors.refresh(self._store.writes())
        return unit(vector)

    @contextlib.contextmanager
    def _unless_removed(self, collection: str) -> Iterator[None]:
        """Lets a failure pass that comes from a video being removed while it is asked."""
        try:
            yield
        except HomeError:
            if self._store.has(collection):
                raise

    def _near(self, query: np.ndarray, where: Filter, depth: int) -> dict[str, float]:
        """Ids of the records nearest in meaning, best first, with their cosine."""
        found: list[tuple[str, float]] = []
        for video in self._store.collections(records_of(""), len(query), where.videos):
            one = Filter([video], where.modalities, where.within)
            with self._unless_removed(records_of(video)):
                found += self._near_in(records_of(video), query, one, depth)
        return dict(sorted(found, key=lambda pair: -pair[1])[:depth])

    def _near_in(self, name: str, query: np.ndarray, where: Filter, depth: int) -> list[tuple[str, float]]:
        if where.modalities is None and where.within is None:
            return self._vectors.nearest(name, query, depth)
        wide = self._vectors.nearest(name, query, depth * OVERFETCH)
        inside = set(self._store.embedded(where, among=[key for key, _ in wide]))
        kept = [pair for pair in wide if pair[0] in inside]
        if len(kept) >= depth:
            return kept[:depth]
        among = self._store.embedded(where)  # too few of the nearest pass: look only among those that do
        return kept if len(among) == len(kept) else self._vectors.nearest(name, query, depth, among)

    def _similarities(self, query: np.ndarray, records: Sequence[Record]) -> dict[str, float]:
        """Cosine of records that were found by their words only; those that have a vector."""
        similarities: dict[str, float] = {}
        for video in self._store.collections(records_of(""), len(query), {record.video for record in records}):
            ids = [record.id for record in records if record.video == video]
            with self._unless_removed(records_of(video)):
                there, vectors = self._vectors.fetch(records_of(video), ids)
                if there:
                    similarities |= dict(zip(there, (vectors @ query).tolist(), strict=True))
        return similarities

    def timeline(
        self, video: str, modalities: Collection[Modality] | None = None, within: Span | None = None
    ) -> list[Record]:
        """A video's records in order of time, shots too; only those that overlap `within`."""
        return self._store.timeline(Filter([video], modalities, within))

    def stats(self, video: str | None = None) -> dict[str, int]:
        """How many records of each modality and how many `frames` are kept, of one video or of all."""
        return self._store.stats(video)

    # Frames

    def search_frames(
        self, vector: FrameQuery, *, videos: Collection[str] | None = None, within: Span | None = None, k: int = 32
    ) -> list[FrameRef]:
        """The kept frames that fit a query best, best first, with the cosine as score.

        With several encoders the order is that of their rankings fused, and the score is their mean cosine (MERV).

        Args:
            vector: the query by the encoders that made the frames' vectors; each video is asked by those it has.
            videos: only these ids; None for all. An unknown one holds nothing.
            within: only frames in this stretch.
            k: how many at most.

        Raises:
            UsageError: a negative `k`, or a video whose frames have vectors of none of these encoders.
        """
        if _how_many(k) == 0:
            return []
        query = self._frame_query(vector)
        found: list[tuple[float, FrameRef]] = []
        together: dict[tuple[str, ...], list[str]] = {}
        for video in self._store.videos_with_frames(videos):
            together.setdefault(tuple(self._common(video, query)), []).append(video)
        for encoders, of in together.items():
            if len(encoders) == 1:
                for video in of:
                    with self._unless_removed(frames_of(video, encoders[0])):
                        near = self._frames_near(video, encoders[0], query[encoders[0]], within, k)
                        found += [(score, self._frame(video, at, score)) for at, score in near]
            elif encoders:
                found += self._frames_fused(of, {encoder: query[encoder] for encoder in encoders}, within, k)
        found.sort(key=lambda pair: (-pair[0], pair[1].video, pair[1].time))
        return [frame for _, frame in found[:k]]

    def _frame(self, video: str, time: float, score: float) -> FrameRef:
        return FrameRef(video, time, score, self._thumbnail(video, _milliseconds(time)))

    def _frame_query(self, vector: FrameQuery) -> dict[str, np.ndarray]:
        return {encoder: self._query(one) for encoder, one in _by_encoder(vector).items()}

    def _common(self, video: str, query: Mapping[str, np.ndarray]) -> list[str]:
        """The query's encoders that a video's frames have vectors of; none where it has no frames yet.

        Raises:
            UsageError: it has vectors of other encoders only, or those vectors have another length.
        """
        kept = self._store.encoders(video)
        common = [encoder for encoder in kept if encoder in query]
        if kept and not common:
            raise UsageError(_other_encoder(video, kept, query))
        there = []
        for encoder in common:
            size = self._store.dimensions(frames_of(video, encoder))
            if size and size != len(query[encoder]):
                raise UsageError(
                    f"video {video[:12]} was added with another embedding model ({size} numbers a vector, the query "
                    f"has {len(query[encoder])}): add it again"
                )
            there += [encoder] if size else []
        return there

    def _frames_near(
        self, video: str, encoder: str, query: np.ndarray, within: Span | None, k: int
    ) -> list[tuple[float, float]]:
        """Times and cosines of the frames nearest to a query, best first."""
        if within is None:
            times = self._store.frames(video)
            nearest = self._vectors.nearest(frames_of(video, encoder), query, k)
            return [(times[int(ms)], score) for ms, score in nearest if int(ms) in times]
        moments, matrix = self._matrix(video, encoder)
        first, last = np.searchsorted(moments, bounds(within))
        scores = matrix[first:last] @ query
        return [(float(moments[first + at]), float(scores[at])) for at in np.argsort(-scores)[:k]]

    def _frames_fused(
        self, videos: Sequence[str], query: Mapping[str, np.ndarray], within: Span | None, k: int
    ) -> list[tuple[float, FrameRef]]:
        """The frames of these videos that rank best by several encoders, with their place on the fused curve."""
        places: list[tuple[str, float]] = []
        curves: list[np.ndarray] = []
        for video in videos:
            moments, cosines = self.frame_cosines(query, video)
            first, last = (0, len(moments)) if within is None else np.searchsorted(moments, bounds(within))
            places += [(video, float(moment)) for moment in moments[first:last]]
            curves.append(cosines[:, first:last])
        scores = np.concatenate(curves, axis=1)
        curve = fused(scores)
        best = np.argsort(-curve, kind="stable")[:k]
        return [(float(curve[at]), self._frame(*places[at], float(scores[:, at].mean()))) for at in best]

    def frame_cosines(self, vector: FrameQuery, video: str) -> tuple[np.ndarray, np.ndarray]:
        """Times of all kept frames in seconds, ascending, and the cosines with a query, (encoders, frames).

        The encoders are those of the query that the video has. Both are empty where it is unknown or has no frames.

        Raises:
            UsageError: its frames have vectors of none of the query's encoders.
        """
        query = self._frame_query(vector)
        curves = []
        for encoder in self._common(video, query):
            with self._unless_removed(frames_of(video, encoder)):
                times, matrix = self._matrix(video, encoder)
                curves.append((times, matrix @ query[encoder]))
        if not curves:
            return np.zeros(0), np.zeros((0, 0), dtype=np.float32)
        [(times, _), *others] = curves
        for other, _ in others:
            times = np.intersect1d(times, other)  # of what is being written, one collection may be ahead
        return times.copy(), np.stack([scores[np.searchsorted(own, times)] for own, scores in curves])

    def frame_similarities(self, vector: FrameQuery, video: str) -> tuple[np.ndarray, np.ndarray]:
        """The whole curve: times of all kept frames in seconds, ascending, and the cosine of each with a query.

        Of several encoders it is the mean cosine. Both are empty where the video is unknown or has no frames.
        """
        times, cosines = self.frame_cosines(vector, video)
        return times, cosines.mean(axis=0) if len(cosines) else np.zeros(0, dtype=np.float32)

    def _matrix(self, video: str, encoder: str) -> tuple[np.ndarray, np.ndarray]:
        """Times and vectors of all kept frames in order; from memory where nothing was written since."""
        writes, name = self._store.writes(), frames_of(video, encoder)
        with self._matrices_lock:
            kept = self._matrices.get(name)
            if kept and kept[0] == writes:
                self._matrices.move_to_end(name)
                return kept[1], kept[2]
        ids, vectors = self._vectors.fetch(name)
        times = self._store.frames(video)
        order = sorted((int(ms), at) for at, ms in enumerate(ids) if int(ms) in times)
        moments, matrix = np.array([times[ms] for ms, _ in order]), vectors[[at for _, at in order]]
        with self._matrices_lock:
            self._matrices[name] = (writes, moments, matrix)
            self._matrices.move_to_end(name)
            while len(self._matrices) > 1 and sum(entry[2].nbytes for entry in self._matrices.values()) > MATRICES:
                self._matrices.popitem(last=False)
        return moments, matrix

    def frame_vectors(self, video: str) -> tuple[np.ndarray, np.ndarray]:
        """Times of all kept frames in seconds, ascending, and their unit vectors, (frames, dimensions).

        With several encoders a vector is theirs end to end, so that the dot product of two is their mean cosine. Both
        are empty where the video is unknown or has no frames. They must not be changed in place.
        """
        if not len(times := self.frame_times(video)):
            return times, np.zeros((0, 0), dtype=np.float32)
        parts = [self._matrix(video, encoder) for encoder in self._store.encoders(video)]
        if not parts:
            return np.zeros(0), np.zeros((0, 0), dtype=np.float32)
        if len(parts) == 1:
            return parts[0]
        [(times, _), *others] = parts
        for other, _ in others:
            times = np.intersect1d(times, other)
        rows = [matrix[np.searchsorted(own, times)] for own, matrix in parts]
        return times, np.concatenate(rows, axis=1) / np.sqrt(len(rows))

    def frame_encoders(self, video: str) -> list[str]:
        """The sources of the encoders that a video's frames have vectors of; `SHARED` is the records' own space."""
        return self._store.encoders(video)

    def frame_times(self, video: str) -> np.ndarray:
        """Times of all kept frames in seconds, ascending."""
        return np.array(list(self._store.frames(video).values()))

    def thumbnail(self, video: str, time: float) -> Path:
        """The JPEG file of the kept frame nearest to a time in seconds.

        Raises:
            UnknownVideoError: no frames of such a video are kept.
        """
        ms = self._store.nearest_frame(video, time)
        if ms is None:
            raise UnknownVideoError(f"no frames of {video!r} are kept in {self.home}: add the video first")
        return self._thumbnail(video, ms)

    def _thumbnail(self, video: str, ms: int) -> Path:
        return self.home / "thumbnails" / video / f"{ms}.jpg"


def _by_encoder(vectors: FrameQuery) -> Mapping[str, np.ndarray]:
    return vectors if isinstance(vectors, Mapping) else {"": vectors}


def _other_encoder(video: str, kept: Collection[str], asked: Collection[str]) -> str:
    def names(encoders: Collection[str]) -> str:
        return " and ".join(encoder or "labels and the text embedding" for encoder in encoders) or "nothing"

    return (
        f"the frames of video {video[:12]} were embedded by {names(kept)}, not by {names(asked)}: use the profile it "
        "was read with, or read it again (`vidscout ingest --again`)"
    )


def _how_many(k: int) -> int:
    if k < 0:
        raise UsageError(f"cannot find {k} results")
    return k


def _milliseconds(time: float) -> int:
    if not 0 <= time < float("inf"):
        raise UsageError(f"{time} is no time in a video")
    return round(time * 1000)


def _check_id(video: str) -> None:
    """Ids name folders and collections."""
    if not (video and len(video) <= 100 and video[0].isalnum() and video[-1].isalnum() and {*video} <= _ID_CHARACTERS):
        raise UsageError(f"{video!r} cannot be a video's id: letters and digits, - and _ inside, 100 at most")


def _unit_rows(vectors: np.ndarray, rows: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    if rows and (vectors.ndim != 2 or len(vectors) != rows or not vectors.shape[1]):
        raise UsageError(f"{rows} items came with vectors of shape {vectors.shape}")
    return unit(vectors)
