"""Reading videos into the index, with what happens meanwhile."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..tools.runtime.counters import counting
from ..tools.runtime.notes import noting
from .answer import Ingested
from .bridge import finished, in_thread, watched
from .core import Core
from .which_video import VideoName

if TYPE_CHECKING:
    from ..graphs.events import Event, Progress
    from ..graphs.ingest.graph import Ingest


class Ingesting(Core):
    """The part of `VideoScout` that reads videos."""

    def ingest(
        self,
        paths: VideoName | Sequence[VideoName],
        on_progress: "Callable[[Progress], None] | None" = None,
        *,
        again: bool = False,
    ) -> list[Ingested]:
        """Read videos into the index; one that has been read already costs nothing.

        Args:
            paths: video or audio files.
            on_progress: called from this thread with each `Progress`.
            again: read anew what has been read before, for instance with other settings.

        Raises:
            MediaError: a file cannot be read; the videos before it stay ingested.
            WeightsError: model weights have not been pulled.
        """
        from ..graphs.events import Progress

        def show(event: "Event") -> None:
            if on_progress is not None and isinstance(event, Progress):
                on_progress(event)

        paths = [paths] if isinstance(paths, str | PathLike) else paths
        return [finished(self.ingest_events(path, again=again), show) for path in paths]

    def ingest_events(
        self, path: VideoName, *, again: bool = False, graph: Any = None, stop: threading.Event | None = None
    ) -> "Generator[Event, None, Ingested]":
        """Read one video and yield what happens meanwhile; closing the generator stops the work, to go on later.

        Args:
            path: a video or audio file.
            again: read it anew where it has been read before.
            graph: another way of reading, as on a cluster (`vidscout.agent.distributed.ray_ingest`).
            stop: set it, from any thread, to end the work at the next batch with a `CancelledError`.

        Raises:
            CancelledError: `stop` was set before the video was read.
            MediaError: the file cannot be read.
            WeightsError: model weights have not been pulled.
        """
        from ..graphs.ingest.graph import IngestState, build

        file = Path(path)
        video = self.library.identify(file)
        if again:
            self.forget(video, missing_ok=True)
        stop = stop or threading.Event()
        known = self.library.get(video)
        if known is not None and known.status == "ready" and Path(known.path) != file.resolve():
            self.library.put(replace(known, path=file.resolve(), name=file.name))
        context = self.reading(stop)
        compiled = (graph or build()).compile()

        def work(report: "Callable[[Event], None]") -> Ingested:
            began = time.perf_counter()
            state: dict[str, Any] = {}
            with counting() as counters, noting() as mended:
                start = IngestState(str(file), video)
                stream = compiled.stream(start, context=context, stream_mode=["custom", "values"])
                for mode, chunk in stream:
                    if mode == "custom":
                        report(cast("Event", chunk))
                    else:
                        state = cast("dict[str, Any]", chunk)
            return Ingested(
                video=video,
                path=str(file),
                duration=state["duration"],
                added=state["added"],
                records=self.index.stats(video),
                seconds=time.perf_counter() - began,
                timings=state["timings"],
                counters=counters,
                notes=[*state["notes"], *mended],
            )

        return watched(work, stop)

    def reading(self, stop: threading.Event | None = None) -> "Ingest":
        """What the graph that reads videos works with: tools, settings, and where findings go."""
        from ..graphs.ingest.graph import Ingest

        return Ingest(
            library=self.library,
            index=self.index,
            screen_text=self.role("screen_text"),
            tags=self.role("tags"),
            objects=self.role("objects"),
            speech=self.role("speech"),
            text_embedding=self.role("text_embedding"),
            captioner=self.models.captioner(),
            frame_encoder=self.models.optional("frame_embedding"),
            sample_rate=self.settings.sample_rate,
            longest_side=self.settings.longest_side,
            audio_track=self.settings.audio_track,
            stop=stop or threading.Event(),
        )

    async def aingest(self, paths: VideoName | Sequence[VideoName], **options: Any) -> list[Ingested]:
        """`ingest` without blocking the event loop; `on_progress` is then called from another thread."""
        return await in_thread(self.ingest, paths, **options)
