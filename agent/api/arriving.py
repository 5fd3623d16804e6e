"""The addresses for what is on its way: files in parts, links, stopping, going on, and copies for browsers."""

from typing import Annotated, Literal

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from ...tools.errors import UnknownVideoError, UsageError
from ..bridge import in_thread
from ..inbox.inbox import Inbox, NotReadyError
from ..inbox.parts import PART, Arriving, Parts
from ..inbox.playable import State
from ..network.sizes import shown_name
from .asking.question import fetched
from .errors import INVALID, RequestError
from .hanging_up import while_there
from .shapes import Asked, VideoObject

Id = Annotated[str, Path(min_length=1, max_length=200)]
Owner = Annotated[str, Query(max_length=100, description="A name that whoever sends it gives.")]


class UploadRequest(Asked):
    """A file that is going to be sent in parts."""

    name: str = Field(min_length=1, max_length=1000)
    size: int = Field(ge=1, description="Bytes.")
    mark: str = Field("", max_length=200, description="Tells it from files of that name and size.")
    owner: str = Field("", max_length=100, description="Who sends it; only they may stop its reading.")


class UploadObject(BaseModel):
    """How much of a file has arrived; with the last part, the video that it is."""

    object: Literal["upload"] = "upload"
    id: str
    name: str
    size: int = Field(description="Bytes of the whole file.")
    offset: int = Field(description="Bytes that are here: where the next part begins.")
    part: int = Field(PART, description="Bytes that are sent at once, at most.")
    video: str | None = Field(None, description="The id of the video, once all of it is here.")


class Uploads(BaseModel):
    object: Literal["list"] = "list"
    data: list[UploadObject]


class LinkRequest(Asked):
    """An address on the web where a video is."""

    url: str = Field(min_length=1, max_length=4000)


class OwnerRequest(Asked):
    """Who asks."""

    owner: str = Field("", max_length=100)


class PlayableObject(BaseModel):
    """Whether there is a copy that browsers play."""

    object: Literal["playable"] = "playable"
    video: str
    state: State


def add_arriving(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    _add_uploads(site, inbox)
    _add_reading(site, inbox)
    _add_playable(site, inbox)


def _add_uploads(site: FastAPI, inbox: Inbox) -> None:
    parts = Parts(inbox)

    @site.post("/v1/uploads", tags=["videos"])
    def begin(request: UploadRequest) -> UploadObject:
        """Begin to send a file in parts, or go on with one that was cut off."""
        return _upload(parts.begin(shown_name(request.name), request.size, request.mark, request.owner))

    @site.get("/v1/uploads", tags=["videos"])
    def unfinished(owner: Owner = "") -> Uploads:
        """Files of which a part has arrived, and not all."""
        return Uploads(data=[_upload(one) for one in parts.all(owner)])

    @site.get("/v1/uploads/{upload}", tags=["videos"])
    def progress(upload: Id) -> UploadObject:
        """How much of a file has arrived."""
        return _upload(parts.of(upload))

    @site.put("/v1/uploads/{upload}", tags=["videos"])
    async def put(upload: Id, offset: Annotated[int, Query(ge=0)], http: Request) -> UploadObject:
        """Send the next part as the body; with the last one the video is queued."""
        part = await _body(http)
        told = parts.of(upload)
        done = await in_thread(parts.put, upload, offset, part)
        if isinstance(done, Arriving):
            return _upload(done)
        return _upload(told, offset=told.size, video=done.video)

    @site.delete("/v1/uploads/{upload}", tags=["videos"])
    def drop(upload: Id) -> Uploads:
        """Give a file up that is being sent."""
        owner = parts.of(upload).owner
        parts.drop(upload)
        return Uploads(data=[_upload(one) for one in parts.all(owner)])


async def _body(http: Request) -> bytes:
    held = bytearray()
    async for piece in http.stream():
        held += piece
        if len(held) > PART:
            raise RequestError(413, INVALID, "too_large", f"a part has {PART} bytes at most")
    return bytes(held)


def _upload(arriving: Arriving, offset: int | None = None, video: str | None = None) -> UploadObject:
    here = arriving.offset if offset is None else offset
    return UploadObject(id=arriving.id, name=arriving.name, size=arriving.size, offset=here, part=PART, video=video)


def _add_reading(site: FastAPI, inbox: Inbox) -> None:
    def told(video: str) -> VideoObject:
        return VideoObject.model_validate(inbox.status(video), from_attributes=True)

    @site.post("/v1/links", status_code=202, tags=["videos"])
    async def link(request: LinkRequest, http: Request) -> VideoObject:
        """Fetch a video from the web and read it, where the setting `fetch` allows that."""
        if not inbox.scout.settings.fetch:
            raise UsageError("videos are not fetched from the web here: the setting fetch allows it")
        return await in_thread(told, await while_there(http, fetched(request.url.strip(), inbox)))

    @site.post("/v1/videos/{video}/stop", tags=["videos"])
    def stop(video: Id, request: OwnerRequest) -> VideoObject:
        """Stop reading a video; what has been read is kept."""
        found = inbox.find(video)
        reading = inbox.readings.of(found)
        if reading is not None and reading.ended is None:
            if reading.owner and reading.owner != request.owner:
                raise NotReadyError(f"{reading.upload.name} was sent by somebody else, who may stop it")
            reading.stop.set()
        return told(found)

    @site.post("/v1/videos/{video}/resume", status_code=202, tags=["videos"])
    def resume(video: Id, request: OwnerRequest) -> VideoObject:
        """Go on reading a video that was read only in part."""
        found = inbox.find(video)
        inbox.resume(found, request.owner)
        return told(found)


def _add_playable(site: FastAPI, inbox: Inbox) -> None:
    @site.post("/v1/videos/{video}/playable", status_code=202, tags=["videos"])
    def make(video: Id) -> PlayableObject:
        """Make a copy that browsers play, in the background; nothing is encoded anew that can be copied."""
        found = inbox.find(video)
        return PlayableObject(video=found, state=inbox.playable.make(found))

    @site.get("/v1/videos/{video}/playable", tags=["videos"])
    def state(video: Id) -> PlayableObject:
        """How far the copy is."""
        found = inbox.find(video)
        return PlayableObject(video=found, state=inbox.playable.state(found))

    @site.get("/v1/videos/{video}/playable.mp4", tags=["videos"], response_class=FileResponse)
    def copy(video: Id) -> FileResponse:
        """The copy."""
        found = inbox.find(video)
        if inbox.playable.state(found) != "ready":
            raise UnknownVideoError("there is no copy of this video: ask for one first")
        return FileResponse(inbox.playable.path(found), media_type="video/mp4")
