"""The graphs for LangGraph's own tooling, which `langgraph.json` names: to look at, run step by step and inspect.

The graphs themselves work with models and an index that a program hands to them. Here these come from the settings, as
on the command line, and videos are named by file, id or name. All nodes are synchronous: LangGraph runs such nodes
beside its event loop, which must not wait for a disk or a model.
"""

from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from ..graphs.answer.graph import compiled
from ..graphs.answer.state import AnswerState
from ..tools.payloads import to_fields
from ..tools.records import Record

if TYPE_CHECKING:
    from .scout import VideoScout


@dataclass
class Asked:
    """What is typed in: a question, and the videos that it is about."""

    question: str
    videos: list[str]
    options: list[str] = field(default_factory=list)
    found: dict[str, float] = field(default_factory=dict)
    """Id and seconds of each video."""
    text: str = ""
    choice: int | None = None
    evidence: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Read:
    """What is typed in: a video file."""

    path: str
    video: str = ""
    added: int = 0
    notes: list[str] = field(default_factory=list)


@cache
def scout() -> "VideoScout":
    """The `VideoScout` of the settings, made on first use."""
    from .scout import VideoScout

    return VideoScout()


_answering = compiled()


def find(state: Asked) -> dict[str, Any]:
    """Read the files that have not been read yet, and find the videos."""
    scout().ingest([name for name in state.videos if Path(name).is_file()])
    videos = [scout().find(name) for name in state.videos]
    scout().embed_anew([video.id for video in videos])
    return {"found": {video.id: video.duration for video in videos}}


def ask(state: Asked) -> dict[str, Any]:
    """Answer, with the graph that the command line uses."""
    asked = AnswerState(state.question, options=state.options, videos=list(state.found), durations=dict(state.found))
    end = AnswerState(**_answering.invoke(asked, context=scout().answering()))
    return {
        "text": end.text,
        "choice": end.choice,
        "evidence": [plain(found.record) for found in end.cited],
        "notes": end.notes,
    }


def plain(record: Record) -> dict[str, Any]:
    """A record as JSON can hold it, its payload with its kind."""
    payload = None if record.payload is None else to_fields(record.payload)
    return asdict(record) | {"payload": payload}


def read(state: Read) -> dict[str, Any]:
    """Read one file into the index."""
    [done] = scout().ingest(state.path)
    return {"video": done.video, "added": done.added, "notes": done.notes}


answer = (
    StateGraph(Asked)
    .add_node("find", find)
    .add_node("answer", ask)
    .add_edge(START, "find")
    .add_edge("find", "answer")
    .add_edge("answer", END)
    .compile(name="answer")
)
"""A question about videos."""

ingest = StateGraph(Read).add_node("read", read).add_edge(START, "read").add_edge("read", END).compile(name="ingest")
"""A video that is read."""
