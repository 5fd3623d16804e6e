"""Where the states of conversations are kept: a SQLite file, or PostgreSQL when several machines share them.

LangGraph's own serializer turns tuples into lists, so that a record read back no longer equals the one written. Here
tuples, our dataclasses and our enums come back as themselves, and nothing else is constructed than what LangGraph
itself allows: whoever can write to the database cannot run code through it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints
from urllib.parse import urlsplit

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Overwrite, Send

from ...tools.errors import BackendUnavailableError, HomeError, UsageError
from ...tools.index.home import private_file, private_folder

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

POSTGRES = ("postgresql", "postgres")
PATIENCE = 10
"""Seconds to wait for a PostgreSQL server, and for another process that creates the tables at the same moment."""
_TUPLE, _DATACLASS, _SEND, _OTHER = range(64, 68)
"""Extension types of MessagePack; LangGraph uses the lowest."""
_OPTIONS = (
    ormsgpack.OPT_NON_STR_KEYS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_TUPLE
    | ormsgpack.OPT_PASSTHROUGH_UUID
    | ormsgpack.OPT_REPLACE_SURROGATES
)


@cache
def kept_types() -> dict[tuple[str, str], type]:
    """The dataclasses and enums that a checkpoint may bring back: what the state's annotations name, however deep."""
    from ...graphs.answer.state import AnswerState

    found: dict[tuple[str, str], type] = {}

    def look_at(kind: Any) -> None:
        for part in get_args(kind):
            look_at(part)
        if not isinstance(kind, type) or (key := (kind.__module__, kind.__qualname__)) in found:
            return
        if is_dataclass(kind):
            found[key] = kind
            for hint in get_type_hints(kind).values():
                look_at(hint)
        elif issubclass(kind, Enum):
            found[key] = kind

    look_at(AnswerState)
    look_at(Overwrite)  # an input may replace what a reducer would add to
    return found


def _moved(module: str, name: str) -> type | None:
    """The class of that name where an earlier version kept it in another module of ours; names are unique."""
    ours = module.startswith(f"{__name__.partition('.')[0]}.")
    return next((kind for (_, known), kind in kept_types().items() if ours and known == name), None)


class ExactSerializer(JsonPlusSerializer):
    """What is read back equals what was written: tuples, the classes of `kept_types`, and all that LangGraph knows."""

    KIND = "vidscout"

    def __init__(self) -> None:
        super().__init__(allowed_msgpack_modules=list(kept_types()))

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        if obj is None or isinstance(obj, bytes | bytearray):
            return super().dumps_typed(obj)
        return self.KIND, self._packed(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, packed = data
        return self._unpacked(packed) if kind == self.KIND else super().loads_typed(data)

    def _packed(self, obj: Any) -> bytes:
        return ormsgpack.packb(obj, default=self._extension, option=_OPTIONS)

    def _unpacked(self, packed: bytes) -> Any:
        return ormsgpack.unpackb(packed, ext_hook=self._restored, option=ormsgpack.OPT_NON_STR_KEYS)

    def _extension(self, obj: Any) -> ormsgpack.Ext:
        kind = (type(obj).__module__, type(obj).__qualname__)
        if type(obj) is tuple:
            return ormsgpack.Ext(_TUPLE, self._packed(list(obj)))
        if kind in kept_types() and is_dataclass(obj):
            values = {field.name: getattr(obj, field.name) for field in fields(obj) if field.init}
            return ormsgpack.Ext(_DATACLASS, self._packed([*kind, values]))
        if type(obj) is Send:
            return ormsgpack.Ext(_SEND, self._packed([obj.node, obj.arg, obj.timeout]))
        _, packed = super().dumps_typed(obj)
        return ormsgpack.Ext(_OTHER, packed)

    def _restored(self, code: int, packed: bytes) -> Any:
        if code == _TUPLE:
            return tuple(self._unpacked(packed))
        if code == _DATACLASS:
            module, name, values = self._unpacked(packed)
            known: Any = kept_types().get((module, name)) or _moved(module, name)
            if known is None:
                return values  # of another version, or forged
            wanted = {field.name for field in fields(known)}
            return known(**{field: value for field, value in values.items() if field in wanted})
        if code == _SEND:
            node, arg, timeout = self._unpacked(packed)
            return Send(node, arg, timeout=timeout)
        if code == _OTHER:
            return super().loads_typed(("msgpack", packed))
        raise ValueError(f"a checkpoint holds an unknown extension type {code}")


@contextmanager
def open_checkpointer(where: str | Path) -> "Iterator[BaseCheckpointSaver[Any]]":
    """A checkpointer for a graph, with its tables in place, for one question or for several one after another.

    Args:
        where: a SQLite file, made if it is not there, or the `postgresql://user:password@host/database` of a server.

    Raises:
        BackendUnavailableError: PostgreSQL is asked for and its client is not installed.
        HomeError: the file cannot be opened or written, now or while it is used.
        UsageError: the server does not answer, or refuses; the message does not show the password.
    """
    scheme = urlsplit(str(where)).scheme if "://" in str(where) else ""
    if scheme in POSTGRES:
        opened = _on_postgres(str(where))
    elif scheme:
        raise UsageError(f"checkpoints are kept in a SQLite file or at postgresql://…, not at {scheme}://")
    else:
        opened = _in_a_file(Path(where))
    with opened as saver:
        yield saver


@contextmanager
def _in_a_file(file: Path) -> "Iterator[BaseCheckpointSaver[Any]]":
    from langgraph.checkpoint.sqlite import SqliteSaver

    try:
        private_folder(file.parent)
        private_file(file)
    except OSError as error:
        raise HomeError(f"conversations cannot be kept in {file} ({error})") from error
    try:
        # The graph's steps write from threads of their own, and the saver lets only one of them in at a time.
        with closing(sqlite3.connect(file, timeout=PATIENCE, check_same_thread=False)) as connection:
            saver = SqliteSaver(connection, serde=ExactSerializer())
            _until_free(saver.setup)
            yield saver
    except sqlite3.Error as error:
        raise HomeError(f"conversations cannot be kept in {file} ({error})") from error


def _until_free(setup: Callable[[], None]) -> None:
    """Create the tables. To put a file into write-ahead mode, SQLite does not wait for another that is doing it."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return setup()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


@contextmanager
def _on_postgres(url: str) -> "Iterator[BaseCheckpointSaver[Any]]":
    if find_spec("psycopg") is None or find_spec("langgraph.checkpoint.postgres") is None:
        raise BackendUnavailableError("checkpoints in PostgreSQL need its client: pip install 'vidscout[serve]'")
    import psycopg
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg.rows import dict_row

    try:
        connection: Any = psycopg.Connection.connect(
            url, autocommit=True, prepare_threshold=0, row_factory=cast("Any", dict_row), connect_timeout=PATIENCE
        )
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"PostgreSQL at {_without_password(url)} cannot be used: {reason}") from None
    with connection:
        saver = PostgresSaver(connection, serde=ExactSerializer())
        _create_tables(saver, psycopg.Error, url)
        yield saver


def _create_tables(saver: Any, failed: type[Exception], url: str) -> None:
    """Create or migrate the tables; two processes that do so at once trip over each other, and one tries again."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            saver.setup()
            return
        except failed as error:
            if time.monotonic() > give_up:
                reason = " ".join(str(error).split())
                raise UsageError(f"PostgreSQL at {_without_password(url)} takes no tables: {reason}") from None
            time.sleep(0.2)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
