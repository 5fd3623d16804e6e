"""How a video is read, once: the graph is built from a profile's stages.

    START ─► probe ─┬─► frames ─┬─► screen_text ─┐
                    │           ├─► objects ─────┼─► captions ─► finish ─► END
                    │           └─► tags ─► shots┘                 ▲
                    ├─► audio ────► speech ────────────────────────┤
                    └─► file ─────► subtitles ─────────────────────┘
                (already read: straight to END)

A source (`frames`, `audio`, `file`) is read once, and the stages that need it observe it side by side (`passes.py`).
Then each stage makes its records from what it observed, or from the findings of other stages, and puts them into the
index in place of those that it made before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...tools.errors import CancelledError, HomeError, MediaError, SupersededError, VidscoutError, WeightsError
from ...tools.index.rows.reading_token import holding, released
from ...tools.index.rows.stage_journal import Row
from ...tools.index.videos import Video, state_of
from ...tools.media.video import MediaInfo, probe
from ...tools.records import UNEMBEDDED, Record, in_order
from ...tools.runtime.notes import noting
from ...tools.runtime.stopping import stoppable
from ..events import Progress, Update, timed
from ..guarded import guarded
from .about_files import about
from .due import StageStatus, due, failed, statuses
from .embed_anew import embed_anew
from .listening import ALL, AUTO, CHANNELS, asked_for
from .observe import ENDS_ALL
from .passes import PASSES
from .stage import AUDIO, FILE, FRAMES, FileStage, Found, Stage
from .state import Ingest, IngestState

EMBEDDED_AT_ONCE = 256
"""Records whose texts are embedded together."""
PROBE, FINISH = "probe", "finish"


@timed(PROBE)
def look_at_the_file(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    """Find out which stages are due, and note in the journal that they begin."""
    ingest = runtime.context
    with suppress(HomeError):  # whoever writes now does so itself
        ingest.index.repair(only_known=True)
    known = ingest.library.get(state.video)
    all_again = ingest.again and not ingest.asked
    not_embedded = None if all_again else _embedded_anew(state, runtime)
    now = statuses(ingest.stages, ingest.journal.entries(state.video))
    outdated = _outdated(state, ingest, now)
    now |= {name: replace(now[name], state="stale") for name in outdated}
    listening = [stage.name for stage in ingest.stages if stage.source == AUDIO] if ingest.track_asked else []
    names = due(ingest.stages, now, ingest.asked, ingest.again, [*listening, *outdated])
    if known is not None and known.status == "ready" and not names:
        told = [] if not_embedded is None else [f"{known.name} is searched by its words only: {not_embedded}"]
        return {"already_read": True, "duration": known.duration, "notes": told + _stale(known, now)}
    if not_embedded is not None:
        raise not_embedded  # what is read now would have vectors that compare with none of those that are there
    info = probe(Path(state.path))
    if info.tracks and ingest.sampling.audio_track not in {AUTO, ALL, CHANNELS}:
        asked_for(info.tracks, ingest.sampling.audio_track)  # says so where there is none, before anything is begun
    if all_again and ingest.index.embedded_by_another(state.video, ingest.text_embedding.source):
        ingest.index.delete(state.video)  # records of two embeddings would stand side by side until all are made anew
        known, now = None, statuses(ingest.stages, {})
    ingest.library.begin_reading(_described(state, ingest, known, info), ingest.token)
    with holding(state.video, ingest.token):
        _begin(state, ingest, names, now, info)
    for name in names:
        position = now[name].position if now[name].state in {"partial", "failed"} else 0.0
        runtime.stream_writer(Progress(state.video, name, position or 0.0, info.duration))
    return {
        "duration": info.duration,
        "due": names,
        "file": state_of(Path(state.path)),
        "about": about(info),
        "notes": about(info) + _stale(info, {name: one for name, one in now.items() if name not in names}),
    }


def _outdated(state: IngestState, ingest: Ingest, now: Mapping[str, StageStatus]) -> list[str]:
    """The stages that are done and read what lies beside the file, where that has changed."""
    found = _found(state, ingest)
    files = [stage for stage in ingest.stages if isinstance(stage, FileStage) and now[stage.name].state == "done"]
    return [stage.name for stage in files if stage.outdated(Path(state.path), found)]


def _found(state: IngestState, ingest: Ingest) -> Found:
    def observations(of: str) -> Iterator[Row]:
        return ingest.journal.observations(state.video, of)

    return Found(state.video, state.duration, ingest.index, observations)


def _embedded_anew(state: IngestState, runtime: Runtime[Ingest]) -> VidscoutError | None:
    """Give the video's records vectors by the embedding of today; why that failed, if it did."""
    ingest = runtime.context
    try:
        embed_anew(ingest.index, state.video, ingest.embedded, runtime.stream_writer, ingest.goes_on)
    except (CancelledError, WeightsError):
        raise
    except VidscoutError as error:
        return type(error)(f"its records could not be embedded anew: {error}")
    return None


def _stale(video: Video | MediaInfo, now: Mapping[str, StageStatus]) -> list[str]:
    stale = {name: one.fingerprint for name, one in now.items() if one.state == "stale"}
    if not stale:
        return []
    how = ", ".join(f"{name} ({fingerprint})" for name, fingerprint in stale.items())
    options = " ".join(f"--stage {name}" for name in stale)
    return [f"{video.path.name} was read with other settings: {how}; read it again with {options}"]


def _described(state: IngestState, ingest: Ingest, known: Video | None, info: MediaInfo) -> Video:
    """The video as the library is to know it; one that can be asked about stays so while a stage is read again."""
    path = Path(state.path)
    found = known or Video(state.video, path.name, path.resolve())
    return replace(
        found,
        name=found.name if found.path == path.resolve() else path.name,  # an upload has a name that its owner gave it
        path=path.resolve(),
        duration=info.duration,
        width=info.width,
        height=info.height,
        fps=info.fps or 0.0,
        has_audio=info.has_audio,
        has_video=info.has_video,
        size=path.stat().st_size,
        audio_track=ingest.sampling.audio_track if ingest.track_asked else found.audio_track,
    )


def _begin(
    state: IngestState, ingest: Ingest, names: Sequence[str], now: Mapping[str, StageStatus], info: MediaInfo
) -> None:
    """Start stages anew, but for those that only go on or try again what failed."""
    there = {FRAMES: info.has_video, AUDIO: info.has_audio, FILE: True, None: True}
    for stage in ingest.stages:
        if stage.name not in names:
            continue
        follows = now[stage.name].state == "done" and stage.source is not None and stage.name not in ingest.asked
        if (now[stage.name].state in {"partial", "failed"} or follows) and not ingest.again:
            ingest.journal.reopen(state.video, stage.name)
        else:
            ingest.journal.begin(state.video, stage.name, stage.fingerprint, stage.after)
        if stage.source is None or not there[stage.source]:
            ingest.journal.observed(state.video, stage.name)


def stopping(name: str, node: Callable[..., Update]) -> Callable[..., Any]:
    """A node that ends in the middle of any loop over packets or observations once the reading is stopped, and writes
    nothing more once another reading has begun, or the video was forgotten."""

    def run(state: IngestState, runtime: Runtime[Ingest]) -> Update:
        ingest = runtime.context
        with stoppable(ingest.goes_on), nullcontext() if name == PROBE else holding(state.video, ingest.token):
            ingest.library.check_reading()
            try:
                return node(state, runtime)
            except VidscoutError:
                raise
            except Exception:
                ingest.library.check_reading()  # what it worked on may have gone meanwhile
                raise

    return guarded(name, run)


def settling(name: str) -> Callable[..., Any]:
    """The node that makes a stage's records, and puts them into the index in place of those that it made before."""

    def settle(state: IngestState, runtime: Runtime[Ingest]) -> Update:
        ingest = runtime.context
        ingest.goes_on()
        entry = ingest.journal.entry(state.video, name)
        if name not in state.due or entry is None or not entry.observed:
            return {}
        check_unchanged(state, ingest)
        [stage] = [stage for stage in ingest.stages if stage.name == name]
        added = _settled(stage, state, ingest)
        runtime.stream_writer(Progress(state.video, name, state.duration, state.duration))
        return {"added": added}

    return stopping(name, timed(name)(settle))


def _settled(stage: Stage, state: IngestState, ingest: Ingest) -> int:
    """Make a stage's records and write them, or write down that this failed; how many are new."""
    try:
        with noting() as notes:
            records = in_order(stage.records(_found(state, ingest)))
        if notes and (entry := ingest.journal.entry(state.video, stage.name)) is not None:
            ingest.journal.observed(state.video, stage.name, list(dict.fromkeys([*entry.notes, *notes])))
        added = write(stage.name, state.video, ingest, records)
    except ENDS_ALL:
        raise
    except Exception as error:
        ingest.journal.fail(state.video, stage.name, " ".join(f"{type(error).__name__}: {error}".split()))
        return 0
    ingest.journal.done(state.video, stage.name, ingest.text_embedding.source)
    return added


def write(stage: str, video: str, ingest: Ingest, records: Sequence[Record]) -> int:
    """Embed what is new among the records that a stage made, and replace its earlier ones; how many are new."""
    known = ingest.index.known(records)
    new = [at for at, record in enumerate(records) if record.id not in known and record.modality not in UNEMBEDDED]
    vectors: np.ndarray | None = None
    for first in range(0, len(new), EMBEDDED_AT_ONCE):
        ingest.goes_on()
        part = new[first : first + EMBEDDED_AT_ONCE]
        embedded = np.stack(ingest.embedded.run([records[at].text for at in part]))
        if vectors is None:
            vectors = np.zeros((len(records), embedded.shape[1]), np.float32)
        vectors[part] = embedded
    return ingest.index.replace(video, stage, records, vectors)


def check_unchanged(state: IngestState, ingest: Ingest) -> None:
    """Make sure that the file that was read is still the one that the video's id was made from.

    Raises:
        MediaError: it has changed; nothing that was read of it now is kept.
    """
    there = state_of(Path(state.path))
    if there is None or there == state.file:
        return  # a file that has gone was whole while it was open
    known = ingest.library.get(state.video)
    if known is None or known.status != "ready":
        with released():
            ingest.index.delete(state.video)
    else:
        for stage in ingest.stages:
            if stage.name in state.due:
                ingest.journal.begin(state.video, stage.name, stage.fingerprint, stage.after)
    raise MediaError(f"{state.path} changed while it was read: read it again when it is complete")


@timed(FINISH)
def finish(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    """Note in the library that the video can be asked about, and what reading it failed at."""
    ingest = runtime.context
    ingest.goes_on()
    check_unchanged(state, ingest)
    known = ingest.library.get(state.video)
    if known is None:
        raise SupersededError(f"video {state.video[:12]} was forgotten while it was read")
    notes = list(dict.fromkeys([*state.about, *notes_of(ingest, state.video)]))
    counts = ingest.index.stats(state.video)
    ingest.index.prepare(state.video)
    ingest.library.put(replace(known, status="ready", counts=counts, notes=notes))
    return {"notes": [note for note in notes if note not in state.notes]}


def notes_of(ingest: Ingest, video: str) -> list[str]:
    """What the stages have to tell of a video, their failures first."""
    entries = ingest.journal.entries(video).values()
    failures = [failed(entry.stage, entry.failures) for entry in entries if entry.failures]
    return failures + [note for entry in entries for note in entry.notes]


def begin_with(state: IngestState) -> list[str] | str:
    """The sources to read; none where the video has been read already."""
    return END if state.already_read else [*PASSES]


def build(stages: Sequence[Stage]) -> "StateGraph[IngestState, Ingest, IngestState, IngestState]":
    """The graph that reads a video with these stages; which of them are due, it finds out itself."""
    graph = StateGraph(IngestState, context_schema=Ingest)
    graph.add_node(PROBE, stopping(PROBE, look_at_the_file))
    for source, read in PASSES.items():
        graph.add_node(source, stopping(source, read))
    graph.add_node(FINISH, stopping(FINISH, finish))
    graph.add_edge(START, PROBE)
    graph.add_conditional_edges(PROBE, begin_with, [*PASSES, END])
    add_settling(graph, stages, [*PASSES])
    graph.add_edge(FINISH, END)
    return graph


def add_settling(
    graph: "StateGraph[IngestState, Ingest, IngestState, IngestState]", stages: Sequence[Stage], read: Sequence[str]
) -> None:
    """Add a node a stage, each after what it needs, and after all of them `finish`.

    Args:
        graph: with the nodes `read` and `finish`.
        stages: of the profile.
        read: the nodes that read the sources: one a source, by its name, or one for all of them.
    """
    for stage in stages:
        graph.add_node(stage.name, settling(stage.name))
    for stage in stages:
        source = stage.source if stage.source in read else None
        graph.add_edge([*([source] if source else []), *stage.after] or [*read], stage.name)
    needed = {need for stage in stages for need in stage.after}
    graph.add_edge([stage.name for stage in stages if stage.name not in needed], FINISH)


__all__ = ["Ingest", "IngestState", "build", "write"]
