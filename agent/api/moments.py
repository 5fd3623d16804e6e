"""The addresses that find moments: `ground`, `highlights` and `clips`."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from ...tools.errors import UsageError
from ..bridge import in_thread
from ..inbox.inbox import Inbox
from ..moments.grounding import FoundSpan, Grounded
from .shapes import Citation, listed

Range = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(gt=0)]]
MOST_CUT = 600.0
"""Seconds of one clip that is asked for over HTTP: it is encoded while the request waits."""


class GroundRequest(BaseModel):
    """What is looked for, and where."""

    query: str
    video: str | list[str] | None = Field(None, description="Ids or names; all videos by default.")
    time_range: tuple[float, float] | None = None


class SpanObject(BaseModel):
    """A stretch in which what was sought holds."""

    video: str
    start: float = Field(description="Seconds.")
    end: float
    score: float = Field(description="How sure it is, 0..1.")
    evidence: list[Citation] = Field(description="What it was found by, the surest first.")


class Spans(BaseModel):
    """The stretches, best first, and the same by video; empty where it is nowhere."""

    object: Literal["list"] = "list"
    query: str
    which: Literal["every", "first", "last", "until", "never"] = Field(description="Which of them were wanted.")
    sense: Literal["said", "written", "shown", "heard"] | None = Field(description="By which sense; null: by all.")
    spans: list[SpanObject]
    by_video: dict[str, list[SpanObject]]
    notes: list[str]


class HighlightsRequest(BaseModel):
    """Of which video, and what for."""

    video: str
    query: str | None = None
    seconds: float = Field(60.0, ge=2, le=86_400, description="Of the reel.")


class ClipObject(BaseModel):
    """A stretch with its score, which compares only within one video and query."""

    start: float = Field(description="Seconds.")
    end: float
    score: float


class HighlightsObject(BaseModel):
    """How much each two seconds are worth, and the best that fit the time, in order of time."""

    object: Literal["highlights"] = "highlights"
    video: str
    query: str | None
    clips: list[ClipObject]
    reel: list[ClipObject]


class ClipRequest(BaseModel):
    """What is to be cut out of which video."""

    video: str
    spans: list[Range] = Field(min_length=1, max_length=100, description="Pairs of seconds.")
    format: Literal["mp4", "mkv", "webm", "mov", "gif", "webp", "jpg"] = "mp4"
    exact: bool = Field(False, description="Begin with the very frame; encodes anew.")
    subtitles: bool = Field(False, description="Draw what is said into the picture.")


def add_moments(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    scout = inbox.scout

    @site.post("/v1/ground", tags=["evidence"])
    async def ground(request: GroundRequest) -> Spans:
        """Find every stretch in which something is said, written, heard or shown, or none."""

        def found() -> Grounded:
            ids = [inbox.find(name) for name in listed(request.video)] or [video.id for video in scout.videos()]
            for video in ids:
                inbox.check_ready(video)
            with inbox.asking():
                return scout.grounded(ids, request.query, request.time_range)

        return spans_of(await in_thread(found))

    @site.post("/v1/highlights", tags=["evidence"])
    async def highlights(request: HighlightsRequest) -> HighlightsObject:
        """Score each two seconds of a video, and choose the reel that fits."""

        def scored() -> Any:
            video = inbox.find(request.video)
            inbox.check_ready(video)
            with inbox.asking():
                return scout.highlights(video, request.query, request.seconds)

        return HighlightsObject.model_validate(await in_thread(scored), from_attributes=True)

    @site.post("/v1/clips", tags=["evidence"], response_class=FileResponse)
    async def clips(request: ClipRequest) -> FileResponse:
        """Cut stretches out of a video; answers with the file."""
        folder = Path(tempfile.mkdtemp(prefix="vidscout-clip-"))
        try:
            path = await in_thread(_cutting(inbox, request, folder))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        return FileResponse(path, filename=path.name, background=gone)


def _cutting(inbox: Inbox, request: ClipRequest, folder: Path) -> Callable[[], Path]:
    def cut() -> Path:
        if sum(end - start for start, end in request.spans) > MOST_CUT:
            raise UsageError(f"a clip has {MOST_CUT:.0f} s at most: ask for shorter stretches")
        video = inbox.find(request.video)
        inbox.check_ready(video)
        out = folder / f"clip.{request.format}"
        subtitles = "burned" if request.subtitles else None
        with inbox.asking():
            return inbox.scout.clip(video, request.spans, out, request.exact, subtitles=subtitles).path

    return cut


def spans_of(found: Grounded) -> Spans:
    """What was found, in the shape of the server."""
    spans = [span_of(one) for one in found.spans]
    by_video = {video: [one for one in spans if one.video == video] for video in {one.video: None for one in spans}}
    return Spans.model_validate(
        {
            "query": found.query,
            "which": found.which,
            "sense": found.sense,
            "spans": spans,
            "by_video": by_video,
            "notes": found.notes,
        }
    )


def span_of(one: FoundSpan) -> SpanObject:
    """A stretch in the shape of the server."""
    return SpanObject.model_validate(one, from_attributes=True)
