"""Each source of a video read once, for all the stages that observe it: they work side by side, each in a thread.

The one who reads hands each frame or stretch of sound to every stage's queue. A queue holds little more than a batch of
its stage, so that a slow stage bounds memory: the others work ahead of it by that much, and no further, since all of
them must finish. A stage that fails takes nothing from the others.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from ...tools.media.near_identical import NearIdentical
from ...tools.media.video import DecodeStats, frames
from ...tools.runtime.counters import count
from ..events import Update, timed
from ..guarded import why
from .about_files import damaged
from .bad_frames import BadFrames
from .feed import Feed, StoppedEarlyError
from .listening import listening
from .observe import ENDS_ALL, Observer, Sampled, Todo, listen, look, read_file
from .sound import sound
from .stage import AUDIO, FILE, FRAMES, AudioStage, FileStage, FrameStage, Stage
from .state import Ingest, IngestState

AHEAD = 12
"""Frames beyond its batch that may wait for a stage: some 35 MB at 1280×720, which all stages share."""
CHUNKS_AHEAD = 4
"""Stretches of sound that may wait for a stage, 30 s and 2 MB each."""


class Workers:
    """The threads of one source's stages, each with its queue."""

    def __init__(self, state: IngestState, runtime: Runtime[Ingest]) -> None:
        """Start none yet."""
        self.state = state
        self.ingest = runtime.context
        self.report = runtime.stream_writer
        self.feeds: list[Feed[Any]] = []
        self.observers: list[Observer] = []
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []

    def start(self, stage: Stage, depth: int, work: Callable[[Observer, Feed[Any]], None]) -> None:
        """Have a stage observe what its queue brings, from now on, in a thread of its own."""
        observer = Observer(self.state, self.ingest, stage, self.report)
        feed: Feed[Any] = Feed(depth, self.ingest.goes_on)
        self.observers.append(observer)
        self.feeds.append(feed)

        def run() -> None:
            try:
                work(observer, feed)
            except StoppedEarlyError:
                pass
            except Exception as error:
                if isinstance(error, ENDS_ALL):
                    self._end_all(error)
                else:
                    self._break_off(observer, error)
            except BaseException as error:
                self._end_all(error)
            finally:
                feed.leave()

        thread = threading.Thread(target=copy_context().run, args=(run,), name=stage.name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _break_off(self, observer: Observer, error: Exception) -> None:
        """Note that a stage cannot go on here; the others do, and the next reading takes it up again."""
        observer.broken = True
        try:
            self.ingest.journal.fail(self.state.video, observer.stage.name, why(error))
        except Exception as unwritten:
            self._end_all(unwritten)

    def _end_all(self, error: BaseException) -> None:
        self._errors.append(error)
        self.ingest.failed.set()

    def join(self, reading: BaseException | None = None) -> None:
        """Wait until all stages have observed what they were given.

        Raises:
            BaseException: what a stage could not go on after, or the error in reading the source.
        """
        if reading is not None:
            self.ingest.failed.set()
        for feed in self.feeds:
            if reading is None:
                feed.end()
            else:
                feed.leave()
        for thread in self._threads:
            thread.join()
        if reading is not None:
            raise reading
        if self._errors:
            raise self._errors[0]

    def finish(self, notes: Sequence[str] = ()) -> Update:
        """Note that all stages have been over the whole video, unless the work has ended early."""
        seconds: dict[str, float] = {}
        for observer in self.observers:
            for name, took in observer.seconds.items():
                seconds[name] = seconds.get(name, 0.0) + took
            if self.ingest.goes_on() and not observer.broken:
                self.ingest.journal.observed(self.state.video, observer.stage.name, [*notes, *observer.notes])
                observer.tell(self.state.duration)
        return {"timings": seconds}


def todo_of(state: IngestState, ingest: Ingest, stages: Sequence[Stage]) -> dict[str, Todo]:
    """What each of these stages has still to observe, by name; nothing of one that has been over everything."""
    entries = ingest.journal.entries(state.video)
    todo = {stage.name: Todo.of(entries[stage.name]) for stage in stages}
    return {name: work for name, work in todo.items() if work.rest or work.failed}


@timed(FRAMES)
def read_frames(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    """Decode the video once, drop what looks like the frame before, and hand the rest to every stage."""
    ingest = runtime.context
    stages = [stage for stage in state.observing(ingest, FRAMES) if isinstance(stage, FrameStage)]
    todo = todo_of(state, ingest, stages)
    if not todo:
        return {}
    workers = Workers(state, runtime)
    for stage in stages:
        if stage.name in todo:
            mine = todo[stage.name]
            depth = stage.waiting + AHEAD
            workers.start(stage, depth, lambda on, feed, stage=stage, mine=mine: look(on, stage, mine, feed))
    stats = DecodeStats()
    decoding = 0.0
    bad = BadFrames(ingest.sampling.skip_bad)
    try:
        decoding = _decode(state, ingest, list(todo.values()), workers.feeds, stats, bad)
    except BaseException as error:
        workers.join(error)
    workers.join()
    update = workers.finish([*damaged(state.path, "picture", stats), *bad.notes()])
    return {"timings": {**update["timings"], "decode": decoding}}


def _decode(
    state: IngestState,
    ingest: Ingest,
    todo: Sequence[Todo],
    feeds: Sequence[Feed[Sampled]],
    stats: DecodeStats,
    bad: BadFrames,
) -> float:
    """Hand out the frames that any stage has still to see; the seconds that decoding them took."""
    start, end = min(one.start for one in todo), max(one.end for one in todo)
    sampling = ingest.sampling
    looks_the_same = NearIdentical()
    counted = 0
    took, began = 0.0, time.perf_counter()
    decoded = frames(
        state.path, sampling.rate, sampling.longest_side, start, stats=stats, one_size=False, decoder=sampling.decoder
    )
    for frame in decoded:
        if frame.time > end or not ingest.goes_on():
            break
        left_out = bad.is_bad(frame.image) or looks_the_same(frame.image)
        sampled = frame.time, None if left_out else frame
        took += time.perf_counter() - began
        for feed in feeds:
            feed.put(sampled)
        count("frames_decoded", stats.decoded - counted)
        counted = stats.decoded
        began = time.perf_counter()
    count("frames_decoded", stats.decoded - counted)
    return took


@timed(AUDIO)
def read_sound(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    """Decode the sound once, and hand it to every stage."""
    ingest = runtime.context
    stages = [stage for stage in state.observing(ingest, AUDIO) if isinstance(stage, AudioStage)]
    todo = todo_of(state, ingest, stages)
    if not todo:
        return {}
    heard = listening(Path(state.path), state.duration, ingest.sampling.audio_track, ingest.sampling.language)
    workers = Workers(state, runtime)
    for stage in stages:
        if stage.name in todo:
            mine = todo[stage.name]
            workers.start(
                stage, CHUNKS_AHEAD, lambda on, feed, stage=stage, mine=mine: listen(on, stage, mine, feed, heard)
            )
    starts = [work.position or 0.0 for work in todo.values() if work.rest]
    stats = DecodeStats()
    try:
        if starts and heard.tracks:
            for chunk in sound(Path(state.path), heard, min(starts), stats):
                if not ingest.goes_on():
                    break
                for feed in workers.feeds:
                    feed.put(chunk)
    except BaseException as error:
        workers.join(error)
    workers.join()
    return workers.finish([*heard.notes, *damaged(state.path, "sound", stats)])


@timed(FILE)
def read_files(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    """Have the stages that read the file itself do so."""
    ingest = runtime.context
    stages = [stage for stage in state.observing(ingest, FILE) if isinstance(stage, FileStage)]
    todo = todo_of(state, ingest, stages)
    workers = Workers(state, runtime)
    for stage in stages:
        if stage.name in todo:
            workers.start(stage, 1, lambda on, feed, stage=stage: read_file(on, stage))
    workers.join()
    return workers.finish()


PASSES: dict[str, Callable[..., Any]] = {FRAMES: read_frames, AUDIO: read_sound, FILE: read_files}
"""How each source is read: the nodes of the graph."""
