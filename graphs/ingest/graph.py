"""How a video is read, once: what is seen and what is heard, in parallel, settled into records and indexed.

    START ─► probe ─┬─► see  ─┬─► settle ─► END
                    └─► hear ─┘
                (already read: straight to END)

`see` decodes the video once; every visual tool reads the same batches. Both branches write what they find into the
library together with how far they have come, so that a killed ingest goes on from there. Only `settle` makes records,
from everything that was written down, so their ids do not depend on how often the work was interrupted.
"""

import operator
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...tools.errors import CancelledError, VidscoutError
from ...tools.index.videos import Library, Video
from ...tools.media.audio import AudioChunk, audio
from ...tools.media.video import DecodeStats, Frame, frames, probe, thumbnail
from ...tools.payloads import Shot
from ...tools.records import Detection, Record, Span, TextLine, Utterance, clock, in_order
from ...tools.runtime.backend import Tool
from ...tools.runtime.counters import count
from ..events import Progress, Update, merge, timed
from .observations import FrameSeen, frame_from_row, standing, to_row, utterance_from_row
from .prefetch import ahead

if TYPE_CHECKING:
    import numpy as np

    from ...tools.index.video_index import VideoIndex
    from ...tools.perception.captions.captioner import Caption, Captioner, Described
    from ...tools.perception.frames.encoders import FrameEncoder, Vectors
    from ...tools.perception.frames.tags import Tags

KEPT_IN_A_BATCH = 4
"""Frames that the visual tools get at once: more in a batch are no faster on a CPU, and cost memory."""
SAMPLED_IN_A_BATCH = 64
"""A picture that stands still gives no kept frames; progress is written down after this many sampled ones."""
EMBEDDED_AT_ONCE = 256

SEE, HEAR = "see", "hear"


@dataclass(frozen=True)
class Ingest:
    """What the nodes work with: built once, by whoever runs the graph."""

    library: Library
    index: "VideoIndex"
    screen_text: "Tool[np.ndarray, list[TextLine]]"
    tags: "Tool[np.ndarray, Tags]"
    objects: "Tool[np.ndarray, list[Detection]]"
    speech: Tool[AudioChunk, list[Utterance]]
    text_embedding: "Tool[str, np.ndarray]"
    sample_rate: float
    longest_side: int
    captioner: "Captioner | None" = None
    """Says what frames show; without one, captions are composed from what the other tools found."""
    frame_encoder: "FrameEncoder | None" = None
    """Makes the frames' vectors; without one, they are made from the tags (ConSE)."""
    audio_track: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from outside to end the work at the next batch."""
    failed: threading.Event = field(default_factory=threading.Event)
    """Set where seeing or hearing fails: the other should not go on for an hour."""

    def goes_on(self) -> bool:
        """Whether to read on; where the other branch has failed, its error is the one to tell.

        Raises:
            CancelledError: somebody has stopped the reading.
        """
        if self.stop.is_set():
            raise CancelledError("reading was stopped; run it again to go on from here")
        return not self.failed.is_set()


@dataclass
class IngestState:
    """Which video, and what reading it gave. References only; findings go to the library."""

    path: str
    video: str
    """Content id of the file."""
    duration: float = 0.0
    has_video: bool = False
    has_audio: bool = False
    already_read: bool = False
    added: int = 0
    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    route: Annotated[list[str], operator.add] = field(default_factory=list)
    timings: Annotated[dict[str, float], merge] = field(default_factory=dict)


def read_with(ingest: Ingest) -> str:
    """A fingerprint of everything that decides what a video is read as."""
    tools: list[Tool[Any, Any]] = [
        ingest.screen_text,
        ingest.tags,
        ingest.objects,
        ingest.speech,
        ingest.text_embedding,
    ]
    tools += [tool for tool in (ingest.captioner, ingest.frame_encoder) if tool is not None]
    sampling = f"{ingest.sample_rate:g}fps {ingest.longest_side}px track {ingest.audio_track}"
    return "; ".join([sampling, *(tool.source for tool in tools)])


@timed("probe")
def look_at_the_file(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    ingest = runtime.context
    fingerprint = read_with(ingest)
    known = ingest.library.get(state.video)
    if known is not None and known.status == "ready":
        stale = known.settings != fingerprint
        note = f"{known.name} was read with other settings ({known.settings}); read it again with --again"
        return {"already_read": True, "duration": known.duration, "notes": [note] if stale else []}
    info = probe(Path(state.path))
    if known is not None and known.settings != fingerprint:
        ingest.index.delete(state.video)  # half read, with other settings: its sightings cannot be mixed with ours
    ingest.library.put(
        Video(
            id=state.video,
            name=Path(state.path).name,
            path=Path(state.path).resolve(),
            duration=info.duration,
            width=info.width,
            height=info.height,
            fps=info.fps or 0.0,
            has_audio=info.has_audio,
            has_video=info.has_video,
            size=Path(state.path).stat().st_size,
            settings=fingerprint,
            status="reading",
        )
    )
    notes = []
    if not info.has_audio:
        notes.append("the video has no sound: nothing was listened to")
    if not info.has_video:
        notes.append("the file has no picture: nothing was looked at")
    return {
        "duration": info.duration,
        "has_video": info.has_video,
        "has_audio": info.has_audio,
        "notes": notes,
    }


@dataclass
class Batch:
    """Sampled frames in order; only those that differ from the kept one before them keep their pixels."""

    times: list[float] = field(default_factory=list)
    kept: list[Frame] = field(default_factory=list)


def in_batches(state: IngestState, ingest: Ingest, start: float, stats: DecodeStats) -> Iterator[Batch]:
    """Decode from `start` and drop near-identical frames before any model sees them."""
    from ...tools.media.near_identical import NearIdentical

    looks_the_same = NearIdentical()
    batch = Batch()
    for frame in frames(
        Path(state.path), ingest.sample_rate, longest_side=ingest.longest_side, start=start, stats=stats
    ):
        batch.times.append(frame.time)
        if not looks_the_same(frame.image):
            batch.kept.append(frame)
        if len(batch.kept) >= KEPT_IN_A_BATCH or len(batch.times) >= SAMPLED_IN_A_BATCH:
            yield batch
            batch = Batch()
    if batch.times:
        yield batch


Item = TypeVar("Item")
Found = TypeVar("Found")


class Watcher:
    """Runs the visual tools on batches; a tool that fails on one is noted and the others go on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._failures: dict[str, tuple[int, str]] = {}

    def run(self, tool: Tool[Item, Found], batch: Sequence[Item], nothing: Found) -> list[Found]:
        began = time.perf_counter()
        try:
            return tool.run(batch)
        except VidscoutError:
            raise  # missing weights or a missing library: the user can mend it, so nothing should be skipped
        except Exception as error:
            failed, first = self._failures.get(tool.role, (0, f"{type(error).__name__}: {error}"))
            self._failures[tool.role] = (failed + len(batch), first)
            return [nothing] * len(batch)
        finally:
            self.add(tool.role, time.perf_counter() - began)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @property
    def notes(self) -> list[str]:
        return [f"{role} failed on {failed} frames: {first}" for role, (failed, first) in self._failures.items()]


@timed("see")
def watch(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    ingest = runtime.context
    if not state.has_video or ingest.library.finished(state.video, SEE):
        return {}
    try:
        return _watch(state, ingest, runtime.stream_writer)
    except BaseException:
        ingest.failed.set()
        raise


def _watch(state: IngestState, ingest: Ingest, report: Any) -> Update:
    import numpy as np

    from ...tools.perception.frames.conse import ConSE
    from ...tools.perception.frames.encoders import SHARED
    from ...tools.perception.frames.tags import Tags

    conse = ConSE(ingest.text_embedding)
    # Starting over from the last kept frame, not behind it, gives the next one the same neighbour to differ from.
    start = ingest.library.position(state.video, SEE) or 0.0
    captions = Captions(ingest, state.video, start)
    stats = DecodeStats()
    watcher = Watcher()
    counted = 0
    for batch, decoding in ahead(in_batches(state, ingest, start, stats)):
        if not ingest.goes_on():
            return {}
        watcher.add("decode", decoding)
        images = [frame.image for frame in batch.kept]
        tags = watcher.run(ingest.tags, images, Tags.none())
        lines = watcher.run(ingest.screen_text, images, [])
        objects = watcher.run(ingest.objects, images, [])
        said = captions.of(batch.kept, watcher)
        vectors = {SHARED: conse.vectors(tags)} if ingest.frame_encoder is None else {}
        if ingest.frame_encoder is not None and images:
            vectors = by_encoder(watcher.run(ingest.frame_encoder, images, {}))

        began = time.perf_counter()
        if batch.kept:
            ingest.index.add_frames(
                state.video,
                [frame.time for frame in batch.kept],
                vectors,
                [thumbnail(frame.image) for frame in batch.kept],
            )
        found = {
            frame.time: FrameSeen(
                frame.time, True, tuple(t.labels), tuple(ls), tuple(os), t.features.astype(np.float16).tobytes(), c
            )
            for frame, t, ls, os, c in zip(batch.kept, tags, lines, objects, said, strict=True)
        }
        rows = [(at, to_row(found.get(at) or FrameSeen(at, kept=False))) for at in batch.times]
        start = batch.kept[-1].time if batch.kept else start
        ingest.library.append(state.video, SEE, rows, position=start)
        watcher.add("store", time.perf_counter() - began)

        count("frames_decoded", stats.decoded - counted)
        counted = stats.decoded
        report(Progress(state.video, "watching", batch.times[-1], state.duration))
    ingest.library.finish(state.video, SEE)
    report(Progress(state.video, "watching", state.duration, state.duration))
    notes = watcher.notes
    if stats.damaged:
        notes.append(f"{stats.damaged} damaged packets were skipped")
    return {"notes": notes, "timings": watcher.seconds}


def by_encoder(found: "Sequence[Vectors]") -> "dict[str, np.ndarray]":
    """The vectors of a batch of frames, (frames, dimensions), for each encoder; of a failed batch there are none."""
    import numpy as np

    return {source: np.stack([vectors[source] for vectors in found]) for source in found[0]}


class Captions:
    """The captions of a video's kept frames, each told of the one before it where the captioner says what changed."""

    def __init__(self, ingest: Ingest, video: str, start: float) -> None:
        """Take up the work at `start` seconds, where a kept frame may have its caption already."""
        self._captioner = ingest.captioner
        self._known: dict[float, Caption] = {}
        self._before: Described | None = None
        if self._captioner is not None:
            rows = ingest.library.observations(video, SEE, since=start - 1e-6)
            seen = (frame_from_row(row) for _, row in rows)
            self._known = {frame.time: frame.caption for frame in seen if frame.caption is not None}

    def of(self, kept: Sequence[Frame], watcher: Watcher) -> "list[Caption | None]":
        """A caption for each of the frames, in order of time; none where there is no captioner."""
        from ...tools.perception.captions.captioner import Caption, Described, Scene

        if self._captioner is None or not kept:
            return [None] * len(kept)
        new = [frame for frame in kept if frame.time not in self._known]
        if not self._captioner.differential:
            found = watcher.run(self._captioner, [Scene(frame.image) for frame in new], Caption("", 0.0))
            self._known |= {frame.time: caption for frame, caption in zip(new, found, strict=True)}
        captions: list[Caption | None] = []
        for frame in kept:
            caption = self._known.pop(frame.time, None)
            if caption is None:
                [caption] = watcher.run(self._captioner, [Scene(frame.image, self._before)], Caption("", 0.0))
            self._before = Described(frame.image, caption.text)
            captions.append(caption)
        return captions


@timed("hear")
def listen(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    ingest = runtime.context
    if not state.has_audio or ingest.library.finished(state.video, HEAR):
        return {}
    try:
        return _listen(state, ingest, runtime.stream_writer)
    except BaseException:
        ingest.failed.set()
        raise


def _listen(state: IngestState, ingest: Ingest, report: Any) -> Update:
    from ...tools.perception.speech.voice_activity import WINDOW, windows

    start = ingest.library.position(state.video, HEAR) or 0.0
    notes = []
    target = getattr(ingest.speech, "window", WINDOW)
    for window in windows(audio(Path(state.path), start=start, track=ingest.audio_track), target):
        if not ingest.goes_on():
            return {}
        try:
            [utterances] = ingest.speech.run([window])
        except VidscoutError:
            raise
        except Exception as error:
            utterances = []
            heard = f"{clock(window.start)}–{clock(window.end)}"
            notes.append(f"speech failed on {heard}: {type(error).__name__}: {error}")
        rows = [(utterance.span.start, to_row(utterance)) for utterance in utterances]
        ingest.library.append(state.video, HEAR, rows, position=window.end)
        count("asr_seconds", window.end - window.start)
        report(Progress(state.video, "listening", min(window.end, state.duration), state.duration))
    ingest.library.finish(state.video, HEAR)
    report(Progress(state.video, "listening", state.duration, state.duration))
    return {"notes": notes}


def records_of(state: IngestState, ingest: Ingest) -> list[Record]:
    """Everything that was written down about a video, merged over time, in order."""
    from ...tools.media.shots import shots
    from ...tools.perception.captions.captioner import caption_records
    from ...tools.perception.captions.composed import captions
    from ...tools.perception.frames.tags import frame_records
    from ...tools.perception.objects.individuals import passage_records
    from ...tools.perception.objects.scene_graph import object_records
    from ...tools.perception.screen_text.lines_over_time import text_records
    from ...tools.perception.speech.recogniser import speech_records

    utterances = [utterance_from_row(row) for _, row in ingest.library.observations(state.video, HEAR)]
    sampled = (frame_from_row(row) for _, row in ingest.library.observations(state.video, SEE))
    seen = list(standing(sampled, state.duration))
    texts = text_records(state.video, ((span, frame.lines) for span, frame in seen), ingest.screen_text.source)
    objects = object_records(state.video, ((span, frame.objects) for span, frame in seen), ingest.objects.source)
    tracks = passage_records(state.video, ((span, frame.objects) for span, frame in seen), ingest.objects.source)
    looks = frame_records(state.video, ((span, frame.tags) for span, frame in seen), ingest.tags.source)
    cuts = shots([span.start for span, _ in seen], [frame.features for _, frame in seen], state.duration)
    shot_records = [
        Record.of(state.video, span, Shot(number), 1.0, "shots/1") for number, span in enumerate(cuts, start=1)
    ]
    if ingest.captioner is None:
        described = captions(state.video, cuts, looks=looks, objects=objects, texts=texts)
    else:
        said = ((span, frame.caption) for span, frame in seen if frame.caption is not None)
        described = caption_records(state.video, said, ingest.captioner.source)
    speech = speech_records(state.video, utterances, ingest.speech.source)
    return in_order([*speech, *texts, *objects, *tracks, *looks, *shot_records, *described])


@timed("settle")
def settle(state: IngestState, runtime: Runtime[Ingest]) -> Update:
    import numpy as np

    ingest = runtime.context
    ingest.goes_on()
    records = records_of(state, ingest)
    added = 0
    for first in range(0, len(records), EMBEDDED_AT_ONCE):
        part = records[first : first + EMBEDDED_AT_ONCE]
        added += ingest.index.add(part, np.stack(ingest.text_embedding.run([record.text for record in part])))
        runtime.stream_writer(Progress(state.video, "indexing", first + len(part), len(records), "records"))
    known = ingest.library.get(state.video)
    assert known is not None
    counts = ingest.index.stats(state.video)
    ingest.library.put(replace(known, status="ready", counts=counts, notes=state.notes))
    return {"added": added}


def read_already(state: IngestState) -> list[str] | str:
    return END if state.already_read else [SEE, HEAR]


def build() -> "StateGraph[IngestState, Ingest, IngestState, IngestState]":
    graph = StateGraph(IngestState, context_schema=Ingest)
    graph.add_node("probe", look_at_the_file)
    graph.add_node(SEE, watch)
    graph.add_node(HEAR, listen)
    graph.add_node("settle", settle, defer=True)

    graph.add_edge(START, "probe")
    graph.add_conditional_edges("probe", read_already, [SEE, HEAR, END])
    graph.add_edge(SEE, "settle")
    graph.add_edge(HEAR, "settle")
    graph.add_edge("settle", END)
    return graph


__all__ = ["Ingest", "IngestState", "Span", "build", "read_with", "records_of"]
