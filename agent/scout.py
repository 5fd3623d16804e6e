"""`VideoScout`: the one object through which Python, the command line and the web page use everything below."""

import asyncio
import copy
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from ..tools.errors import MediaError, UnknownVideoError, UsageError
from ..tools.index.video_index import VideoIndex
from ..tools.index.videos import Library, Video
from ..tools.records import UNSEARCHED, Modality, Span
from ..tools.runtime.counters import counting
from ..tools.runtime.notes import noting
from .answer import Answer, Evidence, Ingested
from .bridge import finished, watched
from .models import Models
from .profiles.profile import heard_in
from .profiles.profile import profile as chosen
from .questions import answered, check_range, checked_options, checked_question, evidence, same_question, turn
from .settings import Settings, load

if TYPE_CHECKING:
    from ..graphs.answer.state import Answering
    from ..graphs.events import Event, Progress
    from ..graphs.ingest.graph import Ingest
    from .generated.verdict import Verdict

FIXED = ("profile", "profiles", "language", "memory_limit", "home", "chroma_server", "serving")
"""Settings by which models and index are made."""

VideoName = str | PathLike[str]
"""A file, or the id or name of a video that has been read."""


class VideoScout:
    """Reads videos once, and answers questions about them with the times of the evidence.

    >>> scout = VideoScout()                                                     # doctest: +SKIP
    >>> answer = scout.ask("lecture.mp4", "When is the capacity factor explained?")  # doctest: +SKIP
    >>> answer.text, answer.evidence[0].start                                    # doctest: +SKIP

    Models load on first use and stay loaded. One object serves several threads at once.

    Args:
        profile: which models play the roles; see `vidscout.agent.profiles.profile`.
        home: folder of the index; by default the platform's user data folder.
        settings: everything else, by the fields of `Settings`.

    Raises:
        UsageError: a setting does not fit.
        HomeError: the home folder cannot be used.
    """

    def __init__(self, profile: str | None = None, home: VideoName | None = None, **settings: Any) -> None:
        self.settings: Settings = load(profile=profile, home=home, **settings)
        self.profile = heard_in(chosen(self.settings.profile, self.settings.profiles), self.settings.language)
        self.index = VideoIndex(self.settings.home, self.settings.chroma_server)
        self.models = Models(self.profile, self.settings.memory_limit, self.settings.serving)

    def with_settings(self, **changes: Any) -> Self:
        """The same models and the same index under other settings, for instance for one person's questions.

        `None` takes a setting back to its default. Closing either closes both.

        Raises:
            UsageError: there is no such setting, its value does not fit, or models or index depend on it.
        """
        for name in changes:
            if name not in Settings.model_fields:
                raise UsageError(f"no setting {name!r}; there are {', '.join(Settings.model_fields)}")
            if name in FIXED:
                raise UsageError(f"setting {name} holds for the whole of a VideoScout: make another one")
        twin = copy.copy(self)
        twin.settings = load(**{**dict(self.settings), **changes})
        return twin

    # -- reading videos ------------------------------------------------------------------------------------------

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
        return await asyncio.to_thread(self.ingest, paths, **options)

    # -- asking --------------------------------------------------------------------------------------------------

    def ask(
        self,
        videos: VideoName | Sequence[VideoName],
        question: str,
        options: Sequence[str] | None = None,
        time_range: tuple[float, float] | None = None,
        on_event: "Callable[[Event], None] | None" = None,
        *,
        conversation: str | None = None,
        earlier: Sequence[Answer] = (),
    ) -> Answer:
        """Answer a question about one or several videos; a video that has not been read yet is read first.

        Args:
            videos: files, or ids or names of videos that have been read.
            question: free text, at most `LONGEST_QUESTION` characters.
            options: 2 to 26 choices; the answer then names one by its letter.
            time_range: start and end in seconds; only what overlaps it counts.
            on_event: called with steps, tools and tokens as they happen.
            conversation: any name; questions of one conversation may lean on those before (“and what happened after
                that?”). It outlives this process, and a question in it that was cut off goes on where it stopped.
            earlier: answers that the question may lean on where there is no `conversation`, oldest first; nothing is
                kept of them.

        Raises:
            UsageError: an empty or overlong question, a range without length, too few options, an unknown video.
            MediaError: a file cannot be read.
            WeightsError: model weights have not been pulled.
        """
        events = self._answer_events(videos, question, options, time_range, conversation, earlier)
        return finished(events, on_event)

    def stream(
        self,
        videos: VideoName | Sequence[VideoName],
        question: str,
        options: Sequence[str] | None = None,
        time_range: tuple[float, float] | None = None,
        *,
        conversation: str | None = None,
        earlier: Sequence[Answer] = (),
    ) -> "Iterator[Event | Answer]":
        """Like `ask`, yielding steps, tools and tokens as they happen, and the `Answer` last."""
        answer = yield from self._answer_events(videos, question, options, time_range, conversation, earlier)
        yield answer

    async def aask(self, videos: VideoName | Sequence[VideoName], question: str, **options: Any) -> Answer:
        """`ask` without blocking the event loop."""
        return await asyncio.to_thread(self.ask, videos, question, **options)

    async def astream(
        self, videos: VideoName | Sequence[VideoName], question: str, **options: Any
    ) -> "AsyncIterator[Event | Answer]":
        """`stream` without blocking the event loop."""
        events = self.stream(videos, question, **options)
        nothing_more = object()
        while (event := await asyncio.to_thread(next, events, nothing_more)) is not nothing_more:
            yield cast("Event | Answer", event)

    def _answer_events(
        self,
        videos: VideoName | Sequence[VideoName],
        question: str,
        options: Sequence[str] | None,
        time_range: tuple[float, float] | None,
        conversation: str | None = None,
        earlier: Sequence[Answer] = (),
    ) -> "Generator[Event, None, Answer]":
        names = [videos] if isinstance(videos, str | PathLike) else list(videos)
        question = checked_question(question)
        options = checked_options(options)
        check_range(time_range)
        if not names:
            raise UsageError("no video was named")
        self.models.warm_up()
        known: list[Video] = []
        for name in names:
            video = yield from self._read_first(name)
            known.append(video)
        check_range(time_range, known)

        def work(report: "Callable[[Event], None]") -> Answer:
            return asyncio.run(self._run(known, question, options, time_range, conversation, earlier, report))

        return (yield from watched(work))

    def _read_first(self, name: VideoName) -> "Generator[Event, None, Video]":
        """The video of that name, read now if it has not been."""
        file = Path(name)
        if file.exists():
            video = self.library.get(self.library.identify(file))
            if video is None or video.status != "ready":
                ingested = yield from self.ingest_events(file)
                video = self.library.get(ingested.video)
            assert video is not None
            return video
        video = self.library.find(str(name))
        if video is None:
            raise MediaError(
                f"{name}: no such file, and no video of that name or id has been read (see `vidscout videos`)"
            )
        if video.status != "ready":
            raise MediaError(f"{video.name} was read only in part, and {video.path} is gone: bring the file back")
        return video

    async def _run(
        self,
        videos: list[Video],
        question: str,
        options: list[str],
        time_range: tuple[float, float] | None,
        conversation: str | None,
        earlier: Sequence[Answer],
        report: "Callable[[Event], None]",
    ) -> Answer:
        from ..graphs.answer.graph import build
        from ..graphs.answer.state import AnswerState, begin

        began = time.perf_counter()
        state: dict[str, Any] = {}
        start: Any = AnswerState(
            question=question,
            turns=[turn(answer) for answer in earlier],
            options=options,
            videos=[video.id for video in videos],
            durations={video.id: video.duration for video in videos},
            names={video.id: video.name for video in videos},
            time_range=time_range,
        )
        async with self._checkpointer(conversation) as checkpointer:
            graph = build().compile(checkpointer=checkpointer)
            config: Any = {"configurable": {"thread_id": conversation}} if conversation else None
            if conversation:
                before = await graph.aget_state(config)
                start = None if before.next and same_question(before.values, start) else begin(start)
            with counting() as counters, noting() as mended:
                modes: Any = {"stream_mode": ["custom", "values"], "durability": "sync" if conversation else None}
                stream = graph.astream(start, config, context=self.answering(), **modes)
                async for mode, chunk in stream:
                    if mode == "custom":
                        report(cast("Event", chunk))
                    else:
                        state = cast("dict[str, Any]", chunk)
        state["timings"]["total"] = time.perf_counter() - began
        state["notes"] = [*state["notes"], *mended]
        return answered(AnswerState(**state), videos, counters, self.profile.name)

    def _checkpointer(self, conversation: str | None) -> Any:
        """Where a conversation is kept; a question outside of any leaves nothing behind and waits for no disk."""
        if conversation is None:
            return nullcontext()
        from .checkpoints import open_checkpointer

        return open_checkpointer(self.settings.checkpoints or self.settings.home / "conversations.sqlite")

    def answering(self) -> "Answering":
        """What the answer graph works with under these settings: the context that it is run with.

        Raises:
            UsageError: a selector, packer or route that does not exist, or a route that this answerer cannot go.
        """
        from ..graphs.answer.packers import PACKERS
        from ..graphs.answer.routes import route
        from ..graphs.answer.selectors import SELECTORS
        from ..graphs.answer.state import Answering

        settings = self.settings
        for kind, name, known in (("selector", settings.selector, SELECTORS), ("packer", settings.packer, PACKERS)):
            if name not in known:
                raise UsageError(f"no {kind} {name!r}; there are {', '.join(sorted(known))}")
        way, answerer = route(settings.route), self.role("answerer")
        if not way.records and not answerer.accepts_frames:
            raise UsageError(f"route {way.name!r} shows frames only, and answerer {answerer.name!r} reads none")
        return Answering(
            index=self.index,
            text_embedding=self.role("text_embedding"),
            frame_encoder=self.models.optional("frame_embedding"),
            detector=self.models.open_detector(),
            answerer=answerer,
            selector=settings.selector,
            packer=settings.packer,
            route=way,
            planner=settings.planner or self.profile.planner,
            frames=settings.frames or self.profile.frames,
            token_budget=settings.token_budget or self.profile.token_budget,
            max_new_tokens=settings.max_new_tokens,
            max_rounds=settings.max_rounds,
            tool_timeout=settings.tool_timeout,
        )

    # -- generated or not ----------------------------------------------------------------------------------------

    def detect(
        self,
        video: VideoName,
        *,
        calibration: str | PathLike[str] | None = None,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> "Verdict":
        """Examine a video for traces of generation: `real`, `generated` or `uncertain`, with everything measured.

        Args:
            video: a file, or the id or name of a video that has been read; it need not have been.
            calibration: a file made by `vidscout detect calibrate`; by default the one that ships.

        Raises:
            MediaError: the file cannot be read.
            UsageError: the calibration is none, or was made under other conditions.
        """
        from .generated.detect import detect

        return detect(self, video, calibration=calibration, on_event=on_event)

    # -- the index -----------------------------------------------------------------------------------------------

    def search(
        self,
        query: str,
        videos: VideoName | Sequence[VideoName] | None = None,
        *,
        modality: str | None = None,
        time_range: tuple[float, float] | None = None,
        k: int = 10,
    ) -> list[Evidence]:
        """What in the index fits a text best, by meaning and by words, in one video, several, or all.

        Args:
            modality: `speech`, `screen_text`, `object`, `frame` or `caption`; by default all of them.
            k: at most so many results.

        Raises:
            UsageError: an empty query, an unknown modality, a range without length, an unknown video.
        """
        query = checked_question(query, "query")
        check_range(time_range)
        try:
            modalities = [Modality(modality)] if modality else None
        except ValueError:
            known = ", ".join(m for m in Modality if m not in UNSEARCHED)
            raise UsageError(f"no modality {modality!r}; there are {known}") from None
        names = [videos] if isinstance(videos, str | PathLike) else videos
        ids = [self.find(name).id for name in names] if names is not None else None
        [vector] = cast("Any", self.role("text_embedding")).run([query])
        within = Span(*time_range) if time_range else None
        hits = self.index.search(query, vector, modalities=modalities, within=within, videos=ids, k=k)
        names = {video.id: video.name for video in self.videos()}
        return [evidence(hit.record, hit.similarity or hit.score, names.get(hit.record.video, "")) for hit in hits]

    def videos(self) -> list[Video]:
        """The videos that have been read, oldest first."""
        return self.library.all()

    def find(self, name: VideoName) -> Video:
        """A video that has been read, by file, id, or name.

        Raises:
            UnknownVideoError: there is none.
        """
        file = Path(name)
        video = self.library.get(self.library.identify(file)) if file.is_file() else self.library.find(str(name))
        if video is None:
            raise UnknownVideoError(f"{name} has not been read; `vidscout videos` lists what has")
        return video

    def forget(self, video: VideoName, *, missing_ok: bool = False) -> None:
        """Remove a video and everything that was found in it; the file itself stays.

        Raises:
            UnknownVideoError: there is no such video, unless `missing_ok`.
        """
        try:
            known = self.find(video)
        except UnknownVideoError:
            if missing_ok:
                return
            raise
        self.index.delete(known.id)

    @property
    def library(self) -> Library:
        return self.index.library

    # -- models --------------------------------------------------------------------------------------------------

    def role(self, role: str) -> Any:
        """The backend that plays a role in this profile, constructed once; it loads on its first use."""
        return self.models.role(role)

    def close(self) -> None:
        """Let go of models and files."""
        self.models.close()
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
