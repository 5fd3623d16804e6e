"""Checkpoints of conversations, in a SQLite file and on a real PostgreSQL server."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import ormsgpack
import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Overwrite, Send
from vidscout.agent.conversations.checkpoints import ExactSerializer, kept_types, open_checkpointer
from vidscout.agent.conversations.forgetting import forget_conversations
from vidscout.graphs.answer.state import AnswerState, Turn
from vidscout.tools.errors import HomeError, UsageError
from vidscout.tools.records import Span

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:] or [
    Path(found).parent for found in [shutil.which("initdb")] if found
]
NOBODY = 65534
"""PostgreSQL refuses to run as root; where the tests do, it runs as this user."""


def something(kind: Any) -> Any:
    """A value of a type that differs from its default, with something in every field and every container."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return something(inner[0])
    if origin in (Union, UnionType):
        return something(next(part for part in inner if part is not type(None)))
    if origin is Literal:
        return inner[-1]
    if origin is tuple:
        return (something(inner[0]), something(inner[0])) if inner[-1] is ... else tuple(map(something, inner))
    if origin is list:
        return [something(inner[0])]
    if origin is dict:
        return {something(inner[0]): something(inner[1])}
    if kind is Span:
        return Span(1.5, 4.25)
    if is_dataclass(kind):
        make: Any = kind
        hints = get_type_hints(kind)
        return make(**{field.name: something(hints[field.name]) for field in fields(kind)})
    if issubclass(kind, Enum):
        return list(kind)[-1]
    return {str: "Spiegel – 鏡", int: 7, float: 0.625, bool: True, Path: Path("/videos/frame 1.jpg")}[kind]


def a_full_state() -> AnswerState:
    return something(AnswerState)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of our own, in a temporary folder, on a Unix socket and without a port."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    [binaries] = BINARIES
    folder = Path(tempfile.mkdtemp(prefix="vidscout-pg-", dir="/tmp"))  # socket paths must be short
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        os.chown(folder, NOBODY, NOBODY)
    initdb = [binaries / "initdb", "-D", folder / "data", "-U", "scout", "-A", "trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = [binaries / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd=folder, **user)
    try:
        yield f"postgresql://scout:secret@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder, **user)
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres")
    return str(tmp_path / "new folder" / "checkpoints.sqlite")


def test_everything_that_a_state_can_hold_comes_back_as_itself():
    state = a_full_state()
    serde = ExactSerializer()
    for item in (state, *(getattr(state, f.name) for f in fields(state))):
        back = serde.loads_typed(serde.dumps_typed(item))
        assert back == item
        assert type(back) is type(item)
        assert repr(back) == repr(item)  # `==` does not see whether a StrEnum became a str


def test_a_branch_waiting_to_run_comes_back_with_what_it_was_sent():
    serde = ExactSerializer()
    plan = a_full_state().plan
    assert plan is not None
    sends = [Send("gather", request) for request in plan.requests]
    assert serde.loads_typed(serde.dumps_typed(sends)) == sends


def test_an_input_that_replaces_what_earlier_questions_left_comes_back_whole():
    serde = ExactSerializer()
    replaced = {"found": Overwrite(a_full_state().found)}
    assert repr(serde.loads_typed(serde.dumps_typed(replaced))) == repr(replaced)


def test_what_langgraph_writes_beside_the_state_still_travels():
    from datetime import UTC, datetime

    serde = ExactSerializer()
    for item in (None, b"raw", {"a": {1, 2}}, datetime(2026, 1, 2, tzinfo=UTC), {3: "three"}, [("a", 1)]):
        assert serde.loads_typed(serde.dumps_typed(item)) == item
    assert serde.loads_typed(serde.dumps_typed(ValueError("why"))) == "ValueError('why')"


def test_a_forged_checkpoint_constructs_nothing_but_what_a_state_holds(tmp_path: Path):
    serde = ExactSerializer()
    witness = tmp_path / "ran"
    forged = ormsgpack.Ext(65, ormsgpack.packb(["os", "mkdir", {"path": str(witness)}]))
    assert serde.loads_typed((ExactSerializer.KIND, ormsgpack.packb(forged))) == {"path": str(witness)}
    through_langgraph = ormsgpack.Ext(0, ormsgpack.packb(["os", "mkdir", str(witness)]))
    wrapped = ormsgpack.Ext(67, ormsgpack.packb(through_langgraph))
    serde.loads_typed((ExactSerializer.KIND, ormsgpack.packb(wrapped)))
    assert not witness.exists()
    assert {module.partition(".")[0] for module, _ in kept_types()} == {"vidscout", "langgraph"}


def test_a_field_that_a_later_version_dropped_is_left_out():
    serde = ExactSerializer()
    older = ormsgpack.Ext(65, ormsgpack.packb(["vidscout.tools.records", "Span", {"start": 1.0, "end": 2.0, "x": 1}]))
    assert serde.loads_typed((ExactSerializer.KIND, ormsgpack.packb(older))) == Span(1.0, 2.0)


def test_a_graph_goes_on_with_the_same_state_after_it_was_closed(where: str):
    full = a_full_state()

    def fill(state: AnswerState) -> dict[str, Any]:
        return {f.name: getattr(full, f.name) for f in fields(full) if f.name != "question"}

    graph = StateGraph(AnswerState)
    graph.add_node("fill", fill)
    graph.add_edge(START, "fill")
    graph.add_edge("fill", END)

    config: Any = {"configurable": {"thread_id": "one"}}
    with open_checkpointer(where) as saver:
        graph.compile(checkpointer=saver).invoke(AnswerState(full.question), config)
    with open_checkpointer(where) as saver:
        found = graph.compile(checkpointer=saver).get_state(config)
    assert repr(AnswerState(**found.values)) == repr(full)


def test_conversations_that_asked_about_or_cite_a_forgotten_video_are_gone_and_no_others(where: str):
    asked, cited, other = "a" * 32, "b" * 32, "c" * 32

    def answer(state: AnswerState) -> dict[str, Any]:
        span = Span(1.0, 2.0)
        return {
            "text": "said",
            "turns": [Turn(state.question, "topic", "said", cited if state.options else None, span)],
        }

    graph = StateGraph(AnswerState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)

    def ask(*questions: tuple[str, AnswerState]) -> None:
        with open_checkpointer(where) as saver:
            for conversation, state in questions:
                config: Any = {"configurable": {"thread_id": conversation}}
                graph.compile(checkpointer=saver).invoke(state, config)

    def left() -> list[str]:
        with open_checkpointer(where) as saver:
            there = {found.config.get("configurable", {})["thread_id"] for found in saver.list(None)}
            return sorted(there & {*names})  # other tests use the same server

    names = ["asked", "asked before", "cited", "other"]
    about = {video: AnswerState("What is shown?", videos=[video]) for video in (asked, other)}
    citing = AnswerState("Which?", videos=[other], options=["it", "that"])
    ask(("asked", about[asked]), ("asked before", about[asked]), ("asked before", about[other]))
    ask(("other", about[other]), ("cited", citing))
    assert left() == names
    forget_conversations(where, "d" * 32)
    assert left() == names
    forget_conversations(where, asked)
    assert left() == ["cited", "other"]
    forget_conversations(where, cited)
    assert left() == ["other"]
    forget_conversations(where, other)


def test_forgetting_where_no_conversation_was_ever_kept_does_nothing(where: str, tmp_path: Path):
    forget_conversations(where, "a" * 32)
    forget_conversations(tmp_path / "none.sqlite", "a" * 32)
    assert not (tmp_path / "none.sqlite").exists()


def test_conversations_on_a_server_that_is_not_there_stay_owed_in_one_line():
    with pytest.raises(UsageError, match="PostgreSQL") as refused:
        forget_conversations("postgresql://me:hunter2@127.0.0.1:1/talks", "a" * 32)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_several_may_open_it_at_once_although_the_tables_are_not_there_yet(where: str):
    def opened(_: int) -> object:
        with open_checkpointer(where) as saver:
            return saver.get_tuple({"configurable": {"thread_id": "none"}})

    with ThreadPoolExecutor(5) as threads:
        assert list(threads.map(opened, range(5))) == [None] * 5


def _open(where: str | Path) -> None:
    with open_checkpointer(where):
        pass


def test_a_server_that_is_not_there_is_one_line_without_the_password():
    with pytest.raises(UsageError) as refused:
        _open("postgresql://me:hunter2@127.0.0.1:1/talks")
    assert "127.0.0.1:1/talks" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to be taken for one: " * 40, encoding="utf-8")
    before = file.read_bytes()
    with pytest.raises(HomeError, match=r"notes\.txt"):
        _open(file)
    assert file.read_bytes() == before


def test_another_kind_of_database_is_refused():
    with pytest.raises(UsageError, match="mysql"):
        _open("mysql://localhost/talks")
