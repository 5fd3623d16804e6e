"""How a live video is watched: the stages that read files, on one stretch of a few seconds after the other.

    START ─► sieve ─┬─► screen_text ─┐
                    ├─► objects ─────┤
                    ├─► tags ─► shots┼─► tell ─► END
                    └─► speech ──────┘

`sieve` drops what looks like the frame before. Each stage observes its part of the stretch, as `ingest` has it do, and
makes the records of the window in progress anew, in place of those that it made before. `tell` holds what is new
against the standing questions. The graph runs once a stretch; who runs it is `vidscout.agent.watching`.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...tools.index.rows.live import drop_before, drop_observations
from ...tools.index.rows.reading_token import holding
from ...tools.media.audio import SAMPLE_RATE, AudioChunk
from ...tools.records import in_order
from ...tools.runtime.notes import noting
from ...tools.runtime.stopping import stoppable
from ..events import Update, timed
from ..guarded import guarded, why
from ..ingest.graph import write
from ..ingest.observe import ENDS_ALL, Observer, Todo, look
from ..ingest.stage import AudioStage, FrameStage, Stage
from ..ingest.state import IngestState
from .state import Heard, Watching, WatchState, found_in

SIEVE, TELL = "sieve", "tell"
LISTEN = 12.0
"""Seconds of sound from which a window is cut in a pause, and its first part settled: what is said is heard anew with
every stretch until then."""


@timed(SIEVE)
def sieve(state: WatchState, runtime: Runtime[Watching]) -> Update:
    """Which frames of the stretch differ from the one that was kept before."""
    same = runtime.context.window.looks_the_same
    frames = state.stretch.frames
    return {"sampled": [(frame.time, None if same(frame.image) else frame) for frame in frames]}


def watching_by(name: str) -> Callable[..., Any]:
    """The node of a stage: observe the stretch, then make the window's records anew."""

    @timed(name)
    def node(state: WatchState, runtime: Runtime[Watching]) -> Update:
        watching = runtime.context
        ingest = watching.ingest
        [stage] = [stage for stage in watching.stages if stage.name == name]
        with stoppable(ingest.goes_on), holding(state.video, ingest.token):
            ingest.library.check_reading()
            told, seconds = observe(stage, state, watching, runtime.stream_writer)
            if not told and stage.source is not None and not state.closes:
                return {"timings": seconds}
            return {"timings": seconds, **settle(stage, state, watching)}

    return guarded(name, node)


def observe(
    stage: Stage, state: WatchState, watching: Watching, report: Callable[[Any], None]
) -> tuple[bool, dict[str, float]]:
    """Have a stage observe its part of the stretch; whether there was anything, and the seconds that it took."""
    ingest = watching.ingest
    reading = IngestState(path="", video=state.video, duration=state.stretch.end)
    observer = Observer(reading, ingest, stage, report)
    if isinstance(stage, FrameStage):
        entry = ingest.journal.entry(state.video, stage.name)
        todo = Todo(position=entry.position if entry is not None else None)
        todo.position = None if todo.position is None else min(todo.position, state.stretch.start - 1e-6)
        look(observer, stage, todo, state.sampled)
        return bool(state.sampled), observer.seconds
    if isinstance(stage, AudioStage):
        return _listen(observer, stage, state, watching), observer.seconds
    return True, observer.seconds


def _listen(observer: Observer, stage: AudioStage, state: WatchState, watching: Watching) -> bool:
    """Listen to what a stage has not settled. The last window may go on: it is heard again when more has come."""
    heard = watching.window.heard.setdefault(stage.name, Heard())
    if state.stretch.sound is not None:
        heard.add(state.stretch.sound)
    whole = heard.chunk
    if whole is None:
        return False
    windows = list(stage.windows([whole]))
    if len(windows) == 1 and whole.end - whole.start > LISTEN:
        windows = _in_two(whole)
    last = windows[-1]
    waits = state.hurry and not state.closes  # then the last is heard once, when it is settled
    for window in windows:
        if not observer.ingest.goes_on() or (window is last and waits):
            break
        drop_observations(observer.ingest.library.database, state.video, stage.name, window.start)

        def work(window: AudioChunk = window) -> list[Any]:
            return stage.observe(observer.video, window)

        observer.attempt(work, [(window.start, window.end)], window.end)
    heard.forget(last.end if state.closes else last.start)
    return len(windows) > 1 or not waits


def _in_two(whole: AudioChunk) -> list[AudioChunk]:
    """Sound cut in the longest pause of its second half."""
    from ...tools.perception.speech.voice_activity import quietest

    half = len(whole.samples) // 2
    cut = half + quietest(whole.samples[half:])
    return [
        AudioChunk(whole.start, whole.samples[:cut]),
        AudioChunk(whole.start + cut / SAMPLE_RATE, whole.samples[cut:]),
    ]


def settle(stage: Stage, state: WatchState, watching: Watching) -> Update:
    """Make a stage's records of the window, and write them in place of those before."""
    ingest, window = watching.ingest, watching.window
    try:
        with noting() as notes:
            records = in_order(stage.records(found_in(watching, state.video, stage, state.stretch.end)))
        changed = bool(stage.writes) and records != window.written.get(stage.name)
        added = write(window.key(stage.name), state.video, ingest, records) if changed else 0
    except ENDS_ALL:
        raise
    except Exception as error:
        ingest.journal.fail(state.video, stage.name, " ".join(f"{type(error).__name__}: {error}".split()))
        return {"notes": [f"{stage.name} failed at {state.stretch.end:.0f} s ({why(error)})"]}
    window.settled[stage.name], window.written[stage.name] = state.stretch.end, records
    ids = {record.id: record for record in records}
    fresh = [record for key, record in ids.items() if key not in window.known.get(stage.name, ())]
    window.known[stage.name] = set(ids)
    return {"added": added, "fresh": fresh, "notes": list(dict.fromkeys(notes)) if state.closes else []}


@timed(TELL)
def tell(state: WatchState, runtime: Runtime[Watching]) -> Update:
    """Hold what is new against the standing questions; where the window ends, let go of what it was made from."""
    watching = runtime.context
    events = []
    if watching.standing is not None:
        events = watching.standing.told(state.video, in_order(state.fresh), time.time())
    if state.closes:
        drop_before(watching.ingest.library.database, state.video, state.stretch.end)
    return {"events": events}


def build(stages: Sequence[Stage]) -> "StateGraph[WatchState, Watching, WatchState, WatchState]":
    """The graph that watches a stretch with these stages."""
    graph = StateGraph(WatchState, context_schema=Watching)
    graph.add_node(SIEVE, guarded(SIEVE, sieve))
    graph.add_node(TELL, guarded(TELL, tell))
    graph.add_edge(START, SIEVE)
    for stage in stages:
        graph.add_node(stage.name, watching_by(stage.name))
    for stage in stages:
        graph.add_edge([*stage.after] or SIEVE, stage.name)
    needed = {need for stage in stages for need in stage.after}
    graph.add_edge([stage.name for stage in stages if stage.name not in needed] or [SIEVE], TELL)
    graph.add_edge(TELL, END)
    return graph


__all__ = ["build"]
