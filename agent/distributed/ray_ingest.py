"""Many videos read at once on a Ray cluster: each by an actor that keeps its models loaded, on whichever machine.

    START ─► probe ─► elsewhere ─► END

A reader (`reader.py`) writes what it finds into a shard, a folder of its own, and sends that when the video has been
read. This process takes it into the index in one transaction (`tools/index/shards/`). So only this process touches the
index, and no folder has to be shared but that of the videos, which every machine must see at the same path. When a
reader dies, another one goes on: with the same shard where it sees the same temporary folder, else from the beginning.
When this process dies, so do the readers, and its next run goes on with their shards.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...graphs.events import Event, Update, timed
from ...graphs.ingest.graph import PROBE, check_unchanged, look_at_the_file
from ...graphs.ingest.stage import Stage
from ...graphs.ingest.state import Ingest, IngestState
from ...tools.errors import CancelledError, ServingError, VidscoutError
from ...tools.index.rows.reading_token import holding
from ...tools.index.shards.contents import contents_of
from ...tools.index.shards.shard import Arrival
from ...tools.runtime.counters import count
from ...tools.serving.ray_cluster import connect
from ..answer import Ingested
from ..bridge import finished, watched
from .deployments import on_gpu
from .reader import Finished, Job, Piece, Sent
from .readers import Readers

if TYPE_CHECKING:
    from ..scout import VideoName, VideoScout

ATTEMPTS = 4
"""How often a video is given to a reader before it is given up."""
AT_ONCE = 64
"""Videos that this process follows at once; how many are read at once, the cluster's GPUs or cores decide."""
AHEAD = 8
"""Pieces that a reader may send before this process has written the first of them down."""
SHIPPED = (
    "sample_rate",
    "longest_side",
    "skip_bad",
    "decoder",
    "language",
    "vocabulary",
    "translate",
    "faces",
    "speakers",
    "scripts",
    "serving",
    "memory_limit",
)
"""Settings that decide how a video is read; others, keys among them, stay here."""
ELSEWHERE = "elsewhere"


def ingest_on(
    scout: "VideoScout",
    address: str,
    paths: "Sequence[VideoName]",
    on_progress: Callable[[Event], None] | None = None,
    *,
    stages: Sequence[str] = (),
    again: bool = False,
    audio_track: int | str | None = None,
    readers: Readers | None = None,
) -> list[Ingested]:
    """Read videos on a cluster into this scout's index; one that has been read already costs nothing.

    Args:
        address: of a Ray cluster that this machine belongs to, as `HOST:PORT` or `auto`.
        on_progress: called from this thread.
        stages, again, audio_track: as in `VideoScout.ingest`.
        readers: those of an earlier run (`readers_for`), with their models loaded; by default new ones that end here.

    Raises:
        ServingError: no cluster answers.
        VidscoutError: a video could not be read; all others have been.
    """
    connect(address)
    stop = threading.Event()
    one_at_a_time: dict[str, threading.Lock] = {}
    adding = threading.Lock()

    def work(report: Callable[[Event], None]) -> list[Ingested | VidscoutError]:
        def read(path: "VideoName") -> Ingested | VidscoutError:
            try:
                with adding:  # one file is hashed at a time, and one that is named twice is read once
                    turn = one_at_a_time.setdefault(scout.library.identify(Path(path)), threading.Lock())
                options: dict[str, Any] = {"stages": stages, "again": again, "audio_track": audio_track}
                options |= {"graph": _builder(scout, those, again), "stop": stop}
                with turn:
                    return finished(scout.ingest_events(path, **options), report)
            except VidscoutError as error:
                return error

        with (
            readers_for(scout, len(paths)) if readers is None else _kept(readers) as those,
            ThreadPoolExecutor(min(len(paths), AT_ONCE)) as pool,
        ):
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


@contextmanager
def _kept(readers: Readers) -> Iterator[Readers]:
    yield readers


def readers_for(scout: "VideoScout", wanted: int = AT_ONCE, gpu: bool | None = None) -> Readers:
    """Readers for a scout's settings, on the cluster that this process has joined; `close` ends them.

    Args:
        wanted: no more than these.
        gpu: whether each gets a GPU of its own; by default where the profile computes on one and the cluster has any.
    """
    import ray

    if gpu is None:
        needs = on_gpu(scout.profile) and scout.settings.serving is None
        gpu = bool(needs and ray.cluster_resources().get("GPU", 0) >= 1)
    settings = scout.settings.model_dump(mode="json", include={*SHIPPED, "profiles"}, exclude_none=True)
    return Readers(json.dumps({**settings, "profile": scout.profile.name}), gpu, wanted)


def _builder(scout: "VideoScout", readers: Readers, again: bool) -> Callable[[Sequence[Stage]], Any]:
    def elsewhere(state: IngestState, runtime: Runtime[Ingest]) -> Update:
        return _followed(scout, readers, state, runtime, again)

    def build(stages: Sequence[Stage]) -> Any:
        graph = StateGraph(IngestState, context_schema=Ingest)
        graph.add_node(PROBE, look_at_the_file)
        graph.add_node(ELSEWHERE, timed(ELSEWHERE)(elsewhere))
        graph.add_edge(START, PROBE)
        graph.add_conditional_edges(PROBE, lambda state: END if state.already_read else ELSEWHERE, [ELSEWHERE, END])
        graph.add_edge(ELSEWHERE, END)
        return graph

    return build


def _followed(
    scout: "VideoScout", readers: Readers, state: IngestState, runtime: Runtime[Ingest], again: bool
) -> Update:
    """Have a video read, by another reader where the first dies, and take what was found into the index."""
    from ray.exceptions import RayError, RayTaskError

    ingest = runtime.context
    job = _job(scout, state, ingest, again)
    died: list[str] = []
    taken = threading.Event()
    for attempt in range(ATTEMPTS):
        arrival = Arrival(ingest.index.home, state.video)
        try:
            for sent in _sent(readers, job, ingest.stop.is_set, taken):
                if isinstance(sent, Piece):
                    arrival.write(sent.name, sent.content)
                elif not isinstance(sent, Finished):
                    runtime.stream_writer(sent)
                elif sent.error is not None:
                    raise sent.error
                else:
                    update = _taken(arrival, state, ingest, sent, died)
                    taken.set()
                    return update
        except RayError as error:
            what = str(error).strip().splitlines()[-1].strip() if str(error).strip() else type(error).__name__
            if isinstance(error, RayTaskError) or attempt == ATTEMPTS - 1:
                raise ServingError(f"{state.path} was not read on the cluster: {what}") from error
            died.append("the reader of the video died; another one went on with it")
    raise AssertionError("the last attempt returns or raises")


def _taken(arrival: Arrival, state: IngestState, ingest: Ingest, last: Finished, died: list[str]) -> Update:
    check_unchanged(state, ingest)
    with holding(state.video, ingest.token):
        added = arrival.taken_by(ingest.index)
    ingest.index.prepare(state.video)
    for name, amount in last.counters.items():
        count(name, amount)
    return {"added": added, "timings": last.timings, "notes": [*died, *last.notes]}


def _job(scout: "VideoScout", state: IngestState, ingest: Ingest, again: bool) -> Job:
    entries = ingest.journal.entries(state.video)
    due = {name: entries[name] for name in state.due}
    begun = [(name, one.fingerprint, one.position, one.observed, len(one.failures)) for name, one in due.items()]
    done = [(name, one.fingerprint, one.done) for name, one in entries.items() if name not in due]
    told = repr((begun, done, ingest.sampling, ingest.token if again else "")).encode()
    return Job(
        state=replace(state, path=str(Path(state.path).resolve()), notes=[], route=[], timings={}),
        contents=contents_of(scout.library.database, state.video),
        fingerprints={name: one.fingerprint for name, one in due.items()},
        audio_track=ingest.sampling.audio_track,
        key=f"{state.video}-{blake2b(told, digest_size=8).hexdigest()}",
    )


def _sent(readers: Readers, job: Job, stopped: Callable[[], bool], taken: threading.Event) -> Iterator[Sent]:
    """Give a video to the next reader that is free and yield what it sends. Leaving the loop early ends that one.

    What it has written is kept where it is until `taken` says that the index has it.
    """
    import ray

    reader = readers.take(stopped)
    whole = False
    try:
        sent = reader.read.options(
            num_returns="streaming",
            _generator_backpressure_num_objects=AHEAD,
            name=f"read {Path(job.state.path).name}",
        ).remote(job)
        while True:
            while not ray.wait([sent], timeout=0.5)[0]:
                if stopped():
                    raise CancelledError("reading was stopped; run it again to go on from here")
            try:
                one: Any = ray.get(next(sent))
            except StopIteration:
                break
            whole = isinstance(one, Finished)
            yield one
    finally:
        if taken.is_set():
            reader.drop.remote(job.key)
        if whole:
            readers.give_back(reader)
        else:
            readers.lose(reader)
