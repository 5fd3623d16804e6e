"""The addresses that search, and those that check: over the index, and whether a video was generated."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing, suppress
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ... import __version__
from ...graphs.events import StepStarted
from ...tools.errors import HomeError, UsageError
from ...tools.perception.voices.names import is_numbered
from ..answer import Evidence
from ..bridge import in_thread, streamed
from ..generated.detect import detect_events
from ..generated.telling import kind_of, sentence, unusual
from ..generated.verdict import Verdict
from ..inbox.inbox import Inbox
from ..library.fitting import searched
from ..people.people import SomebodyThere
from ..scout import VideoScout
from .asking.probing import ProbeRequest, ProbeResult
from .asking.probing import result_of as probe_of
from .asking.question import located
from .chat import cited
from .errors import problem_of
from .shapes import DetectRequest, DetectResult, Hits, QualityResult, SearchRequest, listed

STEPS = ("probe", "file", "measure", "writing", "faces", "hands", "choose", "judge", "check", "verdict")
"""Of a check, in the order in which they begin."""


VERDICT = f"verdict {__version__} {{}}"
"""Under what the last verdict on a video is kept, which goes with the video."""
UNKNOWN = "unknown person "
"""With what a face is called whose name is not known (`tools/perception/people/persons.py`)."""


class SomebodySomewhere(BaseModel):
    """Somebody who speaks or is seen in some video."""

    name: str
    videos: list[str]
    seconds: float = Field(description="In all of them.")


def add_searching(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    scout = inbox.scout

    def found(request: SearchRequest) -> Hits:
        ids = [inbox.find(name) for name in listed(request.video)] or None
        for video in ids or []:
            inbox.check_ready(video)
        if request.image is not None:
            hits = by_picture(scout, request, ids)
        else:
            hits = searched(
                scout,
                request.query,
                ids,
                modalities=listed(request.modality),
                time_range=request.time_range,
                person=request.person,
                fitting=request.fitting,
                k=request.k,
            )
        return Hits(query=request.query, data=[cited(hit, scout.index.thumbnail_address) for hit in hits])

    @site.post("/v1/search", tags=["evidence"])
    def search(request: SearchRequest) -> Hits:
        """Find moments by what is said, written or seen, or by a picture that they look like."""
        return found(request)

    @site.get("/v1/search", tags=["evidence"])
    def search_by_address(
        query: str,
        video: Annotated[list[str] | None, Query()] = None,
        modality: Annotated[list[str] | None, Query()] = None,
        start: Annotated[float | None, Query(ge=0)] = None,
        end: Annotated[float | None, Query(gt=0)] = None,
        person: str | None = None,
        fitting: bool = False,
        k: Annotated[int, Query(ge=1, le=1000)] = 10,
    ) -> Hits:
        """The same, with everything in the address."""
        within = None if start is None and end is None else (start or 0.0, float("inf") if end is None else end)
        asked = {"video": video, "modality": modality, "time_range": within, "person": person, "fitting": fitting}
        return found(SearchRequest.model_validate({"query": query, "k": k, **asked}))

    @site.get("/v1/people", tags=["evidence"])
    def everybody() -> list[SomebodySomewhere]:
        """Who speaks or is seen in any video and has a name, for `person` of a search."""
        people = scout.people.list()
        return _by_name([*people.speakers, *people.people])


def by_picture(scout: VideoScout, request: SearchRequest, ids: list[str] | None) -> list[Evidence]:
    """The moments that look like the picture of a request.

    Raises:
        UsageError: it is no picture, or is asked for together with words.
    """
    if request.query or request.modality or request.person or request.fitting:
        raise UsageError("image goes without query, modality, person and fitting: a picture is compared with frames")
    try:
        picture = b64decode((request.image or "").rpartition(",")[2], validate=True)
    except ValueError:
        raise UsageError("image: is neither base64 nor a data: address of it") from None
    return scout.search_by_image(picture, ids, time_range=request.time_range, k=request.k)


def _by_name(people: list[SomebodyThere]) -> list[SomebodySomewhere]:
    named: dict[str, SomebodySomewhere] = {}
    for one in people:
        if is_numbered(one.name) or one.name.startswith(UNKNOWN):
            continue  # the same number in another video is somebody else
        known = named.setdefault(one.name.casefold(), SomebodySomewhere(name=one.name, videos=[], seconds=0.0))
        known.videos = list(dict.fromkeys([*known.videos, one.video]))
        known.seconds = round(known.seconds + one.seconds, 2)
    return sorted(named.values(), key=lambda one: -one.seconds)


def add_checking(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    scout = inbox.scout

    async def ready(name: str) -> str:
        [video] = await located([name], inbox)
        while inbox.is_coming(video):
            await asyncio.sleep(0.1)
        await in_thread(inbox.check_ready, video)
        return video

    @site.post("/v1/detect", tags=["evidence"], response_model=DetectResult)
    async def detect(request: DetectRequest) -> Any:
        """Examine a video for traces of generation; with `stream`, as server-sent events."""
        video = await ready(request.video)

        def events() -> "Generator[Any, None, None]":
            with inbox.asking():
                yield (yield from detect_events(scout, video))

        if request.stream:
            headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
            return StreamingResponse(_told(events, video, inbox), media_type="text/event-stream", headers=headers)
        async with aclosing(streamed(events)) as happening:
            verdict = [event async for event in happening][-1]
        return await in_thread(result_of, verdict, video, inbox)

    @site.get("/v1/videos/{video}/verdict", tags=["evidence"])
    def verdict(video: Annotated[str, Path(min_length=1, max_length=200)]) -> DetectResult | None:
        """What the last check of a video found; null where it has not been checked."""
        kept = scout.library.cached(VERDICT.format(inbox.find(video)))
        return None if kept is None else DetectResult.model_validate_json(kept)

    @site.post("/v1/quality", tags=["evidence"])
    async def quality(request: DetectRequest) -> QualityResult:
        """Measure how good a video's picture and sound are."""
        video = await ready(request.video)

        def measured() -> dict[str, Any]:
            with inbox.asking():
                return scout.quality(video).as_dict()

        return QualityResult.model_validate(await in_thread(measured))

    @site.post("/v1/probe", tags=["evidence"])
    async def probe(request: ProbeRequest) -> ProbeResult:
        """Ask a question from words alone and from frames alone, and tell which side fails it."""
        video = await ready(request.video)

        def probed() -> ProbeResult:
            with inbox.asking():
                return probe_of(scout.probe(video, request.question, request.options, request.answer))

        return await in_thread(probed)


def result_of(verdict: Verdict, video: str, inbox: Inbox) -> DetectResult:
    """A verdict in the shape of the server, by the video's own name; it is kept with the video."""
    told = {**verdict.as_dict(), "id": video, "video": inbox.status(video).name}
    words = {"kind": kind_of(verdict), "sentence": sentence(verdict), "unusual": unusual(verdict)}
    result = DetectResult.model_validate({**told, **words})
    with suppress(HomeError):  # a home that cannot be written keeps none
        inbox.scout.library.cache(VERDICT.format(video), result.model_dump_json().encode(), video)
    return result


async def _told(events: Any, video: str, inbox: Inbox) -> AsyncIterator[str]:
    """Each step as it begins with the share of steps behind it, then the result or the error."""
    try:
        async with aclosing(streamed(events)) as happening:
            async for event in happening:
                if isinstance(event, Verdict):
                    result = await in_thread(result_of, event, video, inbox)
                    yield _line({"event": "result", **result.model_dump(mode="json")})
                elif isinstance(event, StepStarted) and event.step in STEPS:
                    share = STEPS.index(event.step) / len(STEPS)
                    yield _line({"event": "step", "step": event.step, "progress": share})
    except Exception as error:
        yield _line(problem_of(error).body)
    yield "data: [DONE]\n\n"


def _line(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
