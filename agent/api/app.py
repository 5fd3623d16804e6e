"""The addresses of the server, each a few lines over `VideoScout` and `Inbox`."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from ... import __version__
from ...tools.errors import VidscoutError
from ..answer import Answer
from ..bridge import in_thread
from ..guard.apart import Apart
from ..guard.doors import Keys
from ..guard.guard import OWNER, Guard, Rules
from ..guard.senders import Senders
from ..inbox.inbox import Inbox, NotReadyError
from ..inbox.libraries import Libraries
from .arriving import add_arriving
from .asking.conversations import Conversations
from .asking.question import located, models, question_of
from .asking.settings import Scouts
from .asking.talks import add_conversations
from .asking.warming import add_warming
from .chat import Replies, as_stream, events
from .describing import add_describe
from .errors import INVALID, RequestError, not_found, of_validation, problem_of, shown
from .findings import add_findings
from .hanging_up import while_there
from .live import add_live
from .moments import add_moments
from .people import add_people
from .searching import add_checking, add_searching
from .sending import received
from .shapes import (
    MOST_TOKENS,
    ChatRequest,
    Completion,
    Deleted,
    ErrorResponse,
    Health,
    ModelCard,
    ModelList,
    StageObject,
    Stages,
    StagesRequest,
    VideoObject,
    Videos,
)
from .timeline import add_timeline

STOPPED_WITHIN = 60.0
"""Seconds that a video which is being read may take to stop before it is deleted."""
Id = Annotated[str, Path(min_length=1, max_length=200)]
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
ABOUT = """Questions about videos, in the shape of OpenAI's chat completions. What an answer rests on is in the field
`vidscout` of its message: `citations` with the video, the seconds, the modality, the text and a score."""
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse} for status in (400, 401, 404, 409, 413, 415, 429)
}


OPEN = ("/health", "/docs", "/redoc", "/openapi.json", "/static-offline-docs/")
"""What can be seen without a key: it tells nothing about any video."""


def application(
    inbox: Inbox, keys: tuple[str, ...] = (), host: str = "127.0.0.1", libraries: Libraries | None = None
) -> Any:
    """The server as an ASGI application.

    Args:
        inbox: the scout, the limits, and what is on its way in.
        keys: API keys, of which a request must bring one; without any, everybody who reaches the port is let in, but
            no web page of another site.
        host: the address that is listened on.
        libraries: whose videos each key sees, where somebody else closes them; by default as the setting says.

    Raises:
        UsageError: each key is to have a library of its own, and there are no keys.
    """
    door = Keys(keys)
    own = libraries or Libraries(inbox, door.owners)
    apps = {owner: site_of(of, bool(keys)) for owner, of in own.all.items()}
    served = Apart(apps, apps.get("") or site_of(inbox, bool(keys)))
    settings = inbox.scout.settings
    senders = Senders(host, settings.allowed_hosts, settings.allowed_origins, local_pages=bool(keys))
    rules = Rules(senders, door, file=inbox.limits.size, files="/v1/videos", open_paths=OPEN, across=True, head=True)
    return Guard(served, rules, shown)


def site_of(inbox: Inbox, keyed: bool) -> FastAPI:
    """The addresses over one inbox, for whoever has been let in; `keyed` says whether that takes a key."""
    site = FastAPIOffline(
        title="vidscout",
        version=__version__,
        description=ABOUT,
        redoc_url=None,
        responses=ERRORS,
        openapi_tags=[{"name": "chat"}, {"name": "videos"}, {"name": "evidence"}, {"name": "live"}],
    )
    _add_errors(site)
    _add_chat(site, inbox)
    _add_videos(site, inbox)
    add_arriving(site, inbox)
    add_timeline(site, inbox)
    add_people(site, inbox)
    add_findings(site, inbox)
    add_searching(site, inbox)
    add_checking(site, inbox)
    add_moments(site, inbox)
    add_describe(site, inbox)
    add_live(site, inbox)
    add_warming(site, inbox)
    if keyed:
        _show_keys(site)
    return site


def _add_errors(site: FastAPI) -> None:
    def answered(problem: RequestError) -> JSONResponse:
        return JSONResponse(problem.body, problem.status, headers=problem.headers)

    @site.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answered(of_validation(list(error.errors())))

    @site.exception_handler(HTTPException)
    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return answered(not_found(request.url.path))
        return answered(RequestError(error.status_code, INVALID, "refused", str(error.detail)))

    async def failed(request: Request, error: Exception) -> JSONResponse:
        return answered(problem_of(error))

    for kind in (RequestError, VidscoutError, Exception):
        site.add_exception_handler(kind, failed)


def _add_chat(site: FastAPI, inbox: Inbox) -> None:
    scout = inbox.scout
    known = models(scout)
    scouts = Scouts(scout)
    conversations = Conversations(lambda video: scout.library.get(video) is not None, scout)
    add_conversations(site, conversations)

    @site.post("/v1/chat/completions", response_model=Completion, tags=["chat"])
    async def chat(request: ChatRequest, http: Request) -> Any:
        """Answer a question about videos; with `stream`, as server-sent events."""
        question = question_of(request, known)
        asked = await in_thread(scouts.of, request.settings)
        if most := request.max_completion_tokens or request.max_tokens:
            asked = asked.with_settings(max_new_tokens=min(most, MOST_TOKENS))
        videos = await while_there(http, located(question.videos, inbox))
        replies = Replies(request, question, conversations, http.scope[OWNER], scout.index.thumbnail_address)
        happening = events(asked, inbox, videos, replies)
        first = await while_there(
            http, anext(happening)
        )  # what is wrong with the question is told by a status, also to who streams
        if request.stream:
            headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
            return StreamingResponse(
                as_stream(first, happening, replies), media_type="text/event-stream", headers=headers
            )
        answer = await while_there(http, last_of(first, happening))
        return JSONResponse(replies.completion(answer))

    @site.get("/v1/models", tags=["chat"])
    def list_models() -> ModelList:
        """Names under which questions are answered."""
        return ModelList(data=[ModelCard(id=name) for name in known])

    @site.get("/v1/models/{model}", tags=["chat"])
    def get_model(model: str) -> ModelCard:
        """One of them."""
        if model not in known:
            raise RequestError(404, "not_found_error", "model_not_found", f"there is no model {model[:100]!r}", "model")
        return ModelCard(id=model)

    @site.get("/health", tags=["chat"])
    def health() -> Health:
        """Whether the server is up; needs no key, and loads nothing."""
        return Health(version=__version__, profile=scout.profile.name)


def _add_videos(site: FastAPI, inbox: Inbox) -> None:
    scout = inbox.scout

    @site.post("/v1/videos", status_code=202, openapi_extra=FORM, tags=["videos"])
    async def send(request: Request) -> VideoObject:
        """Send a video as the field `file` of a form. It is read in the background; its status tells how far it is."""
        reading = await received(request, inbox)
        return await in_thread(_video, inbox, reading.video)

    @site.get("/v1/videos", tags=["videos"])
    def list_videos() -> Videos:
        """Every video that is here or on its way, oldest first."""
        return Videos(data=[VideoObject.model_validate(status, from_attributes=True) for status in inbox.all()])

    @site.get("/v1/videos/{video}", tags=["videos"])
    def get_video(video: Id) -> VideoObject:
        """How far a video has come, by id, `vidscout://ID` or name."""
        return _video(inbox, inbox.find(video))

    @site.get("/v1/videos/{video}/stages", tags=["videos"])
    def list_stages(video: Id) -> Stages:
        """By what a video has been read, and what is missing, failed or out of date."""
        return _stages(inbox, inbox.find(video))

    @site.post("/v1/videos/{video}/stages", tags=["videos"])
    def read_by_stages(video: Id, request: StagesRequest) -> Stages:
        """Read a video that is here by some stages only; answers when they are done."""
        found = inbox.find(video)
        for _ in inbox.read_by(found, request.stages):
            pass
        return _stages(inbox, found)

    @site.delete("/v1/videos/{video}", tags=["videos"])
    async def delete_video(video: Id) -> Deleted:
        """Forget a video and everything that was found in it, and delete the file that was sent."""
        found = await in_thread(inbox.find, video)
        waiting = inbox.readings.of(found)
        if waiting is None or not await in_thread(inbox.readings.withdraw, waiting):
            await _stopped(inbox, found)
        await in_thread(inbox.forget, found)
        return Deleted(id=found)

    @site.get("/v1/videos/{video}/frames/{milliseconds}.jpg", tags=["videos"], response_class=FileResponse)
    def frame(video: Id, milliseconds: Annotated[int, Path(ge=0)]) -> FileResponse:
        """The picture of a kept frame, as an answer's `frames` name it."""
        path = scout.index.thumbnail_at(inbox.find(video), milliseconds)
        return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def last_of(first: Any, happening: AsyncGenerator[Any, None]) -> Answer:
    """The answer, which comes last; where this is cancelled, so is the answer."""
    answer = first
    async with aclosing(happening):
        async for event in happening:
            answer = event
    assert isinstance(answer, Answer)
    return answer


def _show_keys(site: FastAPI) -> None:
    """Tell the documents that a key is needed, so that its page has a place to enter one."""
    schema = site.openapi()
    schema.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"key": []}]


def _stages(inbox: Inbox, video: str) -> Stages:
    status = inbox.scout.stages(video)
    return Stages(data=[StageObject.model_validate(stage, from_attributes=True) for stage in status])


def _video(inbox: Inbox, video: str) -> VideoObject:
    return VideoObject.model_validate(inbox.status(video), from_attributes=True)


async def _stopped(inbox: Inbox, video: str) -> None:
    """Stop reading a video.

    Raises:
        NotReadyError: it does not stop in time.
    """
    reading = inbox.readings.of(video)
    if reading is None or reading.ended is not None:
        return
    reading.stop.set()
    end = time.monotonic() + STOPPED_WITHIN
    while reading.ended is None:
        if time.monotonic() > end:
            raise NotReadyError(f"{reading.upload.name} is still being read: delete it in a moment")
        await asyncio.sleep(0.05)
