"""What reads videos on a cluster: an actor that keeps its models loaded, and writes each video into a shard."""

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph

from ...graphs.events import Event
from ...graphs.ingest.graph import FINISH, add_settling, finish, stopping
from ...graphs.ingest.passes import PASSES
from ...graphs.ingest.state import Ingest, IngestState
from ...tools.errors import MediaError, UsageError, VidscoutError
from ...tools.index.shards.contents import Contents
from ...tools.index.shards.shard import Shard
from ...tools.index.videos import state_of
from ...tools.runtime.counters import counting
from ...tools.runtime.notes import noting
from ..bridge import watched

PIECE = 8 * 2**20
"""Bytes of a shard that are sent at a time."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a reader is asked to do."""

    state: IngestState
    """Which video, and which stages are due."""
    contents: Contents
    """What the index has of the video."""
    fingerprints: dict[str, str]
    """That the reader's stages must have, by name."""
    audio_track: str
    key: str
    """Of what is to be read and by what: a shard that was begun for the same is gone on with."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of one of a shard's files."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """A reader's last word about a video; the shard is whole where there is no error."""

    notes: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    counters: dict[str, float] = field(default_factory=dict)
    error: VidscoutError | None = None


@dataclass(frozen=True, slots=True)
class AboutReader:
    """What a reader is and has done."""

    process: int
    gpus: tuple[str, ...]
    """That it has ever seen, now or at the beginning of a video, by their ids."""
    read: int = 0
    """Videos that it has finished."""
    loaded: tuple[str, ...] = ()
    """The roles whose models it has loaded, each once."""


Sent = Event | Piece | Finished


class Reader:
    """Made by Ray in a process of its own, with one GPU where there are any; reads one video after another."""

    def __init__(self, settings: str) -> None:
        """Take the settings, as JSON. Models are loaded by the first video that needs them, and kept."""
        from ..scout import VideoScout

        user = os.getuid() if hasattr(os, "getuid") else 0
        self._folder = Path(tempfile.gettempdir()) / f"vidscout-shards-{user}"
        home = Path(tempfile.gettempdir()) / f"vidscout-tasks-{user}"  # holds no more than which file is which video
        self._scout = VideoScout(home=home, **json.loads(settings))
        self._read = 0
        self._gpus: set[str] = set()

    def _look_at_gpus(self) -> None:
        self._gpus |= {*filter(None, os.environ.get("CUDA_VISIBLE_DEVICES", "").split(","))}

    def about(self) -> AboutReader:
        """What it is; answered once it has been made."""
        self._look_at_gpus()
        return AboutReader(os.getpid(), tuple(sorted(self._gpus)), self._read, tuple(self._scout.models.loaded))

    def read(self, job: Job) -> Generator[Sent, None, None]:
        """Read a video into a shard and send what happens, then the shard, then `Finished`."""
        try:
            last = yield from self._observed(job)
        except VidscoutError as error:
            last = Finished(error=error)
        self._read += 1
        yield last

    def drop(self, key: str) -> None:
        """Remove a shard that has been taken."""
        shutil.rmtree(self._folder / key, ignore_errors=True)

    def _observed(self, job: Job) -> Generator[Sent, None, Finished]:
        self._look_at_gpus()
        ingest = self._scout.reading(audio_track=job.audio_track)
        self._check_same(job, ingest)
        shard = Shard(self._folder / job.key, job.contents)
        stop = threading.Event()
        mine = replace(ingest, library=shard.index.library, journal=shard.index.library.journal, index=shard.index,
                       stop=stop, track_asked=False)  # fmt: skip
        known = shard.index.library.get(job.state.video)
        assert known is not None
        mine.library.begin_reading(known, mine.token)
        start = replace(job.state, file=state_of(Path(job.state.path)))

        def work(report: Callable[[Event], None]) -> Finished:
            state: dict[str, Any] = {}
            with counting() as counters, noting() as mended:
                stream = _graph(mine).stream(start, context=mine, stream_mode=["custom", "values"])
                for mode, chunk in stream:
                    if mode == "custom":
                        report(chunk)  # pyright: ignore[reportArgumentType]
                    else:
                        state = chunk  # pyright: ignore[reportAssignmentType]
            return Finished([*state["notes"], *mended], state["timings"], counters)

        last = yield from watched(work, stop)
        for path in shard.sealed():
            with path.open("rb") as file:
                while content := file.read(PIECE):
                    yield Piece(path.name, content)
        return last

    def _check_same(self, job: Job, ingest: Ingest) -> None:
        """Make sure that this machine reads the same file by the same stages.

        Raises:
            UsageError: a stage is another one here.
            MediaError: the file is not here, or is another one.
        """
        import ray

        here = ray.util.get_node_ip_address()
        for stage in ingest.stages:
            wanted = job.fingerprints.get(stage.name)
            if wanted is not None and wanted != stage.fingerprint:
                raise UsageError(
                    f"the machine {here} of the cluster would read {stage.name} with {stage.fingerprint}, not with "
                    f"{wanted}: install the same vidscout there"
                )
        file = Path(job.state.path)
        there, mine = job.state.file, state_of(file)
        if mine is None:
            raise MediaError(
                f"{file} is not on the machine {here} of the cluster: all must see videos at the same path"
            )
        # Who sees the same size and time of change needs no hash of every byte; an inode is another one elsewhere.
        same = there is not None and mine[:2] == there[:2]
        if not same and self._scout.library.identify(file) != job.state.video:
            raise MediaError(f"{file} is another file on the machine {here} of the cluster")


def _graph(ingest: Ingest) -> Any:
    """The graph that reads a video, from its sources on: what comes before has been done where the index is."""
    graph = StateGraph(IngestState, context_schema=Ingest)
    for source, read in PASSES.items():
        graph.add_node(source, stopping(source, read))
        graph.add_edge(START, source)
    graph.add_node(FINISH, stopping(FINISH, finish))
    add_settling(graph, ingest.stages, [*PASSES])
    graph.add_edge(FINISH, END)
    return graph.compile()
