"""The address that describes whole videos."""

import asyncio
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from ...graphs.describe.results import Length, Style
from ..bridge import in_thread
from ..inbox.inbox import Inbox
from .asking.question import located


class DescribeRequest(BaseModel):
    """Which video is to be described, and how."""

    video: str = Field(description="Id or name of a video that is here, or `vidscout://ID`.")
    style: Style = Style.SUMMARY
    length: Length = Length.PARAGRAPH
    time_range: tuple[float, float] | None = Field(None, description="Seconds; only this stretch.")
    language: str | None = Field(None, max_length=100, description="In which to write, as a code or a name.")
    every: float | None = Field(None, ge=1, le=3600, description="Seconds that each caption covers.")


class DescribeResult(BaseModel):
    """The list that the style names, and what it is of; `vidscout describe --json` prints the same."""

    model_config = ConfigDict(extra="allow")

    object: Literal["description"] = "description"
    video: str
    name: str
    style: Style
    duration: float = Field(description="Seconds.")
    remarks: list[str] = Field(description="What the description lacks, and why.")


def add_describe(site: FastAPI, inbox: Inbox) -> None:
    """Add the address to an application."""

    @site.post("/v1/describe", tags=["evidence"])
    async def describe(request: DescribeRequest) -> DescribeResult:
        """Describe a video: summary, chapters, captions, notes or story."""
        [video] = await located([request.video], inbox)
        while inbox.is_coming(video):
            await asyncio.sleep(0.1)

        def made() -> dict[str, Any]:
            inbox.check_ready(video)
            with inbox.asking():
                options = (request.time_range, request.language, request.length)
                return inbox.scout.describe(video, request.style, *options, every=request.every).as_dict()

        return DescribeResult.model_validate(await in_thread(made))
