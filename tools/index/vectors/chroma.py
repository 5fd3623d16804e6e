"""Named collections of unit vectors in ChromaDB: on disk beside the SQLite file, or on a Chroma server.

What Chroma 1.5 does, found by trying it, and what follows here:

- A query in a collection that holds one video takes 1 ms where one collection filtered by video takes 15 to 40, and
  forgetting a video is one drop. So: a collection a video. Many at once are not asked in turn, but together
  (`together.py`), which holds a byte a number where a graph of all would hold four.
- Rows that wait in Chroma's log are indexed anew in every process that opens the collection: with the default of 1000
  rows, fifty small collections cost 6 s before their first answer, with `SYNC_ROWS` below 1 s.
- Upserting what is already there is 15 times slower than adding it. The caller sends new rows only.
- A second process on the same folder does not fail, it silently misses what the first one wrote since. It must reopen
  (13 ms): `refresh` does, when what is asked has changed by the caller's counter of writes.
- A folder that cannot be written cannot be opened. Its SQLite file is then copied to a temporary folder, beside links
  to the rest.
- Dropping a collection leaves its folder on disk. `drop` removes it.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

import numpy as np

from ...errors import DamagedVectorsError, HomeError, UsageError
from ..home import private_file, private_folder
from ..rows.sqlite import BUSY_SECONDS
from .graph_files import is_whole, mark_damaged, write_sums
from .graphs import DATABASE, GRAPH_ID, MENDED_BY, Graphs, database_of
from .hnsw_files import blank_unused

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

SYNC_ROWS = 256
"""Rows after which Chroma writes a collection's graph to disk."""

_CONFIGURATION: Any = {
    "hnsw": {
        "space": "cosine",
        "ef_construction": 100,
        "max_neighbors": 16,
        "ef_search": 100,
        "sync_threshold": SYNC_ROWS,
        "batch_size": SYNC_ROWS // 2,
    }
}
"""Malkov and Yashunin (2018): a node's degree, and how many candidates are kept while building and while searching."""

MAX_BATCH = 5000
"""Rows in one call; Chroma takes 5,461 at most."""

T = TypeVar("T")


class Vectors(Graphs):
    """Collections of unit vectors by name, for any number of threads. Opens Chroma on first use."""

    def __init__(self, folder: Path, server: str | None = None) -> None:
        """Say where the vectors are; nothing is opened yet. Use `open_vectors`, which shares one object a folder."""
        self._folder = folder
        self._server = server
        self._state = threading.Condition()
        self._users = 0
        self._owners = 0
        self._seen = -1
        self._client: Client | None = None
        self._collections: dict[str, Collection] = {}
        self._snapshot: tempfile.TemporaryDirectory[str] | None = None
        self._graphs = {}

    @contextlib.contextmanager
    def _using(self) -> Iterator["Client"]:
        """The client, which is not reopened while anybody uses it."""
        with self._state:
            self._users += 1
            try:
                client = self._client = self._client or self._opened()
            except BaseException:
                self._users -= 1
                raise
        try:
            yield client
        finally:
            with self._state:
                self._users -= 1
                self._state.notify_all()

    def _opened(self) -> "Client":
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        if self._server is not None:
            parts = urlsplit(self._server)
            secure = parts.scheme == "https"
            port = parts.port or (443 if secure else 8000)
            try:
                client = chromadb.HttpClient(parts.hostname or "", port, ssl=secure, settings=settings)
                return cast("Client", client)
            except Exception as error:
                raise HomeError(f"no Chroma server answers at {self._server}: start one with `chroma run`") from error
        try:
            readable_only = self._folder.exists() and not os.access(self._folder, os.W_OK)
            folder = self._linked_copy() if readable_only else self._folder
            private_file(private_folder(folder) / DATABASE)
            return cast("Client", chromadb.PersistentClient(folder, settings=settings))
        except Exception as error:
            _let_go_of_broken(str(self._folder))
            said = f"the vectors in {self._folder} cannot be opened ({_one_line(error)})"
            damaged = not isinstance(error, OSError) and self._folder.exists()
            if damaged:
                mark_damaged(self._folder)
            raise DamagedVectorsError(f"{said}: {MENDED_BY}") if damaged else HomeError(said) from error

    def _linked_copy(self) -> Path:
        """A writable folder with a copy of Chroma's SQLite file and links to its graphs."""
        self._snapshot = tempfile.TemporaryDirectory(prefix="vidscout-")
        copy = Path(self._snapshot.name)
        with (
            contextlib.closing(database_of(self._folder)) as database,
            contextlib.closing(sqlite3.connect(copy / DATABASE)) as into,
        ):
            database.backup(into)
        for part in self._folder.iterdir():
            if part.is_dir():
                (copy / part.name).symlink_to(part, target_is_directory=True)
        return copy

    def refresh(self, version: int, writes: int) -> None:
        """Reopen Chroma where it was opened before another process last changed what is to be asked.

        Args:
            version: the count of writes at the last change of the collection that is to be asked.
            writes: the count now; it may be higher, for what others have changed does not matter.
        """
        with self._state:
            if version <= self._seen or self._server is not None:
                return
            self._state.wait_for(lambda: self._users == 0)
            if version > self._seen:
                self._let_go()
                self._seen = writes

    def wrote(self, writes: int) -> None:
        """Say that the last write was this process's own, so that nothing needs to be reopened."""
        with self._state:
            self._seen = writes

    def _let_go(self) -> None:
        self._collections.clear()
        self._graphs.clear()
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._snapshot is not None:
            self._snapshot.cleanup()
            self._snapshot = None

    def close(self) -> None:
        """Close Chroma, once everyone who opened this has closed it."""
        with _sharing, self._state:
            self._owners -= 1
            if self._owners <= 0:
                self._state.wait_for(lambda: self._users == 0, timeout=10)
                self._let_go()
                _shared.pop(self._server or str(self._folder), None)

    def _ask(self, name: str, ask: "Callable[[Collection], T]", create: bool = False) -> T:
        """What a collection answers. The first question may make Chroma write its graph."""
        try:
            return self._answer(name, ask, create)
        finally:
            self._clean_graph(name)

    def _answer(self, name: str, ask: "Callable[[Collection], T]", create: bool) -> T:
        from chromadb.errors import ChromaError, NotFoundError
        from httpx import HTTPError

        with self._using() as client:
            try:
                if name not in self._collections:
                    collection = (
                        client.get_or_create_collection(name, embedding_function=None, configuration=_CONFIGURATION)
                        if create
                        else client.get_collection(name, embedding_function=None)
                    )
                    self._check_graph(name, str(collection.id))
                    self._collections[name] = collection
                return ask(self._collections[name])
            except NotFoundError as error:
                self._collections.pop(name, None)
                raise self._unusable(f"{name} is not in it any more") from error
            except (ChromaError, HTTPError) as error:
                said = _one_line(error)
                if "dimension" in said:
                    raise UsageError(f"made with another embedding model ({said}): add the video again") from error
                raise self._unusable(said) from error
            except BaseException as error:
                if type(error).__name__ == "PanicException":  # of Rust, and no Exception
                    raise self._unusable(_one_line(error)) from None
                raise

    def _unusable(self, said: str) -> HomeError:
        if self._server is not None:
            return HomeError(f"the vectors in {self._server} cannot be used ({said})")
        mark_damaged(self._folder)
        return DamagedVectorsError(f"the vectors in {self._folder} cannot be used ({said}): {MENDED_BY}")

    def add(self, name: str, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Write rows to a collection, making it if need be.

        Args:
            name: the collection.
            ids: one a row; slow where many are there already.
            vectors: float array of shape (rows, dimensions).
        """
        with self._using():
            if self._snapshot is not None:
                raise HomeError(f"the folder {self._folder} cannot be written")
        for first in range(0, len(ids), MAX_BATCH):
            some, rows = list(ids[first : first + MAX_BATCH]), vectors[first : first + MAX_BATCH]
            self._ask(name, lambda collection, some=some, rows=rows: collection.upsert(some, rows), create=True)

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """Remove rows from a collection; those that are not there, or a collection that is not, do no harm."""
        with self._using() as client:
            there = name in {collection.name for collection in client.list_collections()}
        for first in range(0, len(ids) if there else 0, MAX_BATCH):
            some = list(ids[first : first + MAX_BATCH])
            self._ask(name, lambda collection, some=some: collection.delete(some))

    def nearest(
        self, name: str, vector: np.ndarray, k: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Up to `k` ids with their cosine similarity in -1..1, best first; approximate.

        Args:
            name: the collection.
            vector: float array of shape (dimensions,).
            k: how many.
            among: only these ids; exact where they are few hundred.
        """
        if among is not None and not among:
            return []

        def ask(collection: "Collection") -> list[tuple[str, float]]:
            found = collection.query(
                [vector], n_results=k, ids=None if among is None else list(among), include=["distances"]
            )
            return [
                (key, 1.0 - distance)
                for key, distance in zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True)
            ]

        return self._ask(name, ask)

    def fetch(self, name: str, ids: Sequence[str] | None = None) -> tuple[list[str], np.ndarray]:
        """Ids that are there and their vectors, float32 of shape (rows, dimensions), in the same order.

        Args:
            name: the collection.
            ids: only these; all where it is None.
        """

        def ask(collection: "Collection") -> tuple[list[str], np.ndarray]:
            found = collection.get(None if ids is None else list(ids), include=["embeddings"])
            return found["ids"], np.asarray(found["embeddings"], dtype=np.float32)

        return self._ask(name, ask)

    def drop(self, name: str) -> None:
        """Remove a collection and its files; nothing where there is none."""
        from chromadb.errors import ChromaError, NotFoundError
        from httpx import HTTPError

        with self._using() as client:
            self._collections.pop(name, None)
            self._graphs.pop(name, None)
            try:
                client.delete_collection(name)
            except NotFoundError:
                pass
            except (ChromaError, HTTPError) as error:
                raise HomeError(f"{name} cannot be removed from {self._folder} ({_one_line(error)})") from error
        if self._server is None:
            self._remove_orphans()

    def compact(self) -> None:
        """Rewrite Chroma's SQLite file, whose free pages keep ids and vectors of what was dropped.

        Chroma is closed meanwhile. Nothing where a server has the vectors: its disk is its own.

        Raises:
            HomeError: another process is writing, or the disk is full.
        """
        if self._server is not None or not (self._folder / DATABASE).is_file():
            return
        with self._state:
            self._state.wait_for(lambda: self._users == 0)
            self._let_go()
            try:
                with contextlib.closing(sqlite3.connect(self._folder / DATABASE, BUSY_SECONDS)) as db:
                    db.execute("vacuum")
                for header in self._folder.glob("*/header.bin"):
                    if is_whole(header.parent):
                        blank_unused(header.parent)
                        write_sums(header.parent)
            except sqlite3.Error as error:
                raise HomeError(f"the vectors in {self._folder} cannot be rewritten ({error})") from error

    def _remove_orphans(self) -> None:
        """Delete the graphs that Chroma's own table no longer lists; leaves all where that table is not as known."""
        try:
            with contextlib.closing(database_of(self._folder)) as db:
                listed = {segment for (segment,) in db.execute("select id from segments")}
        except sqlite3.Error:
            return
        for part in self._folder.iterdir():
            if part.is_dir() and part.name not in listed and GRAPH_ID.fullmatch(part.name):
                shutil.rmtree(part, ignore_errors=True)


_shared: dict[str, Vectors] = {}
_sharing = threading.Lock()


def open_vectors(folder: Path, server: str | None = None) -> Vectors:
    """The vectors in a folder or on a server: one object for all who open the same in this process.

    Chroma itself shares what it has open, and reopens a folder only when its last user has closed it.

    Args:
        folder: Chroma's folder; made on first use. One that cannot be written can still be asked.
        server: a Chroma server that is used instead, as `http://host:8000`.

    Raises:
        UsageError: `server` is no such address.
    """
    if server is not None and (urlsplit(server).scheme not in {"http", "https"} or not urlsplit(server).hostname):
        raise UsageError(f"{server!r} is no Chroma server: name it as http://host:8000")
    with _sharing:
        vectors = _shared.setdefault(server or str(folder), Vectors(folder, server))
        vectors._owners += 1
        return vectors


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to length one, float32; a row of zeros stays.

    Raises:
        UsageError: a number in them is not finite.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if not np.isfinite(length).all():
        raise UsageError("an embedding holds numbers that are not finite")
    return vectors / np.where(length > 0, length, 1.0)


def _let_go_of_broken(folder: str) -> None:
    """Have Chroma forget a folder that it could not open, which it would otherwise not try to open again."""
    from chromadb.api.shared_system_client import SharedSystemClient

    for known in (SharedSystemClient._identifier_to_system, SharedSystemClient._identifier_to_refcount):
        known.pop(folder, None)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
