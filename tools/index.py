"""The index: everything that the tools found in the videos, searched by words and by meaning.

Records and their words are in SQLite (FTS5, ranked by BM25), their vectors in ChromaDB (`vectors.py`). SQLite is what
counts: a record and its vector go into one SQLite transaction, the vector to wait there until Chroma has it too. A
process that is killed in between leaves nothing half done; the next writer carries on.
"""

import contextlib
import json
import os
import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import HomeError, UnknownVideoError, UsageError
from .library import Library
from .records import Box, FrameRef, Modality, Record, Span
from .vectors import Vectors, unit
from .words import STOP_WORDS, folded, words

RRF_K = 60
"""Reciprocal rank fusion: a hit at rank r of a list adds 1 / (60 + r) (Cormack, Clarke and Büttcher, 2009)."""

DEPTH = 32
"""How deep each ranking is read before both are fused, at least."""

OVERFETCH = 8
"""How many times more neighbours are fetched when a filter will drop some of them."""

WAIT_FOR_WRITER = 15.0
"""Seconds that a write waits for another process's write to end."""

MATRICES = 256 * 2**20
"""Bytes of frame vectors kept in memory; an hour of frames takes 6 MB."""

MAX_TERMS = 64
"""Different words of a query that are looked up."""

FLUSH_ROWS = 2000
"""Vectors that go to Chroma at a time."""

_TABLES = """
create table if not exists records (
    number integer primary key, id text not null unique, video text not null, start real not null, stop real not null,
    modality text not null, text text not null, score real not null, source text not null, boxes text not null);
create index if not exists records_video on records (video, start);
create virtual table if not exists words using fts5 (text, tokenize = 'porter unicode61');
create table if not exists frames (
    video text not null, ms integer not null, time real not null, primary key (video, ms)) without rowid;
create table if not exists collections (
    name text primary key, dimensions integer not null, doomed integer not null default 0);
create table if not exists waiting (
    collection text not null, id text not null, vector blob not null, primary key (collection, id));
create table if not exists counters (name text primary key, value integer not null);
"""

_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")

_UNSPACED = re.compile(r"([\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
"""Characters of scripts that put no space between words; each is looked up as a word of its own."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that a search found."""

    record: Record
    score: float
    """Reciprocal rank fusion of the rankings that hold it; compares only within one search."""
    similarity: float | None
    """Cosine of query and record, 0..1; None in a search without a vector."""
    rank: int | None
    """Place in the lexical ranking from 1; None where no word matched."""
    bm25: float | None
    """Lexical score, higher is better; None where no word matched."""


class VideoIndex:
    """The searchable index of one home, for any number of threads; other processes may read, and write in turns."""

    def __init__(self, home: Path, server: str | None = None, read_only: bool = False) -> None:
        """Open the index, creating it unless `read_only`. Chroma is opened by the first call that needs vectors.

        Args:
            home: folder with `vidscout.sqlite`, `chroma/` and `thumbnails/`.
            server: a Chroma server that holds the vectors instead, as `http://host:8000`.
            read_only: ask only; also works where the folder cannot be written.

        Raises:
            HomeError: the folder cannot be created, read or written.
        """
        from filelock import FileLock

        self.library = Library(home, read_only, tables=_TABLES)
        self.home = self.library.home
        self.read_only = read_only
        self._db = self.library.database
        self._vectors = Vectors(self.home / "chroma", server, read_only)
        self._thumbnails = self.home / "thumbnails"
        self._lock = threading.RLock()
        self._file_lock = FileLock(self.home / "writing.lock", thread_local=False)
        self._matrices: OrderedDict[str, tuple[int, np.ndarray, np.ndarray]] = OrderedDict()
        self._matrices_lock = threading.Lock()
        if not read_only and self._unfinished():
            with contextlib.suppress(HomeError), self.writing(wait=0):
                pass  # whoever holds the lock will finish it

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
        """Hold off other writers; `add` and the others do so by themselves, each for its own call.

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
                self._flush()
                yield
            finally:
                self._file_lock.release()

    def add(self, records: Sequence[Record], vectors: np.ndarray | None) -> int:
        """Write records; one that is there already only takes the new score and boxes.

        Records of the modality `shot` are kept for the timeline and not searched.

        Args:
            records: of any videos.
            vectors: float array of shape (records, dimensions), any length but zero; None to keep the records
                searchable by their words only.

        Returns:
            How many were new.

        Raises:
            UsageError: shapes that do not fit, numbers that are not finite, or another embedding model than before.
        """
        rows = None if vectors is None else _checked(vectors, len(records))
        for video in {record.video for record in records}:
            _check_id(video)
        if not records:
            return 0
        with self.writing():
            with self._db.writing() as db:
                keys = json.dumps([record.id for record in records])
                known = {
                    key
                    for (key,) in db.execute(
                        "select id from records where id in (select value from json_each(?))", [keys]
                    )
                }
                new = 0
                for at, record in enumerate(records):
                    values = _row(record)
                    if record.id in known:
                        db.execute(
                            "update records set score = ?, boxes = ? where id = ?", (values[6], values[8], record.id)
                        )
                        continue
                    known.add(record.id)
                    new += 1
                    number = db.execute(
                        "insert into records (id, video, start, stop, modality, text, score, source, boxes) "
                        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        values,
                    ).lastrowid
                    if record.modality is Modality.SHOT:
                        continue
                    db.execute("insert into words (rowid, text) values (?, ?)", (number, searchable(record.text)))
                    if rows is not None:
                        _wait(db, _records(record.video), record.id, rows[at])
            self._flush()
        return new

    def add_frames(self, video: str, times: Sequence[float], vectors: np.ndarray, thumbnails: Sequence[bytes]) -> int:
        """Keep frames of a video; a frame at a time (to the millisecond) that is there already stays as it is.

        Args:
            video: the video's id.
            times: seconds.
            vectors: float array of shape (frames, dimensions).
            thumbnails: one JPEG file a frame.

        Returns:
            How many were new.

        Raises:
            UsageError: shapes that do not fit, numbers that are not finite, or another embedding model than before.
        """
        _check_id(video)
        if not len(times) == len(thumbnails):
            raise UsageError(f"{len(times)} frames came with {len(thumbnails)} thumbnails")
        rows = _checked(vectors, len(times))
        if not len(times):
            return 0
        with self.writing():
            with self._db.reading() as db:
                known = {ms for (ms,) in db.execute("select ms from frames where video = ?", [video])}
            new = {}
            for at, time in enumerate(times):
                if (ms := _ms(time)) not in known:
                    new.setdefault(ms, at)
            for ms, at in new.items():
                self._keep_thumbnail(self._thumbnail_path(video, ms), thumbnails[at])
            with self._db.writing() as db:
                for ms, at in new.items():
                    db.execute("insert into frames values (?, ?, ?)", (video, ms, float(times[at])))
                    _wait(db, _frames(video), str(ms), rows[at])
            self._flush()
        return len(new)

    def delete(self, video: str) -> bool:
        """Remove everything that is known of a video, in the library too; whether there was anything."""
        _check_id(video)
        with self.writing():
            known = any(self.stats(video).values())
            with self._db.writing() as db:
                db.execute("delete from words where rowid in (select number from records where video = ?)", [video])
                db.execute("delete from records where video = ?", [video])
                db.execute("delete from frames where video = ?", [video])
                for name in (_records(video), _frames(video)):
                    db.execute("delete from waiting where collection = ?", [name])
                    db.execute("update collections set doomed = 1 where name = ?", [name])
            self._flush()
            shutil.rmtree(self._thumbnails / video, ignore_errors=True)
            return self.library.remove(video) or known

    def _unfinished(self) -> bool:
        with self._db.reading() as db:
            [left] = db.execute(
                "select exists (select 1 from waiting) or exists (select 1 from collections where doomed)"
            ).fetchone()
        return bool(left)

    def _flush(self) -> None:
        """Carry out in Chroma what SQLite says is to be done there; whoever calls it holds the lock."""
        self._vectors.refresh(self._writes())
        with self._db.reading() as db:
            doomed = [name for (name,) in db.execute("select name from collections where doomed")]
        for name in doomed:
            self._vectors.drop(name)
            self._done("delete from collections where name = ?", name)
        while True:
            with self._db.reading() as db:
                rows = db.execute(
                    "select collection, id, vector from waiting "
                    "where collection = (select min(collection) from waiting) order by rowid limit ?",
                    [FLUSH_ROWS],
                ).fetchall()
            if not rows:
                return
            name, ids = rows[0][0], [row[1] for row in rows]
            self._vectors.add(name, ids, np.stack([np.frombuffer(row[2], dtype=np.float32) for row in rows]))
            self._done(
                "delete from waiting where collection = ? and id in (select value from json_each(?))",
                name,
                json.dumps(ids),
            )

    def _done(self, statement: str, *values: str) -> None:
        with self._db.writing() as db:
            db.execute(statement, values)
            db.execute("insert into counters values ('writes', 1) on conflict (name) do update set value = value + 1")
        self._vectors.wrote(self._writes())

    def _writes(self) -> int:
        with self._db.reading() as db:
            row = db.execute("select value from counters where name = 'writes'").fetchone()
        return row[0] if row else 0

    def _keep_thumbnail(self, path: Path, jpeg: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(jpeg)
            part.replace(path)
        except OSError as error:
            raise HomeError(f"{path} cannot be written ({error.strerror or error})") from error

    # Searching records

    def search(
        self,
        text: str | None = None,
        vector: np.ndarray | None = None,
        *,
        modalities: Sequence[Modality] | None = None,
        within: Span | None = None,
        videos: Sequence[str] | None = None,
        k: int = 8,
    ) -> list[Hit]:
        """The records that fit best, best first: by words (BM25), by meaning (cosine), or both fused by rank.

        Args:
            text: a question or key words in any language; any characters. Words such as “what” and “the” do not
                count, unless there is nothing else: then all of it is looked up as one phrase.
            vector: float array of shape (dimensions,) from the model that made the records' vectors.
            modalities: only these; None for all that are searched.
            within: only records that overlap this stretch.
            videos: only these ids; None for all, an unknown one holds nothing.
            k: how many at most.

        Raises:
            UsageError: neither text nor vector, a negative `k`, or a vector from another embedding model.
        """
        if text is None and vector is None:
            raise UsageError("a search needs text, a vector, or both")
        if k < 0:
            raise UsageError(f"cannot find {k} records")
        where = _Filter.of(videos, modalities, within)
        depth = max(DEPTH, 4 * k)
        query = None if vector is None else self._query(vector)
        near = {} if query is None or not k else self._near(query, where, depth)
        matching = self._matching(text, where, depth) if text and k else {}
        ranks = {key: rank for rank, key in enumerate(matching, 1)}
        scores: dict[str, float] = {}
        for ranking in (near, ranks):
            for rank, key in enumerate(ranking, 1):
                scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + rank)
        found = self._records(scores)
        best = sorted(found, key=lambda record: (-scores[record.id], record.video, record.span, record.id))[:k]
        if query is not None:
            near |= self._similarities(query, [record for record in best if record.id not in near])
        return [
            Hit(
                record,
                scores[record.id],
                None if query is None else min(max(near.get(record.id, 0.0), 0.0), 1.0),
                ranks.get(record.id),
                matching.get(record.id),
            )
            for record in best
        ]

    def _query(self, vector: np.ndarray) -> np.ndarray:
        vector = np.asarray(vector, dtype=np.float32)
        if vector.ndim == 2 and len(vector) == 1:
            vector = vector[0]
        if vector.ndim != 1:
            raise UsageError(f"a query is one vector, got shape {vector.shape}")
        self._vectors.refresh(self._writes())
        return unit(vector)

    def _matching(self, text: str, where: "_Filter", depth: int) -> dict[str, float]:
        """Ids of records whose words match, best first, with their BM25 score."""
        if not (expression := match_expression(text)):
            return {}
        with self._db.reading() as db:
            rows = db.execute(
                "select records.id, -bm25(words) from words join records on records.number = words.rowid "
                f"where words match ? and {where.sql} order by bm25(words), records.number limit ?",
                (expression, *where.values, depth),
            ).fetchall()
        return dict(rows)

    def _near(self, query: np.ndarray, where: "_Filter", depth: int) -> dict[str, float]:
        """Ids of the records nearest in meaning, best first, with their cosine similarity."""
        found: list[tuple[str, float]] = []
        for video in self._collections("records-", len(query), where.videos):
            found += self._near_in(video, query, where, depth)
        return dict(sorted(found, key=lambda pair: -pair[1])[:depth])

    def _near_in(self, video: str, query: np.ndarray, where: "_Filter", depth: int) -> list[tuple[str, float]]:
        name = _records(video)
        if where.everything:
            return self._vectors.nearest(name, query, depth)
        wide = self._vectors.nearest(name, query, depth * OVERFETCH)
        one = where.only(video)
        with self._db.reading() as db:
            inside = {
                key
                for (key,) in db.execute(
                    f"select id from records where id in (select value from json_each(?)) and {one.sql}",
                    (json.dumps([key for key, _ in wide]), *one.values),
                )
            }
            kept = [pair for pair in wide if pair[0] in inside]
            if len(kept) >= depth:
                return kept[:depth]
            # Too few of the nearest are inside: look among those inside only.
            among = [key for (key,) in db.execute(f"select id from records where {one.sql}", one.values)]
        return kept if len(among) == len(kept) else self._vectors.nearest(name, query, depth, among)

    def _similarities(self, query: np.ndarray, records: Sequence[Record]) -> dict[str, float]:
        """Cosine similarity of records that were found by their words only."""
        similarities: dict[str, float] = {}
        for video in {record.video for record in records}:
            ids = [record.id for record in records if record.video == video]
            found, vectors = self._vectors.fetch(_records(video), ids)
            if found:
                similarities |= dict(zip(found, (vectors @ query).tolist(), strict=True))
        return similarities

    def _collections(self, kind: str, dimensions: int, videos: Sequence[str] | None) -> list[str]:
        """The videos that have a collection of this kind."""
        with self._db.reading() as db:
            rows = db.execute(
                "select substr(name, ?), dimensions from collections where name glob ? and not doomed order by name",
                (len(kind) + 1, f"{kind}*"),
            ).fetchall()
        chosen = [(video, size) for video, size in rows if videos is None or video in videos]
        for video, size in chosen:
            if size != dimensions:
                raise UsageError(
                    f"video {video[:12]} was added with another embedding model ({size} numbers a vector, not "
                    f"{dimensions}): add it again"
                )
        return [video for video, _ in chosen]

    def _records(self, ids: Iterator[str] | Mapping[str, Any]) -> list[Record]:
        with self._db.reading() as db:
            rows = db.execute(
                f"select {_COLUMNS} from records where id in (select value from json_each(?))", [json.dumps(list(ids))]
            ).fetchall()
        return [_record(row) for row in rows]

    def timeline(
        self, video: str, modalities: Sequence[Modality] | None = None, within: Span | None = None
    ) -> list[Record]:
        """A video's records in order of time, shots too; those that overlap `within`."""
        where = _Filter.of([video], modalities, within, shots=True)
        with self._db.reading() as db:
            rows = db.execute(
                f"select {_COLUMNS} from records where {where.sql} order by start, stop, modality, text", where.values
            ).fetchall()
        return [_record(row) for row in rows]

    # Frames

    def search_frames(
        self, vector: np.ndarray, *, videos: Sequence[str] | None = None, within: Span | None = None, k: int = 32
    ) -> list[FrameRef]:
        """The kept frames that fit a query best, best first, with cosine similarity as score.

        Args:
            vector: float array of shape (dimensions,) from the model that made the frames' vectors.
            videos: only these ids; None for all, an unknown one holds nothing.
            within: only frames in this stretch; exact.
            k: how many at most.

        Raises:
            UsageError: a negative `k`, or a vector from another embedding model.
        """
        if k < 0:
            raise UsageError(f"cannot find {k} frames")
        query = self._query(vector)
        found: list[FrameRef] = []
        for video in self._collections("frames-", len(query), videos) if k else ():
            if within is None:
                pairs = [(int(ms), score) for ms, score in self._vectors.nearest(_frames(video), query, k)]
                times = self._times(video, [ms for ms, _ in pairs])
                near = [(times[ms], score) for ms, score in pairs if ms in times]
            else:
                moments, matrix = self._matrix(video)
                first, last = np.searchsorted(moments, _bounds(within))
                scores = matrix[first:last] @ query
                near = [(float(moments[first + at]), float(scores[at])) for at in np.argsort(-scores)[:k]]
            found += [FrameRef(video, time, score, self._thumbnail_path(video, _ms(time))) for time, score in near]
        return sorted(found, key=lambda frame: -frame.score)[:k]

    def frame_similarities(self, vector: np.ndarray, video: str) -> tuple[np.ndarray, np.ndarray]:
        """The whole curve: times of all kept frames in seconds, ascending, and the cosine of each with a query.

        Both are empty where the video is unknown or has no frames. The times must not be changed in place.
        """
        query = self._query(vector)
        if not self._collections("frames-", len(query), [video]):
            return np.zeros(0), np.zeros(0, dtype=np.float32)
        times, matrix = self._matrix(video)
        return times, matrix @ query

    def frame_times(self, video: str) -> np.ndarray:
        """Times of all kept frames in seconds, ascending."""
        with self._db.reading() as db:
            return np.array(
                [time for (time,) in db.execute("select time from frames where video = ? order by ms", [video])]
            )

    def thumbnail(self, video: str, time: float) -> Path:
        """The JPEG file of the kept frame nearest to a time in seconds.

        Raises:
            UnknownVideoError: no frames of such a video are kept.
        """
        with self._db.reading() as db:
            row = db.execute(
                "select ms from frames where video = ? order by abs(time - ?), ms limit 1", (video, time)
            ).fetchone()
        if row is None:
            raise UnknownVideoError(f"no frames of {video!r} are kept in {self.home}")
        return self._thumbnail_path(video, row[0])

    def _times(self, video: str, ms: Sequence[int]) -> dict[int, float]:
        with self._db.reading() as db:
            return dict(
                db.execute(
                    "select ms, time from frames where video = ? and ms in (select value from json_each(?))",
                    (video, json.dumps(ms)),
                )
            )

    def _matrix(self, video: str) -> tuple[np.ndarray, np.ndarray]:
        """Times and vectors of all kept frames in order; from memory where nothing was written since."""
        writes = self._writes()
        with self._matrices_lock:
            kept = self._matrices.get(video)
            if kept and kept[0] == writes:
                self._matrices.move_to_end(video)
                return kept[1], kept[2]
        ids, vectors = self._vectors.fetch(_frames(video))
        times = self._times(video, [int(key) for key in ids])
        order = sorted((int(key), at) for at, key in enumerate(ids) if int(key) in times)
        moments = np.array([times[ms] for ms, _ in order])
        matrix = vectors[[at for _, at in order]]
        with self._matrices_lock:
            self._matrices[video] = (writes, moments, matrix)
            self._matrices.move_to_end(video)
            while len(self._matrices) > 1 and sum(entry[2].nbytes for entry in self._matrices.values()) > MATRICES:
                self._matrices.popitem(last=False)
        return moments, matrix

    def _thumbnail_path(self, video: str, ms: int) -> Path:
        return self._thumbnails / video / f"{ms}.jpg"

    def stats(self, video: str | None = None) -> dict[str, int]:
        """How many records of each modality and how many `frames` are kept, of one video or of all."""
        where = _Filter.of(None if video is None else [video], None, None, shots=True)
        with self._db.reading() as db:
            counts = dict(
                db.execute(f"select modality, count(*) from records where {where.sql} group by modality", where.values)
            )
            frames = "video = ?" if video is not None else "true"
            [counts["frames"]] = db.execute(
                f"select count(*) from frames where {frames}", [] if video is None else [video]
            ).fetchone()
        return counts


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which records a search may return, as a condition in SQL."""

    sql: str
    values: tuple[Any, ...]
    videos: Sequence[str] | None
    everything: bool
    """Whether all searched records of these videos pass."""
    rest: tuple[Sequence[Modality] | None, Span | None, bool]

    @classmethod
    def of(
        cls,
        videos: Sequence[str] | None,
        modalities: Sequence[Modality] | None,
        within: Span | None,
        shots: bool = False,
    ) -> "_Filter":
        parts, values = ["true"], []
        if videos is not None:
            parts.append("video in (select value from json_each(?))")
            values.append(json.dumps(list(videos)))
        if modalities is not None:
            parts.append("modality in (select value from json_each(?))")
            values.append(json.dumps(list(modalities)))
        if not shots:
            parts.append(f"modality <> '{Modality.SHOT}'")
        if within is not None:
            first, last = _bounds(within)
            parts.append("start < ? and (stop > ? or start >= ?)")  # the last for records of no duration
            values += [last, first, first]
        everything = modalities is None and within is None
        return cls(" and ".join(parts), tuple(values), videos, everything, (modalities, within, shots))

    def only(self, video: str) -> "_Filter":
        """The same for one video."""
        return _Filter.of([video], *self.rest)


def searchable(text: str) -> str:
    """A text as it is written into the full-text table: folded, scripts without spaces cut into characters."""
    return _UNSPACED.sub(r" \1 ", folded(text))


def match_expression(text: str) -> str:
    """A user's text as an FTS5 query: any of its words that carry meaning; empty where there is no word at all.

    >>> match_expression("What does the sign say?")
    '"sign" OR "say"'
    >>> match_expression('to be or not to be" OR *')
    '"to be or not to be or"'
    """
    terms = list(dict.fromkeys(words(text)))
    if meaning := [term for term in terms if not _says_nothing(term)]:
        return " OR ".join(f'"{searchable(term)}"' for term in meaning[:MAX_TERMS])
    phrase = searchable(" ".join(words(text)[:MAX_TERMS]))
    return f'"{phrase}"' if phrase else ""


def _says_nothing(word: str) -> bool:
    """Whether a word is a stop word or a contraction of one, as “what's” and “isn't”."""
    stem, quote, _ = word.partition("'")
    return word in STOP_WORDS or (bool(quote) and (stem in STOP_WORDS or stem.removesuffix("n") in STOP_WORDS))


def _bounds(within: Span) -> tuple[float, float]:
    """Start and exclusive end; a span of no duration still holds its one moment."""
    return within.start, max(within.end, np.nextafter(within.start, np.inf).item())


def _records(video: str) -> str:
    return f"records-{video}"


def _frames(video: str) -> str:
    return f"frames-{video}"


def _ms(time: float) -> int:
    if not (time >= 0 and time < float("inf")):
        raise UsageError(f"{time} is no time in a video")
    return round(time * 1000)


def _check_id(video: str) -> None:
    if not _ID.fullmatch(video):
        raise UsageError(f"{video!r} cannot be a video's id: letters, digits, and . _ - inside, 100 at most")


def _checked(vectors: np.ndarray, rows: int) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    if rows and (vectors.ndim != 2 or len(vectors) != rows or not vectors.shape[1]):
        raise UsageError(f"{rows} items came with vectors of shape {vectors.shape}")
    return unit(vectors)


def _wait(db: Any, name: str, key: str, vector: np.ndarray) -> None:
    """Note a vector that Chroma is to get, and the size of this collection's vectors."""
    db.execute("insert or ignore into collections (name, dimensions) values (?, ?)", (name, len(vector)))
    [size] = db.execute("select dimensions from collections where name = ?", [name]).fetchone()
    if size != len(vector):
        raise UsageError(
            f"{name} holds vectors of {size} numbers, not {len(vector)}, so it was made with another embedding model: "
            "remove the video and add it again"
        )
    db.execute("insert or replace into waiting values (?, ?, ?)", (name, key, vector.tobytes()))


_COLUMNS = "id, video, start, stop, modality, text, score, source, boxes"


def _row(record: Record) -> tuple[Any, ...]:
    boxes = json.dumps([(box.left, box.top, box.right, box.bottom) for box in record.boxes])
    span = record.span
    return (
        record.id,
        record.video,
        span.start,
        span.end,
        record.modality.value,
        record.text,
        record.score,
        record.source,
        boxes,
    )


def _record(row: Sequence[Any]) -> Record:
    _, video, start, stop, modality, text, score, source, boxes = row
    placed = tuple(Box(*box) for box in json.loads(boxes)) if boxes != "[]" else ()
    return Record(video, Span(start, stop), Modality(modality), text, score, source, placed)
