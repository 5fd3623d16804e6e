"""The tools themselves: what each does, over the inbox and its scout."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from ...graphs.events import Event
from ...tools.errors import UnknownVideoError
from ..answer import Answer, Evidence, Ingested
from ..api.asking.probing import ProbeResult
from ..api.asking.probing import result_of as probe_of
from ..api.asking.question import fetched
from ..api.chat import until_read
from ..api.people import PeopleObject, people_of
from ..api.shapes import Citation, DetectResult, QualityResult, StageObject, VideoObject
from ..bridge import in_thread, streamed
from ..guard.doors import owner_of
from ..guard.guard import OWNER
from ..inbox.inbox import Inbox
from .describing import DescribeTools
from .progress import ToolProgress
from .shapes import AskVideoResult, SearchVideoResult, Seconds, Source, VideoList, VideoStages, asked_of


class Tools(DescribeTools):
    """One method a tool; its docstring and its parameters are what an assistant reads."""

    def __init__(self, inbox: Inbox, local: bool, fetches: bool = False) -> None:
        """Lend the tools of an inbox.

        Args:
            inbox: the scout, and what is on its way in.
            local: whether whoever asks may name files of this machine.
            fetches: whether a question may name a video that has not been read.
        """
        self._inbox = inbox
        self._local = local
        self._fetches = fetches

    async def ingest_video(
        self,
        source: Source,
        context: "Context[Any, Any]",
        stages: Annotated[
            list[str] | None, Field(description="Also by these stages, where video_stages says they are not done.")
        ] = None,
    ) -> VideoObject:
        """Read a video into the index, by its address or (locally) its path; one that was read before costs nothing."""
        steps = ToolProgress(context)
        video = await self._read_first(source, steps)
        if stages:
            stop = threading.Event()
            try:
                async for event in streamed(lambda: self._inbox.read_by(video, stages, stop)):
                    await steps.see(event)
            finally:
                stop.set()
        await steps.ready()
        return VideoObject.model_validate(await in_thread(self._inbox.status, video), from_attributes=True)

    async def ask_video(
        self,
        videos: Annotated[list[Source], Field(min_length=1, max_length=64)],
        question: Annotated[str, Field(min_length=1, max_length=4000)],
        context: "Context[Any, Any]",
        options: Annotated[list[str] | None, Field(description="2 to 26 choices; the answer names one.")] = None,
        time_range: Annotated[tuple[Seconds, Seconds] | None, Field(description="Only what overlaps it.")] = None,
        conversation: Annotated[
            str | None, Field(max_length=200, description="Any name; its questions may lean on those before.")
        ] = None,
        region: Annotated[
            tuple[Seconds, tuple[float, float, float, float]] | None,
            Field(
                description="A time, and left, top, right, bottom as shares of the picture: ask about what is there."
            ),
        ] = None,
        best_of: Annotated[
            int | None, Field(ge=1, le=4, description="How many answers to write; the best supported is given.")
        ] = None,
        verify: Annotated[
            Literal["note", "correct"] | None, Field(description="`correct`: write unsupported sentences anew.")
        ] = None,
    ) -> AskVideoResult:
        """Answer a question about one or several videos, with the times of the evidence."""
        steps = ToolProgress(context)
        ids = [await self._asked_about(name, steps) for name in videos]
        name = f"mcp/{_owner(context)}{conversation}" if conversation else None
        changes = {key: value for key, value in (("best_of", best_of), ("verify", verify)) if value is not None}
        scout = self._inbox.scout.with_settings(**changes) if changes else self._inbox.scout

        def events() -> Iterator[Event | Answer]:
            with self._inbox.asking(name):
                yield from scout.stream(ids, question, options, time_range, conversation=name, region=region)

        async for event in streamed(events):
            if isinstance(event, Answer):
                return asked_of(event)
            await steps.step(event)
        raise RuntimeError("a question ended without an answer")

    async def search_video(
        self,
        query: Annotated[str, Field(min_length=1, max_length=4000)],
        videos: Annotated[list[Source] | None, Field(description="By id or name; all by default.")] = None,
        modality: Annotated[
            str | None, Field(description="speech, screen_text, object, frame or caption; all by default.")
        ] = None,
        time_range: tuple[Seconds, Seconds] | None = None,
        k: Annotated[int, Field(ge=1, le=200)] = 10,
    ) -> SearchVideoResult:
        """Find moments by what is said, written or seen."""

        def found() -> list[Evidence]:
            ids = [self._inbox.find(name) for name in videos or []] or None
            for video in ids or []:
                self._inbox.check_ready(video)
            return self._inbox.scout.search(query, ids, modality=modality, time_range=time_range, k=k)

        hits = await in_thread(found)
        return SearchVideoResult(
            query=query, moments=[Citation.model_validate(hit, from_attributes=True) for hit in hits]
        )

    async def list_videos(self) -> VideoList:
        """List the videos that have been read or are being read."""
        known = await in_thread(self._inbox.all)
        return VideoList(videos=[VideoObject.model_validate(status, from_attributes=True) for status in known])

    async def video_stages(self, video: Source) -> VideoStages:
        """List by what a video has been read, and what is missing, failed or out of date."""
        found = await in_thread(lambda: self._inbox.scout.stages(self._inbox.find(video)))
        return VideoStages(stages=[StageObject.model_validate(stage, from_attributes=True) for stage in found])

    async def list_people(self, video: Source) -> PeopleObject:
        """List whose face is seen and who speaks in a video that has been read, for how long and when."""
        return people_of(await in_thread(lambda: self._inbox.scout.people.list(self._inbox.find(video))))

    async def name_person(
        self,
        video: Source,
        who: Annotated[str, Field(min_length=1, max_length=200, description="As list_people names him.")],
        name: Annotated[str, Field(min_length=1, max_length=200)],
    ) -> PeopleObject:
        """Say what somebody in a video is called; two with one name are one person from then on."""

        def named() -> PeopleObject:
            found = self._inbox.find(video)
            self._inbox.scout.people.name(who, name, found)
            return people_of(self._inbox.scout.people.list(found))

        return await in_thread(named)

    async def detect_generated(self, video: Source, context: "Context[Any, Any]") -> DetectResult:
        """Examine a video for traces of generation: real, generated or uncertain, with everything measured."""
        found = await self._asked_about(video, ToolProgress(context))

        def examined() -> dict[str, Any]:
            with self._inbox.asking():
                return self._inbox.scout.detect(found).as_dict()

        return DetectResult.model_validate(await in_thread(examined))

    async def _asked_about(self, name: str, steps: ToolProgress) -> str:
        """The id of a video that a question is about; only where that was allowed, one that is not here is read."""
        if self._fetches:
            return await self._read_first(name, steps)
        if name.lower().startswith(("http://", "https://")) or (self._local and Path(name).expanduser().is_file()):
            raise UnknownVideoError(f"{name[:200]} is not read for a question: call ingest_video with it first")
        video = await in_thread(self._inbox.find, name)
        async for progress in until_read(self._inbox, [video]):
            await steps.see(progress)
        return video

    async def video_quality(self, video: Source, context: "Context[Any, Any]") -> QualityResult:
        """Measure how good a video's picture and sound are: a level, and what was measured, with the worst moments."""
        found = await self._asked_about(video, ToolProgress(context))

        def measured() -> dict[str, Any]:
            with self._inbox.asking():
                return self._inbox.scout.quality(found).as_dict()

        return QualityResult.model_validate(await in_thread(measured))

    async def probe_video(
        self,
        video: Source,
        question: Annotated[str, Field(min_length=1, max_length=4000)],
        context: "Context[Any, Any]",
        options: Annotated[list[str] | None, Field(description="2 to 26 choices.")] = None,
        answer: Annotated[
            str | None, Field(max_length=4000, description="The right answer, where it is known: an option, or words.")
        ] = None,
    ) -> ProbeResult:
        """Ask a question from words alone and from frames alone, and tell which side of the evidence fails it."""
        found = await self._asked_about(video, ToolProgress(context))

        def probed() -> ProbeResult:
            with self._inbox.asking():
                return probe_of(self._inbox.scout.probe(found, question, options, answer))

        return await in_thread(probed)

    def _steps(self, context: "Context[Any, Any]") -> ToolProgress:
        return ToolProgress(context)

    async def _read_first(self, name: str, steps: ToolProgress) -> str:
        """The id of a video that has been read; one that has not been is read now."""
        if name.lower().startswith(("http://", "https://")):
            video = await fetched(name, self._inbox)
        elif self._local and Path(name).expanduser().is_file():
            return await _read(self._inbox, Path(name).expanduser(), steps)
        else:
            video = await in_thread(self._inbox.find, name)
        async for progress in until_read(self._inbox, [video]):
            await steps.see(progress)
        return video


def _owner(context: "Context[Any, Any]") -> str:
    """Whose a call over HTTP is, as the beginning of a conversation's name; empty over stdin and stdout."""
    request = context.request_context.request
    owner = getattr(request, "scope", {}).get(OWNER, "")
    return f"{owner_of('caller', owner)}/" if owner else ""


async def _read(inbox: Inbox, file: Path, steps: ToolProgress) -> str:
    """Read a file of this machine; whoever stops waiting for it stops it, and what was read is kept."""
    stop = threading.Event()
    read: list[Ingested] = []

    def reading() -> Iterator[Event]:
        read.append((yield from inbox.scout.ingest_events(file, stop=stop)))

    try:
        async for event in streamed(reading):
            await steps.see(event)
    finally:
        stop.set()
    return read[0].video
