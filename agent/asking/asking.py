"""Asking about videos: the way from a question to its answer, with what happens meanwhile."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import CancelledError, MediaError, StepError, UnknownVideoError, UsageError, VidscoutError
from ...tools.index.rows.live import is_live
from ...tools.index.videos import Video
from ...tools.runtime.counters import counting
from ...tools.runtime.notes import noting
from ..answer import Answer
from ..bridge import end_state, finished, in_thread, streamed, watched
from ..library.ingesting import Ingesting
from ..profiles.budget import budget_for
from ..questions import answered, check_range, checked_options, checked_question, same_question, turn
from ..which_video import VideoName, meant, unknown
from .narrowing import narrowed

if TYPE_CHECKING:
    from ...graphs.answer.state import Answering
    from ...graphs.events import Event
    from .regions import Region

BRANCHES_AT_ONCE = 16
"""Steps of one question that may run side by side: above the number of modalities, so that none waits for another."""


@dataclass(frozen=True)
class Asked:
    """One question, checked, about videos that have been read."""

    videos: list[Video]
    question: str
    options: list[str]
    time_range: tuple[float, float] | None
    conversation: str | None
    earlier: Sequence[Answer]
    at: float
    """When it was asked, on the clock of `time.perf_counter`."""
    stop: threading.Event
    """Set when nobody waits for the answer any more."""


class Asking(Ingesting):
    """The part of `VideoScout` that answers questions."""

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
        region: "Region | None" = None,
    ) -> Answer:
        """Answer a question about one or several videos; a video that has not been read yet is read first.

        Args:
            videos: files, or ids, names or links (`vidscout://ID`) of videos that have been read.
            question: free text, at most `LONGEST_QUESTION` characters.
            options: 2 to 26 choices; the answer then names one by its letter.
            time_range: start and end in seconds; only what overlaps it counts.
            on_event: called from this thread with steps, tools and tokens as they happen.
            conversation: any name; questions of one conversation may lean on those before (“and what happened after
                that?”). It outlives this process, and a question in it that was cut off goes on where it stopped.
            earlier: answers that the question may lean on where there is no `conversation`, oldest first; nothing is
                kept of them.
            region: a time in seconds and a box (left, top, right, bottom, as shares of the picture): the question is
                about what is in it. It is named, read and followed, and cut out for an answerer that sees; the video
                need not have been read.

        Raises:
            UsageError: an empty or overlong question, a range without length, too few options.
            UnknownVideoError: what is named is neither a file nor a video that has been read.
            MediaError: a file cannot be read.
            WeightsError: model weights have not been pulled.
        """
        if region is not None:
            return finished(self._region_events(videos, question, region), on_event)
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
        region: "Region | None" = None,
        partial: bool = False,
    ) -> "Iterator[Event | Answer]":
        """Like `ask`, yielding steps, tools and tokens as they happen, and the `Answer` last.

        Closing the iterator early stops the answer at its next step or token. With `partial`, a video that is being
        read is asked about as far as it has been read.
        """
        if region is not None:
            yield (yield from self._region_events(videos, question, region))
            return
        asked = (videos, question, options, time_range, conversation, earlier)
        yield (yield from self._answer_events(*asked, partial=partial))

    async def aask(self, videos: VideoName | Sequence[VideoName], question: str, **options: Any) -> Answer:
        """`ask` without blocking the event loop; `on_event` is then called from another thread."""
        return await in_thread(self.ask, videos, question, **options)

    async def astream(
        self, videos: VideoName | Sequence[VideoName], question: str, **options: Any
    ) -> "AsyncIterator[Event | Answer]":
        """`stream` without blocking the event loop."""
        async for event in streamed(lambda: self.stream(videos, question, **options)):
            yield event

    def answering(self, asked_at: float | None = None, stop: threading.Event | None = None) -> "Answering":
        """What the answer graph works with under these settings: the context that it is run with.

        Args:
            asked_at: when the question was asked, on the clock of `time.perf_counter`; by default now.
            stop: set it, from any thread, to end the answer at its next step or token.

        Raises:
            UsageError: a selector, packer or route that does not exist, or a route that this answerer cannot go.
        """
        from ...graphs.answer.packers import PACKERS
        from ...graphs.answer.routes import route
        from ...graphs.answer.selectors import SELECTORS
        from ...graphs.answer.state import Answering

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
            label_embedding=self.models.label_embedding(),
            frame_encoder=self.models.optional("frame_embedding"),
            detector=self.models.open_detector(),
            answerer=answerer,
            judge=self.models.optional("judge") if self._quotes and not settings.fast else None,
            quotes=self._quotes,
            scales=settings.scales,
            tool_share=settings.tool_share,
            best_of=settings.best_of,
            observations=settings.observations,
            corrects=settings.verify == "correct",
            answer_from=settings.answer_from,
            selector=settings.selector,
            packer=settings.packer,
            route=way,
            planner=settings.planner or self.profile.planner,
            records=self.profile.records,
            evidence_weight=self.profile.evidence_weight,
            frames=settings.frames or self.profile.frames,
            token_budget=settings.token_budget or budget_for(self.profile, answerer, settings.frames),
            max_new_tokens=settings.max_new_tokens,
            max_rounds=settings.max_rounds,
            tool_timeout=settings.tool_timeout,
            answer_timeout=settings.answer_timeout,
            asked_at=time.perf_counter() if asked_at is None else asked_at,
            stop=stop or threading.Event(),
        )

    @property
    def _quotes(self) -> bool:
        """Whether free questions are answered in the words of what was found."""
        return self.profile.quotes and self.settings.best_of == 1

    def _answer_events(
        self,
        videos: VideoName | Sequence[VideoName],
        question: str,
        options: Sequence[str] | None,
        time_range: tuple[float, float] | None,
        conversation: str | None,
        earlier: Sequence[Answer],
        partial: bool = False,
    ) -> "Generator[Event, None, Answer]":
        asked_at = time.perf_counter()
        names = [videos] if isinstance(videos, str | PathLike) else list(videos)
        question = checked_question(question)
        chosen = checked_options(options)
        check_range(time_range)
        if not names:
            raise UsageError("no video was named")
        quotes = self._quotes and not chosen and not self.role("answerer").accepts_frames
        self.models.warm_up(writes=not quotes, judges=quotes and not self.settings.fast)
        known: list[Video] = []
        for name in names:
            video = yield from self._read_first(name, partial)
            known.append(video)
        check_range(time_range, known)
        if time_range is None and len(known) == 1 and is_live(self.settings.home, known[0].id):
            from ...graphs.watch.moments import live_range

            time_range = live_range(question, known[0].duration)
        stop = threading.Event()
        asked = Asked(known, question, chosen, time_range, conversation, earlier, asked_at, stop)

        def work(report: "Callable[[Event], None]") -> Answer:
            from ...graphs.guarded import why

            try:
                return self._gated(asked, report)
            except VidscoutError:
                raise
            except Exception as error:  # beside the graph's own steps: a checkpoint that could not be written
                raise StepError(f"the question could not be answered ({why(error)})") from error

        # In a thread of its own: an interrupt from the keyboard reaches the thread that waits for it at once, where a
        # graph that runs in it would first wait for its steps to end.
        return (yield from watched(work, stop))

    def _region_events(
        self, videos: VideoName | Sequence[VideoName], question: str, region: "Region"
    ) -> "Generator[Event, None, Answer]":
        from .regions import ask_about

        names = [videos] if isinstance(videos, str | PathLike) else list(videos)
        if len(names) != 1:
            raise UsageError(f"a region is a part of one video, and {len(names)} were named")
        asked, stop = checked_question(question), threading.Event()

        def work(report: "Callable[[Event], None]") -> Answer:
            return ask_about(self, names[0], asked, region, report, stop)

        return (yield from watched(work, stop))

    def _read_first(self, name: VideoName, partial: bool = False) -> "Generator[Event, None, Video]":
        """The video of that name, read now if it has not been, unless a part of it is enough."""
        video = meant(self.library, name)
        if isinstance(video, Video) and (partial or video.status == "ready"):
            return video
        file = video if isinstance(video, Path) else Path(name)
        if isinstance(video, Video) and not file.is_file():
            file = video.path
            if not file.is_file():
                raise MediaError(f"{video.name} was read only in part, and {file} is gone: bring the file back")
        ingested = yield from self.ingest_events(file)
        read = self.library.get(ingested.video)
        if read is None:
            raise UnknownVideoError(unknown(ingested.video))
        return read

    def _gated(self, asked: Asked, report: "Callable[[Event], None]") -> Answer:
        """The answer, unless the gate holds back the question or it; what is being written is then not shown before."""
        if self.settings.gate == "off":
            return self._answer(asked, report)
        from ...graphs.events import Token
        from .gate import Gate, refused, unanswered

        by_model = self.settings.gate == "model"
        gate = Gate((self.models.optional("judge") or self.role("answerer")) if by_model else None)
        reason = gate.refusal(" ".join([asked.question, *asked.options]), "question")
        if reason is not None:
            took = time.perf_counter() - asked.at
            return unanswered(asked.question, [video.id for video in asked.videos], self.profile.name, reason, took)
        answer = self._answer(asked, lambda event: None if isinstance(event, Token) else report(event))
        reason = gate.refusal(answer.text, "answer")
        return answer if reason is None else refused(answer, reason, "answer")

    def _answer(self, asked: Asked, report: "Callable[[Event], None]") -> Answer:
        """What another part was asked for, else what the answer graph finds; its events are reported."""
        answering = self.answering(asked.at, asked.stop)
        with noting() as notes:
            handed = self._handed_over(asked, answering, report)
        if handed is not None:
            return handed
        answer = self._by_graph(asked, answering, report)
        return replace(answer, notes=[*answer.notes, *notes]) if notes else answer

    def _handed_over(self, asked: Asked, answering: "Answering", report: "Callable[[Event], None]") -> Answer | None:
        """The answer to a question that wants stretches, highlights, a clip or a summary of a part; None: any other.

        Overridden by the part of `VideoScout` that hands over (`handing_over.py`), which knows those that make them.
        """
        return None

    def _by_graph(self, asked: Asked, answering: "Answering", report: "Callable[[Event], None]") -> Answer:
        """Run the answer graph, reporting its events."""
        from ...graphs.answer.graph import compiled
        from ...graphs.answer.state import AnswerState, begin
        from ...graphs.events import Relevance

        curves: dict[str, list[tuple[float, float]]] = {}
        start: Any = AnswerState(
            question=asked.question,
            turns=[turn(answer) for answer in asked.earlier],
            options=asked.options,
            time_range=asked.time_range,
        )

        def tell(event: "Event") -> None:
            if asked.stop.is_set():
                raise CancelledError("the question was given up")
            if isinstance(event, Relevance):
                curves[event.video] = list(event.points)
            report(event)

        with self._checkpointer(asked.conversation) as checkpointer, counting() as counters, noting() as mended:
            self.embed_anew([video.id for video in asked.videos], tell, asked.stop)
            graph = compiled(checkpointer)
            config: Any = {"max_concurrency": BRANCHES_AT_ONCE}
            turns, before = list(start.turns), None
            if asked.conversation:
                config["configurable"] = {"thread_id": asked.conversation}
                before = graph.get_state(config)
                turns += before.values.get("turns", [])
            leant_on = {turn.video for turn in turns[-1:] if turn.video is not None}
            videos = narrowed(answering, asked.videos, asked.question, asked.options, leant_on)
            answering = replace(answering, sources={video.id: Path(video.path) for video in videos})
            start.videos = [video.id for video in videos]
            start.durations = {video.id: video.duration for video in videos}
            start.names = {video.id: video.name for video in videos}
            if before is not None:
                start = None if before.next and same_question(before.values, start) else begin(start)
            stream = graph.stream(
                start,
                config,
                context=answering,
                stream_mode=["custom", "values"],
                durability="sync" if asked.conversation else None,
            )
            state = end_state(stream, tell)
        state["timings"]["total"] = time.perf_counter() - asked.at
        sought = {step.removeprefix("gather:") for step in state["route"] if step.startswith("gather:")}
        missing = [note for video in videos for note in self.gaps(video, sought)]
        unusual = self.models.usual.unusual(state["timings"]["total"], len(state["text"]))
        state["notes"] = [*state["notes"], *mended, *missing, *unusual]
        return answered(AnswerState(**state), videos, counters, self.profile.name, curves)

    def _checkpointer(self, conversation: str | None) -> Any:
        """Where a conversation is kept; a question outside of any leaves nothing behind and waits for no disk."""
        if conversation is None:
            return nullcontext()
        from ..conversations.checkpoints import open_checkpointer

        return open_checkpointer(self.conversations)
