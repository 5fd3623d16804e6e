"""Reading videos into the index, with what happens meanwhile."""

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import AudioTrackError, CancelledError, MediaError, UsageError, VidscoutError
from ...tools.index.rows.live import is_live
from ...tools.index.videos import Video
from ...tools.runtime.counters import counting
from ...tools.runtime.notes import noting
from ..answer import Ingested
from ..bridge import end_state, finished, in_thread, watched
from ..settings import track_setting
from ..which_video import VideoName
from .embedding import Embedding

if TYPE_CHECKING:
    from ...graphs.events import Event, Progress
    from ...graphs.ingest.due import StageStatus
    from ...graphs.ingest.graph import Ingest
    from ...graphs.ingest.stage import Sampling, Stage


class Ingesting(Embedding):
    """The part of `VideoScout` that reads videos."""

    def ingest(
        self,
        paths: VideoName | Sequence[VideoName],
        on_progress: "Callable[[Progress], None] | None" = None,
        *,
        stages: Sequence[str] = (),
        again: bool = False,
        audio_track: int | str | None = None,
        at_once: int = 1,
    ) -> list[Ingested]:
        """Read videos into the index; one that has been read already costs nothing.

        Args:
            paths: video or audio files.
            on_progress: called from this thread with each `Progress`.
            stages: read by these only, as far as they are not done, and by what must come before or after them; by
                default by whatever is missing or has failed on parts of the video.
            again: read anew what has been read before, for instance with other settings.
            audio_track: which audio track to listen to, as `Settings.audio_track` has it, for these videos from now on:
                what listened to another one reads them anew. By default what was said for a video before, or else the
                setting.
            at_once: videos that are read at the same time, by the same models. Speech recognition by transformers puts
                their sound into common batches, which a GPU is quicker with; a CPU is not.

        Raises:
            MediaError: a file cannot be read; all others have been.
            UsageError: the profile has no such stage, or a file no such audio track.
            WeightsError: model weights have not been pulled.
        """
        paths = [paths] if isinstance(paths, str | PathLike) else paths
        options: Any = {"stages": stages, "again": again, "audio_track": audio_track}
        read = list(self.ingest_each(paths, on_progress, at_once=at_once, **options))
        for one in read:
            if isinstance(one, VidscoutError):
                raise one
        return [one for one in read if isinstance(one, Ingested)]

    def ingest_each(
        self,
        paths: "Sequence[VideoName]",
        on_progress: "Callable[[Progress], None] | None" = None,
        *,
        at_once: int = 1,
        **options: Any,
    ) -> "Iterator[Ingested | VidscoutError]":
        """Read videos as `ingest` does, whose arguments these are, and yield in their order what became of each: an
        error where the file cannot be read or has no such audio track. All others are raised at once.

        Raises:
            UsageError: fewer than one video is to be read at once.
        """
        from ...graphs.events import Progress

        def show(event: "Event") -> None:
            if on_progress is not None and isinstance(event, Progress):
                on_progress(event)

        if at_once < 1:
            raise UsageError(f"{at_once} videos at once are none: at least one")
        if at_once == 1 or len(paths) < 2:
            for path in paths:
                yield self._ingested(path, show, options)
        else:
            stop = threading.Event()
            yield from finished(watched(partial(self._at_once, paths, at_once, options, stop), stop), show)

    def _ingested(
        self, path: VideoName, show: "Callable[[Event], None]", options: dict[str, Any]
    ) -> Ingested | VidscoutError:
        try:
            return finished(self.ingest_events(path, **options), show)
        except (MediaError, AudioTrackError) as error:
            return error

    def _at_once(
        self,
        paths: "Sequence[VideoName]",
        at_once: int,
        options: dict[str, Any],
        stop: threading.Event,
        show: "Callable[[Event], None]",
    ) -> list[Ingested | VidscoutError]:
        """What became of videos that were read at the same time, in their order; one that is named twice is read once.

        Raises:
            VidscoutError: one that ends the others too, which go on from there the next time.
        """
        turns: dict[str, threading.Lock] = {}
        adding = threading.Lock()

        def read(path: VideoName) -> Ingested | VidscoutError:
            try:
                with adding:  # one file is hashed at a time
                    turn = turns.setdefault(self.library.identify(Path(path)), threading.Lock())
            except MediaError as error:
                return error
            try:
                with turn:
                    return self._ingested(path, show, {**options, "stop": stop})
            except BaseException:
                stop.set()
                raise

        with ThreadPoolExecutor(min(at_once, len(paths))) as pool:
            futures = [pool.submit(copy_context().run, read, path) for path in paths]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:  # the others were only stopped by the first
            raise next((error for error in errors if not isinstance(error, CancelledError)), errors[0])
        return [future.result() for future in futures]

    def ingest_events(
        self,
        path: VideoName,
        *,
        stages: Sequence[str] = (),
        again: bool = False,
        audio_track: int | str | None = None,
        graph: "Callable[[Sequence[Stage]], Any] | None" = None,
        stop: threading.Event | None = None,
    ) -> "Generator[Event, None, Ingested]":
        """Read one video and yield what happens meanwhile; closing the generator stops the work, to go on later.

        Args:
            path: a video or audio file.
            stages: as in `ingest`.
            again: read it anew where it has been read before.
            audio_track: as in `ingest`.
            graph: builds another way of reading from the profile's stages, as on a cluster
                (`vidscout.agent.distributed.ray_ingest`).
            stop: set it, from any thread, to end the work at the next batch with a `CancelledError`.

        Raises:
            CancelledError: `stop` was set before the video was read.
            MediaError: the file cannot be read.
            UsageError: the profile has no such stage.
            WeightsError: model weights have not been pulled.
        """
        from ...graphs.ingest.graph import IngestState, build

        if self.unwritable is not None:
            raise self.unwritable
        file = Path(path)
        video = self.library.identify(file)
        stop = stop or threading.Event()
        context = self.reading(stop, stages, again, video, audio_track)
        known = self.library.get(video)
        if known is not None and known.status == "ready" and Path(known.path) != file.resolve():
            self.library.put(replace(known, path=file.resolve(), name=file.name))
        compiled = (graph or build)(context.stages).compile()

        def work(report: "Callable[[Event], None]") -> Ingested:
            began = time.perf_counter()
            with counting() as counters, noting() as mended:
                start = IngestState(str(file), video)
                state = end_state(compiled.stream(start, context=context, stream_mode=["custom", "values"]), report)
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
                stages=state["due"],
            )

        return watched(work, stop)

    def reading(
        self,
        stop: threading.Event | None = None,
        stages: Sequence[str] = (),
        again: bool = False,
        video: str | None = None,
        audio_track: int | str | None = None,
    ) -> "Ingest":
        """What the graph that reads videos works with: the profile's stages, and where their findings go.

        Args:
            stop: ends the work when it is set.
            stages: only these.
            again: although they are done.
            video: the id of the one that is to be read.
            audio_track: as in `ingest`.

        Raises:
            UsageError: the profile has no such stage, or this is no audio track.
        """
        from ...graphs.ingest.graph import Ingest
        from ...graphs.ingest.stages import checked

        sampling = self.sampling_of(self.library.get(video) if video else None)
        if audio_track is not None:
            sampling = replace(sampling, audio_track=track_setting(audio_track))
        return Ingest(
            library=self.library,
            journal=self.library.journal,
            index=self.index,
            stages=self.stages_of_profile(sampling),
            text_embedding=self.role("text_embedding"),
            sampling=sampling,
            asked=checked(stages, self.profile.stages),
            again=again,
            track_asked=audio_track is not None,
            stop=stop or threading.Event(),
        )

    def sampling_of(self, video: Video | None = None) -> "Sampling":
        """How videos are read under these settings, and under what was said of one of them."""
        from ...graphs.ingest.stage import Sampling

        settings = self.settings
        track = (video.audio_track if video else "") or settings.audio_track
        return Sampling(
            settings.sample_rate,
            settings.longest_side,
            track,
            settings.language,
            settings.speakers,
            skip_bad=settings.skip_bad,
            decoder=settings.decoder,
        )

    def stages_of_profile(self, sampling: "Sampling | None" = None) -> "tuple[Stage, ...]":
        """The stages by which a video is read in this profile; nothing is loaded yet."""
        from ...graphs.ingest.stage import Parts
        from ...graphs.ingest.stages import build

        sampling = sampling or self.sampling_of()
        return build(Parts(self.role, self.models.played, sampling, self.profile.stages))

    def stages(self, video: VideoName) -> "list[StageStatus]":
        """How each of the profile's stages stands with a video: done, missing, partial, failed or stale.

        Raises:
            UnknownVideoError: there is no such video.
        """
        from ...graphs.ingest.due import statuses

        known = self.find(video)
        entries = self.library.journal.entries(known.id)
        stages = self.stages_of_profile(self.sampling_of(known))
        return list(statuses(stages, entries).values())

    def gaps(self, video: Video, modalities: Collection[str]) -> list[str]:
        """What a question has to be told that looks for these kinds of records: which of them no stage has made yet.

        Args:
            video: that it asks about.
            modalities: by their names; `records.Modality`.
        """
        entries = self.library.journal.entries(video.id)
        if is_live(self.settings.home, video.id) or all(
            name in entries and entries[name].done for name in self.profile.stages
        ):
            return []
        done = [stage for stage in self.stages_of_profile() if (e := entries.get(stage.name)) is not None and e.done]
        made = {modality for stage in done for modality in stage.writes}
        return [
            f"{video.name} has not been read by {stage.name}: `vidscout ingest {video.name} --stage {stage.name}`"
            for stage in self.stages_of_profile()
            for modality in stage.writes
            if modality in modalities and modality not in made
        ]

    async def aingest(self, paths: VideoName | Sequence[VideoName], **options: Any) -> list[Ingested]:
        """`ingest` without blocking the event loop; `on_progress` is then called from another thread."""
        return await in_thread(self.ingest, paths, **options)
