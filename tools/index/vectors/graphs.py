"""The graphs on disk of Chroma's collections: looked at before Chroma reads them, kept private, and moved aside where
they are damaged.
"""

import contextlib
import re
import shutil
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from ...errors import DamagedVectorsError, HomeError
from ..home import private_folder, tighten
from .graph_files import State, is_whole, mark_damaged, state, write_sums
from .hnsw_files import blank_unused

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")

DATABASE = "chroma.sqlite3"
"""Chroma's own file in its folder."""
GRAPH_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The names of the folders with graphs."""
MENDED_BY = "`vidscout repair` makes them again"


def database_of(folder: Path) -> sqlite3.Connection:
    """Chroma's own file, to read."""
    return sqlite3.connect(f"file:{quote(str(folder / DATABASE))}?mode=ro", uri=True)


class Graphs(ABC):
    """What `Vectors` does with the files of its collections; nothing where a server has them."""

    _folder: Path
    _server: str | None
    _state: threading.Condition
    _users: int
    _collections: "dict[str, Collection]"
    _snapshot: "TemporaryDirectory[str] | None"
    _graphs: dict[str, tuple[Path, State]]
    """Where the graph of a collection that was opened lies, and the state in which its files were looked at."""

    @abstractmethod
    def _using(self) -> "AbstractContextManager[Client]": ...

    @abstractmethod
    def _ask(self, name: str, ask: "Callable[[Collection], T]", create: bool = False) -> T: ...

    @abstractmethod
    def _let_go(self) -> None: ...

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a collection and its files."""

    def _graph_of(self, collection: str) -> Path | None:
        """The folder of a collection's graph, by the collection's id; None where it has none, or on a server."""
        if self._server is not None:
            return None
        try:
            with contextlib.closing(database_of(self._folder)) as db:
                row = db.execute(
                    "select id from segments where collection = ? and scope = 'VECTOR'", [collection]
                ).fetchone()
        except sqlite3.Error:
            return None  # Chroma itself says what is wrong with it
        return self._folder / row[0] if row and GRAPH_ID.fullmatch(str(row[0])) else None

    def _check_graph(self, name: str, collection: str) -> None:
        """Make sure that Chroma can read a collection's graph, which it is about to do for the first time.

        Raises:
            DamagedVectorsError: it cannot.
        """
        folder = self._graph_of(collection)
        if folder is None:
            return
        if not is_whole(folder):
            mark_damaged(folder)
            mark_damaged(self._folder)
            raise DamagedVectorsError(f"the graph of {name} in {self._folder} is damaged: {MENDED_BY}")
        self._graphs[name] = (folder, state(folder))

    @property
    def is_local(self) -> bool:
        """Whether the files are here rather than on a server."""
        return self._server is None

    def is_damaged(self, name: str, rows: int) -> bool:
        """Whether a collection that should be there is not, or its graph is damaged; reads all of its files.

        Args:
            name: the collection.
            rows: how many it should hold at least.
        """
        from chromadb.errors import ChromaError

        try:
            with self._using() as client:
                collection = client.get_collection(name, embedding_function=None)
                folder = self._graph_of(str(collection.id))
            if folder is not None and not is_whole(folder):
                return True
            return self._ask(name, lambda opened: opened.count()) < rows
        except (ChromaError, HomeError):
            return True

    def set_aside(self, name: str, into: Path) -> None:
        """Move a damaged graph into another folder, and have Chroma forget its collection.

        Args:
            name: the collection.
            into: a folder; what was moved there before is replaced.
        """
        from chromadb.errors import NotFoundError

        with self._using() as client, contextlib.suppress(NotFoundError):
            folder = self._graph_of(str(client.get_collection(name, embedding_function=None).id))
            if folder is not None and folder.is_dir():
                shutil.rmtree(into / name, ignore_errors=True)
                shutil.move(folder, private_folder(into) / name)
        self.drop(name)

    def opens(self) -> bool:
        """Whether Chroma opens its folder at all."""
        try:
            with self._using() as client:
                client.count_collections()
        except Exception:
            return False
        return True

    def set_all_aside(self, into: Path) -> None:
        """Move Chroma's whole folder away, where it does not open, and begin with an empty one."""
        with self._state:
            self._state.wait_for(lambda: self._users == 0)
            self._let_go()
            shutil.rmtree(into, ignore_errors=True)
            if self._folder.exists():
                shutil.move(self._folder, private_folder(into.parent) / into.name)

    def _clean_graph(self, name: str) -> None:
        """Keep private what Chroma has just written of a graph, and note its sums.

        Its files ask the umask, and hold memory that nobody filled.
        """
        if self._server is not None or self._snapshot is not None or name not in self._collections:
            return
        folder, seen = self._graphs.get(name) or (self._graph_of(str(self._collections[name].id)), ())
        if folder is None or (now := state(folder)) == seen or not now:
            return
        with contextlib.suppress(OSError), self._state:  # a folder that is being removed needs no cleaning
            self._state.wait_for(lambda: self._users == 0)  # a question may make Chroma write a graph
            tighten(folder, again=True)
            blank_unused(folder)
            self._graphs[name] = (folder, write_sums(folder))
