"""Many videos read at once on a Ray cluster: the stages observe each in a task, on whichever machine is free.

    START ─► probe ─► elsewhere ─► (a node a stage) ─► finish ─► END

It is the graph that reads a video here, with its sources read on another machine by the same stages. A task sends what
they observe as it goes, and this process writes it down together with how far each has come. So only this process
touches the index: no folder has to be shared but that of the videos, which every machine must see at the same path.
When a task's machine dies, another one goes on from there; when this process dies, so does its next run.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...graphs.events import Event, Update, timed
from ...graphs.ingest.graph import FINISH, PROBE, add_settling, finish, look_at_the_file
from ...graphs.ingest.passes import PASSES
from ...graphs.ingest.stage import FrameStage, Stage
from ...graphs.ingest.state import Ingest, IngestState
from ...tools.errors import CancelledError, MediaError, ServingError, UsageError, VidscoutError
from ...tools.index.rows.stage_journal import Row, StageEntry
from ...tools.records import clock
from ...tools.runtime.counters import count, counting
from ...tools.runtime.notes import noting
from ...tools.serving.ray_serve import connect
from ..answer import Ingested
from ..bridge import finished, watched
from .deployments import on_gpu

if TYPE_CHECKING:
    from ..scout import VideoName, VideoScout

ATTEMPTS = 4
"""How often a video is begun before it is given up, each time where the last attempt was stopped."""
AT_ONCE = 64
"""Videos that this process follows at once; how many are read at once, the cluster's cores decide."""
AHEAD = 8
"""Pieces that a task may send before this process has written the first of them down."""
SHIPPED = (
    "sample_rate",
    "longest_side",
    "audio_track",
    "language",
    "vocabulary",
    "translate",
    "speakers",
    "serving",
    "memory_limit",
)
"""Settings that decide how a video is read; others, keys among them, stay here."""


ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Job:
    """What a task is asked to do."""

    state: IngestState
    """Which video, and which stages are due."""
    settings: str
    """JSON."""
    entries: dict[str, StageEntry]
    """How far each due stage has come, and the fingerprint that the task's must have, by name."""
    known: dict[str, list[Row]]
    """What stages have observed whose work depends on what they observed before, by name."""


@dataclass(frozen=True, slots=True)
class RelayedCall:
    """Something for this process to write down: a method of the journal or the index, and what it is given."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """A task's last word."""

    notes: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    counters: dict[str, float] = field(default_factory=dict)
    error: VidscoutError | None = None


Piece = Event | RelayedCall | Finished


def ingest_on(
    scout: "VideoScout",
    address: str,
    paths: "Sequence[VideoName]",
    on_progress: Callable[[Event], None] | None = None,
    *,
    stages: Sequence[str] = (),
    again: bool = False,
    audio_track: int | str | None = None,
) -> list[Ingested]:
    """Read videos on a cluster into this scout's index; one that has been read already costs nothing.

    Args:
        address: of a Ray cluster that this machine belongs to, as `HOST:PORT` or `auto`.
        on_progress: called from this thread.
        stages, again, audio_track: as in `VideoScout.ingest`.

    Raises:
        ServingError: no cluster answers.
        VidscoutError: a video could not be read; all others have been.
    """
    connect(address)
    stop = threading.Event()

    def work(report: Callable[[Event], None]) -> list[Ingested | VidscoutError]:
        def read(path: "VideoName") -> Ingested | VidscoutError:
            try:
                options: dict[str, Any] = {"stages": stages, "again": again, "audio_track": audio_track}
                options |= {"graph": _builder(scout), "stop": stop}
                return finished(scout.ingest_events(path, **options), report)
            except VidscoutError as error:
                return error

        with ThreadPoolExecutor(min(len(paths), AT_ONCE)) as pool:
            futures = [pool.submit(copy_context().run, read, path) for path in paths]
            return [future.result() for future in futures]

    read = finished(watched(work, stop), on_progress)
    failed = [one for one in read if isinstance(one, VidscoutError)]
    if len(failed) > 1:
        several = "; ".join(str(error) for error in failed)
        raise type(failed[0])(f"{len(failed)} of {len(paths)} videos were not read: {several}")
    if failed:
        raise failed[0]
    return [one for one in read if isinstance(one, Ingested)]


def _builder(scout: "VideoScout") -> Callable[[Sequence[Stage]], Any]:
    def elsewhere(state: IngestState, runtime: Runtime[Ingest]) -> Update:
        return _followed(scout, state, runtime, runtime.context.stop.is_set)

    def build(stages: Sequence[Stage]) -> Any:
        graph = StateGraph(IngestState, context_schema=Ingest)
        graph.add_node(PROBE, look_at_the_file)
        graph.add_node(ELSEWHERE, timed(ELSEWHERE)(elsewhere))
        graph.add_node(FINISH, finish)
        graph.add_edge(START, PROBE)
        graph.add_conditional_edges(PROBE, lambda state: END if state.already_read else ELSEWHERE, [ELSEWHERE, END])
        add_settling(graph, stages, [ELSEWHERE])
        graph.add_edge(FINISH, END)
        return graph

    return build


def _followed(scout: "VideoScout", state: IngestState, runtime: Runtime[Ingest], stopped: Callable[[], bool]) -> Update:
    """Have a video read by a task, and by another one where the first dies, until it has been."""
    from ray.exceptions import RayError, RayTaskError

    ingest = runtime.context
    died: list[str] = []
    for attempt in range(ATTEMPTS):
        try:
            for piece in _pieces(scout, _job(scout, state, ingest), stopped):
                if isinstance(piece, RelayedCall):
                    owner: Any = ingest.index if piece.method.startswith("add_") else ingest.journal
                    getattr(owner, piece.method)(*piece.arguments)
                elif not isinstance(piece, Finished):
                    runtime.stream_writer(piece)
                elif piece.error is not None:
                    raise piece.error
                else:
                    for name, amount in piece.counters.items():
                        count(name, amount)
                    return {"timings": piece.timings, "notes": [*died, *piece.notes]}
        except RayError as error:
            what = str(error).strip().splitlines()[-1].strip() if str(error).strip() else type(error).__name__
            if isinstance(error, RayTaskError) or attempt == ATTEMPTS - 1:
                raise ServingError(f"{state.path} was not read on the cluster: {what}") from error
            died.append(f"the task that read the video died; another one went on at {clock(_reached(state, ingest))}")
    raise AssertionError("the last attempt returns or raises")


def _reached(state: IngestState, ingest: Ingest) -> float:
    """Seconds up to which all stages that are still to go on have come."""
    entries = ingest.journal.entries(state.video)
    left = [entries[name] for name in state.due if not entries[name].observed]
    return min((entry.position or 0.0 for entry in left), default=state.duration)


def _job(scout: "VideoScout", state: IngestState, ingest: Ingest) -> Job:
    settings = scout.settings.model_dump(mode="json", include={*SHIPPED, "profiles"}, exclude_none=True)
    entries = ingest.journal.entries(state.video)
    due = [stage for stage in ingest.stages if stage.name in state.due]
    sequential = [stage.name for stage in due if isinstance(stage, FrameStage) and stage.sequential]
    return Job(
        state=replace(state, path=str(Path(state.path).resolve()), notes=[], route=[], timings={}),
        settings=json.dumps({**settings, "audio_track": ingest.sampling.audio_track, "profile": scout.profile.name}),
        entries={stage.name: entries[stage.name] for stage in due},
        known={name: list(ingest.journal.observations(state.video, name)) for name in sequential},
    )


def _pieces(scout: "VideoScout", job: Job, stopped: Callable[[], bool]) -> Iterator[Piece]:
    """Start a task and yield what it sends. Leaving the loop early ends it."""
    import ray

    needs_gpu = on_gpu(scout.profile) and scout.settings.serving is None and ray.cluster_resources().get("GPU", 0)
    task: Any = ray.remote(_task).options(
        num_cpus=1,
        num_gpus=1 if needs_gpu else 0,
        max_retries=0,  # Ray would begin anew; we go on
        num_returns="streaming",
        _generator_backpressure_num_objects=AHEAD,
        name=f"read {Path(job.state.path).name}",
    )
    sent = task.remote(job)
    try:
        while True:
            while not ray.wait([sent], timeout=0.5)[0]:
                if stopped():
                    raise CancelledError("reading was stopped; run it again to go on from here")
            try:
                reference = next(sent)
            except StopIteration:
                return
            yield ray.get(reference)
    finally:
        ray.cancel(sent)


def _task(job: Job) -> Generator[Piece, None, None]:
    """What runs on the cluster: look and listen, and send everything home."""
    try:
        yield (yield from _observed(job))
    except VidscoutError as error:
        yield Finished(error=error)


def _observed(job: Job) -> Generator[Piece, None, Finished]:
    import ray

    here = ray.util.get_node_ip_address()
    scout = _scout(job.settings)
    ingest = scout.reading()
    for stage in ingest.stages:
        wanted = job.entries.get(stage.name)
        if wanted is not None and wanted.fingerprint != stage.fingerprint:
            raise UsageError(
                f"the machine {here} of the cluster would read {stage.name} with {stage.fingerprint}, not with "
                f"{wanted.fingerprint}: install the same vidscout there"
            )
    file = Path(job.state.path)
    if not file.is_file():
        raise MediaError(f"{file} is not on the machine {here} of the cluster: all must see videos at the same path")
    if scout.library.identify(file) != job.state.video:
        raise MediaError(f"{file} is another file on the machine {here} of the cluster")
    stop = threading.Event()

    def work(report: Callable[[Piece], None]) -> Finished:
        relay: Any = Relay(job, report)
        state: dict[str, Any] = {}
        with counting() as counters, noting() as mended:
            stream = _passes().stream(
                job.state,
                context=replace(ingest, journal=relay, index=relay, stop=stop),
                stream_mode=["custom", "values"],
            )
            for mode, chunk in stream:
                if mode == "custom":
                    report(chunk)  # pyright: ignore[reportArgumentType]
                else:
                    state = chunk  # pyright: ignore[reportAssignmentType]
        return Finished([*state["notes"], *mended], state["timings"], counters)

    return (yield from watched(work, stop))


def _passes() -> Any:
    graph = StateGraph(IngestState, context_schema=Ingest)
    for source, read in PASSES.items():
        graph.add_node(source, read)
        graph.add_edge(START, source)
        graph.add_edge(source, END)
    return graph.compile()


class Relay:
    """The journal and the index of whoever sent the job, as far as observing needs them: what is written is sent."""

    def __init__(self, job: Job, report: Callable[[Piece], None]) -> None:
        self._job = job
        self._report = report

    def entries(self, video: str) -> dict[str, StageEntry]:
        return self._job.entries

    def observations(self, video: str, stage: str, since: float) -> list[Row]:
        return [row for row in self._job.known[stage] if row[0] > since]

    def append(self, *arguments: Any) -> None:
        self._report(RelayedCall("append", arguments))

    def observed(self, *arguments: Any) -> None:
        self._report(RelayedCall("observed", arguments))

    def add_frames(self, *arguments: Any) -> None:
        self._report(RelayedCall("add_frames", arguments))

    def add_frame_vectors(self, *arguments: Any) -> None:
        self._report(RelayedCall("add_frame_vectors", arguments))


@lru_cache(maxsize=1)
def _scout(settings: str) -> "VideoScout":
    """Kept as long as the task's process, which reads one video after another: its models stay loaded."""
    from ..scout import VideoScout

    user = os.getuid() if hasattr(os, "getuid") else 0
    home = Path(tempfile.gettempdir()) / f"vidscout-tasks-{user}"  # holds no more than which file is which video
    return VideoScout(home=home, **json.loads(settings))
