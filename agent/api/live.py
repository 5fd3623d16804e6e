"""The addresses of live videos: what stands to be told, and what was told, also as it happens.

Nothing is watched by asking here: `vidscout watch` does that, in a process of its own on the same home.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ...tools.errors import UnknownVideoError, UsageError
from ..bridge import in_thread
from ..inbox.inbox import Inbox
from .errors import problem_of

LOOKS = 0.5
"""Seconds after which whoever follows is told of what is new."""
STILL_HERE = 15.0
"""Seconds without an event after which a line says that the stream still runs, as proxies end silent ones."""


class LiveVideo(BaseModel):
    """A video that is or was watched live."""

    id: str
    name: str
    seconds: float = Field(description="How far it goes by now.")
    standing: list[str] = Field(description="The questions that stand, oldest first.")


class LiveVideos(BaseModel):
    """All of them, oldest first."""

    object: Literal["list"] = "list"
    data: list[LiveVideo]


class LiveEvent(BaseModel):
    """Something that a standing question told of."""

    question: str
    video: str
    start: float = Field(description="Seconds since the watching began.")
    end: float
    at: float = Field(description="When it was told, in seconds since 1970.")
    modality: str
    text: str = Field(description="What was found.")
    relevance: float = Field(description="0..1.")
    novelty: float = Field(description="0..1.")
    source: str = Field(description="Tool and version that found it.")
    picture: str | None = Field(description="Address of a picture of that moment on this server.")


class LiveEvents(BaseModel):
    """What was told, oldest first."""

    object: Literal["list"] = "list"
    data: list[LiveEvent]


class StandingRequest(BaseModel):
    """Questions that stand from now on, and those that are taken back."""

    add: list[Annotated[str, Field(min_length=1, max_length=4000)]] = Field(default_factory=list, max_length=64)
    remove: list[str] = Field(default_factory=list, max_length=64)


Id = Annotated[str, Path(min_length=1, max_length=200)]


def add_live(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    scout = inbox.scout

    def told(video: str, since: float, limit: int) -> list[LiveEvent]:
        return [event_of(event, scout.index.thumbnail_address) for event in scout.told(video, since, limit)]

    @site.get("/v1/live", tags=["live"])
    def list_live() -> LiveVideos:
        """The videos that are or were watched live."""
        found = []
        for video in scout.videos():
            with suppress(UsageError):  # it is no live video
                found.append(_live(inbox, video.id))
        return LiveVideos(data=found)

    @site.get("/v1/live/{video}", tags=["live"])
    def get_live(video: Id) -> LiveVideo:
        """One of them: how far it goes, and what stands to be told."""
        return _live(inbox, inbox.find(video))

    @site.post("/v1/live/{video}/standing", tags=["live"])
    def stand(video: Id, request: StandingRequest) -> LiveVideo:
        """Have questions stand, or take them back; who watches the video sees it at once."""
        found = inbox.find(video)
        scout.standing(found, request.add, request.remove)
        return _live(inbox, found)

    @site.get("/v1/live/{video}/events", tags=["live"], response_model=LiveEvents)
    async def list_events(
        video: Id,
        http: Request,
        since: Annotated[float, Query(ge=0, description="Only what was told later, in seconds since 1970.")] = 0.0,
        limit: Annotated[int, Query(ge=1, le=1000, description="The latest so many.")] = 200,
        stream: Annotated[bool, Query(description="Go on as server-sent events, one each.")] = False,
    ) -> Any:
        """What the standing questions told of; with `stream`, also what they tell of from now on."""
        found = await in_thread(inbox.find, video)
        known = await in_thread(told, found, since, limit)
        if not stream:
            return LiveEvents(data=known)

        async def following() -> AsyncIterator[str]:
            latest, spoke, new = since, time.monotonic(), known
            try:
                while not await http.is_disconnected():
                    for event in new:
                        yield f"data: {event.model_dump_json()}\n\n"
                        latest, spoke = max(latest, event.at), time.monotonic()
                    if time.monotonic() - spoke > STILL_HERE:
                        yield ": still here\n\n"
                        spoke = time.monotonic()
                    await asyncio.sleep(LOOKS)
                    new = await in_thread(told, found, latest, 1000)
            except (UnknownVideoError, UsageError) as error:  # forgotten meanwhile
                yield f"data: {json.dumps(problem_of(error).body)}\n\n"
            yield "data: [DONE]\n\n"

        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(following(), media_type="text/event-stream", headers=headers)


def event_of(event: dict[str, Any], address: "Callable[[str, float], str | None]") -> LiveEvent:
    """An event in the shape of the server: paths of its disk stay there."""
    video, _, milliseconds = (address(event["video"], event["start"]) or "").partition("/")
    picture = f"/v1/videos/{video}/frames/{milliseconds}.jpg" if milliseconds and event.get("thumbnail") else None
    return LiveEvent.model_validate({**event, "picture": picture})


def _live(inbox: Inbox, video: str) -> LiveVideo:
    standing = inbox.scout.standing(video)
    known = inbox.scout.find(video)
    return LiveVideo(id=known.id, name=known.name, seconds=round(known.duration, 3), standing=standing)
