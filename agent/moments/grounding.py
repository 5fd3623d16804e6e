"""Where in videos something holds: every stretch, the first, the last, or none."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from ...tools.errors import UsageError
from ...tools.index.videos import Video
from ...tools.records import Record
from ...tools.runtime.notes import noting
from ..answer import FoundSpan
from ..asking.asking import Asking
from ..bridge import end_state, finished, in_thread, watched
from ..questions import check_range, checked_question, evidence
from ..which_video import VideoName

if TYPE_CHECKING:
    from ...graphs.events import Event
    from ...graphs.ground.state import Grounding, Stretch

MOST_EVIDENCE = 8
"""Findings by which one stretch is told, at most; the surest."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """What a search for stretches gave."""

    query: str
    spans: list[FoundSpan]
    """Best first; empty where it is nowhere."""
    which: str
    """Which of them were wanted, as the query was understood: `every`, `first`, `last`, `until`, `never`."""
    sense: str | None
    """By which sense: `said`, `written`, `shown`, `heard`; None: by all of them."""
    notes: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return asdict(self)


class Locating(Asking):
    """The part of `VideoScout` that finds the stretches in which something holds."""

    def ground(
        self,
        videos: VideoName | Sequence[VideoName],
        query: str,
        time_range: tuple[float, float] | None = None,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> list[FoundSpan]:
        """Every stretch in which something is said, written, heard or shown, best first; none where it is nowhere.

        “The first time …” and “the last …” give one stretch a video, “until …” what lies before the first, and a query
        for where something is *not* what lies between. A video that has not been read yet is read first.

        Args:
            videos: files, or ids, names or links (`vidscout://ID`) of videos that have been read.
            query: what is looked for, in any language of the examples (`graphs/ground/asks.toml`) or any other that
                the text embedding knows; a phrase in quotation marks is looked for word for word.
            time_range: start and end in seconds; only what overlaps it counts.
            on_event: called from this thread with steps and progress as they happen.

        Raises:
            UsageError: an empty query, a range without length or outside of the video.
            UnknownVideoError: what is named is neither a file nor a video that has been read.
            MediaError: a file cannot be read.
            WeightsError: model weights have not been pulled.
        """
        return self.grounded(videos, query, time_range, on_event).spans

    def grounded(
        self,
        videos: VideoName | Sequence[VideoName],
        query: str,
        time_range: tuple[float, float] | None = None,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> Grounded:
        """As `ground`, with how the query was understood, notes and times."""
        return finished(self.ground_events(videos, query, time_range), on_event)

    async def aground(self, videos: VideoName | Sequence[VideoName], query: str, **options: Any) -> list[FoundSpan]:
        """`ground` without blocking the event loop; `on_event` is then called from another thread."""
        return await in_thread(self.ground, videos, query, **options)

    def ground_events(
        self,
        videos: VideoName | Sequence[VideoName],
        query: str,
        time_range: tuple[float, float] | None = None,
    ) -> "Generator[Event, None, Grounded]":
        """As `grounded`, yielding steps and progress as they happen; closing it stops the search."""
        names = [videos] if isinstance(videos, str | PathLike) else list(videos)
        query = checked_question(query, "query")
        check_range(time_range)
        if not names:
            raise UsageError("no video was named")
        known: list[Video] = []
        for name in names:
            video = yield from self._read_first(name)
            if video.id not in {one.id for one in known}:
                known.append(video)
        check_range(time_range, known)
        stop = threading.Event()

        def work(report: "Callable[[Event], None]") -> Grounded:
            return self._grounded(known, query, time_range, report, stop)

        return (yield from watched(work, stop))

    def grounding(self, stop: threading.Event | None = None) -> "Grounding":
        """What the graph that finds stretches works with."""
        from ...graphs.ground.state import Grounding

        return Grounding(
            index=self.index,
            text_embedding=self.role("text_embedding"),
            label_embedding=self.models.label_embedding(),
            frame_encoder=self.models.optional("frame_embedding"),
            every=1.0 / self.settings.sample_rate,
            stop=stop or threading.Event(),
        )

    def _grounded(
        self,
        videos: Sequence[Video],
        query: str,
        time_range: tuple[float, float] | None,
        report: "Callable[[Event], None]",
        stop: threading.Event,
    ) -> Grounded:
        from ...graphs.ground.graph import compiled
        from ...graphs.ground.state import GroundState

        began = time.perf_counter()
        ids = [video.id for video in videos]
        start = GroundState(query, ids, {video.id: video.duration for video in videos}, time_range)
        with noting() as mended:
            self.embed_anew(ids, report, stop)
            stream = compiled().stream(start, context=self.grounding(stop), stream_mode=["custom", "values"])
            state = end_state(stream, report)
        names = {video.id: video.name for video in videos}
        sought = state["sought"]
        missing = [note for video in videos for note in self.gaps(video, {"speech", "screen_text"})]
        return Grounded(
            query=query,
            spans=[_span(one, names[one.video]) for one in state["stretches"]],
            which=str(sought.which),
            sense=sought.sense and str(sought.sense),
            notes=[*state["notes"], *mended, *missing],
            timings={**state["timings"], "total": time.perf_counter() - began},
        )


def _span(stretch: "Stretch", name: str) -> FoundSpan:
    """A stretch as it is shown; of several pieces of one record the surest counts."""
    best: dict[str, tuple[Record, float]] = {}
    for piece in stretch.pieces:
        if piece.record is not None:
            best.setdefault(piece.record.id, (piece.record, piece.probability))
    shown = [evidence(record, score, name) for record, score in list(best.values())[:MOST_EVIDENCE]]
    return FoundSpan(
        stretch.video,
        round(stretch.span.start, 3),
        round(stretch.span.end, 3),
        round(min(max(stretch.score, 0.0), 1.0), 3),
        shown,
        name,
    )
