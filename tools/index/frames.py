"""The half of the index that finds frames; `video_index.py` has the other."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..errors import HomeError, UnknownVideoError, UsageError
from ..records import FrameRef, Span
from ..runtime.notes import note
from .home import THUMBNAILS
from .pictures import unpacked
from .rank_fusion import fused
from .rows.filters import Filter, bounds
from .store import frames_of, records_of
from .together import MANY
from .vectors.chroma import unit
from .vectors.scales import windowed

if TYPE_CHECKING:
    from .stage_store import StageStore
    from .together import Together
    from .vectors.chroma import Vectors
    from .vectors.kept_vectors import KeptVectors
    from .vectors.matrices import Matrices, Matrix

T = TypeVar("T")

FrameQuery = np.ndarray | Mapping[str, np.ndarray]
"""What to search frames with: a vector, (dimensions,), for each encoder by its source. An array alone is one in the
space of the records' vectors, in which frames lie that no encoder made (`frame_text.SHARED`)."""

NOW = 0.06
"""Seconds by which a time may lie before a frame that is meant: addresses tell tenths."""


class FrameSearch(ABC):
    """What `VideoIndex` can do with the kept frames of its videos."""

    home: Path
    _store: "StageStore"
    _vectors: "Vectors"
    _kept: "KeptVectors"
    _matrices: "Matrices"
    _together: "Together"

    @abstractmethod
    def _take_over(self, name: str) -> None: ...

    def _query(self, vector: np.ndarray) -> np.ndarray:
        vector = np.asarray(vector, dtype=np.float32)
        if vector.ndim == 2 and len(vector) == 1:
            vector = vector[0]
        if vector.ndim != 1:
            raise UsageError(f"a query is one vector, got shape {vector.shape}")
        return unit(vector)

    def _current(self, collection: str) -> int:
        """The version of a collection, which Chroma is then sure to answer from: it reopens what is older."""
        version = self._store.version(collection)
        self._vectors.refresh(version, self._store.writes())
        return version

    def _asked(self, collection: str, ask: Callable[[], T], instead: Callable[[], T]) -> T | None:
        """What Chroma answers about a collection; where it cannot, what the vectors in SQLite do, with a note.

        None where the video is being removed meanwhile.
        """
        try:
            return ask()
        except HomeError as error:
            if not self._store.has(collection):
                return None
            there = bool(self._kept.ids(collection))
            how = "its vectors were read from SQLite" if there else "it is searched by its words only"
            note(f"video {collection.partition('-')[2][:12]}: {error}; meanwhile {how}")
            return instead()

    def search_frames(
        self,
        vector: FrameQuery,
        *,
        videos: Collection[str] | None = None,
        within: Span | None = None,
        k: int = 32,
        scales: Sequence[int] = (1,),
    ) -> list[FrameRef]:
        """The kept frames that fit a query best, best first, with the cosine as score.

        With several encoders the order is that of their rankings fused, and the score is their mean cosine (MERV).

        Args:
            vector: the query by the encoders that made the frames' vectors; each video is asked by those it has.
            videos: only these ids; None for all. An unknown one holds nothing.
            within: only frames in this stretch.
            k: how many at most.
            scales: lengths of the windows around each frame that are searched as well (`vectors/scales.py`); their
                rankings are fused as those of several encoders are.

        Raises:
            UsageError: a negative `k`, or a video whose frames have vectors of none of these encoders.
        """
        if how_many(k) == 0:
            return []
        query = self._frame_query(vector)
        found: list[tuple[float, FrameRef]] = []
        together: dict[tuple[str, ...], list[str]] = {}
        for video, sizes in self._store.frame_sizes(videos).items():
            together.setdefault(tuple(_common(video, query, sizes)), []).append(video)
        for encoders, of in together.items():
            if len(encoders) == 1 and tuple(scales) == (1,):
                found += self._frames_by_one(of, encoders[0], query[encoders[0]], within, k)
            elif encoders:
                found += self._frames_fused(of, {encoder: query[encoder] for encoder in encoders}, within, k, scales)
        found.sort(key=lambda pair: (-pair[0], pair[1].video, pair[1].time))
        return [frame for _, frame in found[:k]]

    def frames_by_each(self, vector: FrameQuery, videos: Collection[str], k: int) -> list[list[FrameRef]]:
        """The frames that fit a query best by each of its encoders, best first: a ranking an encoder, not fused.

        Videos that have vectors of none of them are left out.
        """
        found: list[list[FrameRef]] = []
        kept = self._store.frame_sizes(videos)
        for encoder, query in self._frame_query(vector).items():
            of = [video for video, sizes in kept.items() if sizes.get(encoder) == len(query)]
            best = sorted(self._frames_by_one(of, encoder, query, None, k), key=lambda pair: -pair[0])
            found += [[frame for _, frame in best[:k]]] if best else []
        return found

    def _frame(self, video: str, time: float, score: float) -> FrameRef:
        return FrameRef(video, time, score, unpacked(self._thumbnail(video, milliseconds(time))))

    def _frame_query(self, vector: FrameQuery) -> dict[str, np.ndarray]:
        return {encoder: self._query(one) for encoder, one in by_encoder(vector).items()}

    def _frames_by_one(
        self, videos: Sequence[str], encoder: str, query: np.ndarray, within: Span | None, k: int
    ) -> list[tuple[float, FrameRef]]:
        """The frames of these videos nearest to a query by one encoder: at least the best `k` of all, in no order."""
        many, prefix = len(videos) >= MANY, frames_of("", encoder)
        near, left = (
            self._together.nearest(prefix, videos, query, k, Filter(within=within)) if many else ([], list(videos))
        )
        found = [(score, self._frame(video, at, score)) for video, _, at, score in near]
        for video in left:
            if many:
                self._take_over(prefix + video)
            by_itself = self._frames_near(video, encoder, query, within, k)
            found += [(score, self._frame(video, at, score)) for at, score in by_itself]
        return found

    def _frames_near(
        self, video: str, encoder: str, query: np.ndarray, within: Span | None, k: int
    ) -> list[tuple[float, float]]:
        """Times and cosines of the frames nearest to a query, best first."""
        name = frames_of(video, encoder)
        kept = self._matrices.get(video, name, self._store.version(name))
        if within is None and kept is None:  # the graph answers without all vectors being read
            times = self._store.frames(video)

            def ask() -> list[tuple[str, float]]:
                self._current(name)
                return self._vectors.nearest(name, query, k)

            nearest = self._asked(name, ask, lambda: self._kept.nearest(name, query, k)) or []
            return [(times[int(ms)], score) for ms, score in nearest if int(ms) in times]
        moments, matrix = kept or self._matrix(video, encoder)
        first, last = (0, len(moments)) if within is None else np.searchsorted(moments, bounds(within))
        scores = matrix[first:last] @ query
        return [(float(moments[first + at]), float(scores[at])) for at in np.argsort(-scores)[:k]]

    def _frames_fused(
        self,
        videos: Sequence[str],
        query: Mapping[str, np.ndarray],
        within: Span | None,
        k: int,
        scales: Sequence[int],
    ) -> list[tuple[float, FrameRef]]:
        """The frames of these videos that rank best by encoders and scales, with their place on the fused curve."""
        places: list[tuple[str, float]] = []
        curves: list[np.ndarray] = []
        for video in videos:
            moments, cosines = self.frame_cosines(query, video, scales)
            if len(cosines) < len(query) * len(scales):
                continue  # it is being removed
            first, last = (0, len(moments)) if within is None else np.searchsorted(moments, bounds(within))
            places += [(video, float(moment)) for moment in moments[first:last]]
            curves.append(cosines[:, first:last])
        if not curves:
            return []
        scores = np.concatenate(curves, axis=1)
        curve = fused(scores)
        best = np.argsort(-curve, kind="stable")[:k].tolist()
        means = scores.mean(axis=0)
        return [(float(curve[at]), self._frame(places[at][0], places[at][1], float(means[at]))) for at in best]

    def frame_cosines(
        self, vector: FrameQuery, video: str, scales: Sequence[int] = (1,)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Times of all kept frames in seconds, ascending, and the cosines with a query, (encoders × scales, frames).

        The encoders are those of the query that the video has; of each come its scales in turn. Both are empty where it
        is unknown or has no frames.

        Raises:
            UsageError: its frames have vectors of none of the query's encoders.
        """
        query = self._frame_query(vector)
        curves = []
        for encoder in _common(video, query, self._store.frame_sizes([video]).get(video, {})):
            times, matrix = self._matrix(video, encoder)
            if len(times):
                curves += [(times, windowed(times, matrix, scale) @ query[encoder]) for scale in scales]
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

    def _matrix(self, video: str, encoder: str) -> "Matrix":
        """Times and vectors of all kept frames in order; read from Chroma where they have changed."""
        name = frames_of(video, encoder)
        if kept := self._matrices.get(video, name, self._store.version(name)):
            return kept
        version = self._store.version(name)

        def ask() -> tuple[list[str], np.ndarray]:
            self._current(name)
            return self._vectors.fetch(name)

        ids, vectors = self._asked(name, ask, lambda: self._kept.of(name)) or ([], np.zeros((0, 0), np.float32))
        if not ids:
            return np.zeros(0), np.zeros((0, self._store.dimensions(name)), np.float32)
        times = self._store.frames(video)
        order = sorted((int(ms), at) for at, ms in enumerate(ids) if int(ms) in times)
        moments, rows = np.array([times[ms] for ms, _ in order]), vectors[[at for _, at in order]]
        matrix = self._matrices.put(video, name, version, moments, rows)
        if self._store.version(name) != version:  # it was changed or removed meanwhile, perhaps before this was written
            self._matrices.drop(video)
        return matrix

    def prepare(self, video: str) -> None:
        """Put the vectors of a video's frames where the first question finds them, in this process or another.

        Without it, that question waits for them to be read from Chroma: half a second for an hour of frames.
        """
        for encoder in self._store.encoders(video):
            with contextlib.suppress(HomeError):  # the question will say so, if it matters then
                if self._store.dimensions(frames_of(video, encoder)):
                    self._matrix(video, encoder)
                    self._together.prepare(frames_of(video, encoder))
        self._together.prepare(records_of(video))

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
        return unpacked(self._thumbnail(video, ms))

    def thumbnail_address(self, video: str, time: float) -> str | None:
        """`VIDEO/MILLISECONDS` of the kept frame that shows what is seen at a time; None where no frames are kept.

        A frame is kept where the picture has changed, so that it is the last one up to that time, if there is any.

        Whoever serves pictures puts it behind a path of its own, and finds the file by `thumbnail_at`.
        """
        ms = self._store.nearest_frame(video, time, before=time + NOW)
        return None if ms is None else f"{video}/{ms}"

    def thumbnail_at(self, video: str, milliseconds: int) -> Path:
        """The JPEG file that an address of `thumbnail_address` means.

        Raises:
            UnknownVideoError: no picture is kept there.
        """
        path = unpacked(self._thumbnail(video, milliseconds)) if is_id(video) else None
        if path is None or not path.is_file():
            raise UnknownVideoError(f"there is no picture of {video} at {milliseconds} ms")
        return path

    def _thumbnail(self, video: str, ms: int) -> Path:
        return self.home / THUMBNAILS / video / f"{ms}.jpg"


_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def is_id(video: str) -> bool:
    """Whether a text can be a video's id, which names folders and collections."""
    return (
        bool(video) and len(video) <= 100 and video[0].isalnum() and video[-1].isalnum() and {*video} <= _ID_CHARACTERS
    )


def by_encoder(vectors: FrameQuery) -> Mapping[str, np.ndarray]:
    """Vectors by their encoders' sources; an array alone belongs to the records' own space, `""`."""
    return vectors if isinstance(vectors, Mapping) else {"": vectors}


def _common(video: str, query: Mapping[str, np.ndarray], kept: Mapping[str, int]) -> list[str]:
    """The query's encoders that a video's frames have vectors of, which Chroma has; none where it has no frames yet.

    Args:
        video: its id.
        query: a vector for each encoder.
        kept: how long the video's vectors are by each encoder; 0 where Chroma does not have them.

    Raises:
        UsageError: it has vectors of other encoders only, or those vectors have another length.
    """
    common = [encoder for encoder in kept if encoder in query]
    if kept and not common:
        raise UsageError(other_encoder(video, list(kept), query))
    for encoder in common:
        if kept[encoder] not in (0, len(query[encoder])):
            raise UsageError(
                f"video {video[:12]} was added with another embedding model ({kept[encoder]} numbers a vector, the "
                f"query has {len(query[encoder])}): add it again"
            )
    return [encoder for encoder in common if kept[encoder]]


def other_encoder(video: str, kept: Collection[str], asked: Collection[str]) -> str:
    """What to say where a video's frames were embedded by other encoders than those of a query, with the remedy."""

    def names(encoders: Collection[str]) -> str:
        return " and ".join(encoder or "labels and the text embedding" for encoder in encoders) or "nothing"

    return (
        f"the frames of video {video[:12]} were embedded by {names(kept)}, not by {names(asked)}: use the profile it "
        "was read with, or read it again (`vidscout ingest --again`)"
    )


def how_many(k: int) -> int:
    """A number of results, if it is one.

    Raises:
        UsageError: it is negative.
    """
    if k < 0:
        raise UsageError(f"cannot find {k} results")
    return k


def milliseconds(time: float) -> int:
    """The number that names the frame at a time in seconds.

    Raises:
        UsageError: it is negative or not finite.
    """
    if not 0 <= time < float("inf"):
        raise UsageError(f"{time} is no time in a video")
    return round(time * 1000)
