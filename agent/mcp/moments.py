"""The tools that find moments in videos that have been read."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ...tools.errors import UsageError
from ..api.moments import HighlightsObject, Spans, spans_of
from ..bridge import in_thread
from ..inbox.inbox import Inbox
from ..moments.grounding import Grounded
from .shapes import Seconds, Source


class CutResult(BaseModel):
    """The file that was written."""

    path: str
    duration: float = Field(description="Seconds.")
    reencoded: bool
    notes: list[str]


class MomentTools:
    """One method a tool; its docstring and its parameters are what an assistant reads."""

    def __init__(self, inbox: Inbox, local: bool) -> None:
        """Lend the tools of an inbox; `local` says whether whoever asks may write files on this machine."""
        self._inbox = inbox
        self._local = local

    async def find_moments(
        self,
        query: Annotated[str, Field(min_length=1, max_length=4000)],
        videos: Annotated[list[Source] | None, Field(description="By id or name; all by default.")] = None,
        time_range: tuple[Seconds, Seconds] | None = None,
    ) -> Spans:
        """Find every stretch in which something is said, written, heard or shown, or none; “the first time …”, “the
        last …”, “until …” and where something is not are understood."""

        def found() -> Grounded:
            inbox = self._inbox
            ids = [inbox.find(name) for name in videos or []] or [video.id for video in inbox.scout.videos()]
            for video in ids:
                inbox.check_ready(video)
            with inbox.asking():
                return inbox.scout.grounded(ids, query, time_range)

        return spans_of(await in_thread(found))

    async def video_highlights(
        self,
        video: Source,
        query: Annotated[str | None, Field(max_length=4000, description="By default what stands out.")] = None,
        seconds: Annotated[float, Field(ge=2, le=86_400, description="Of the reel.")] = 60.0,
    ) -> HighlightsObject:
        """Score each two seconds of a video, and choose the reel that fits."""

        def scored() -> Any:
            found = self._inbox.find(video)
            self._inbox.check_ready(found)
            with self._inbox.asking():
                return self._inbox.scout.highlights(found, query, seconds)

        return HighlightsObject.model_validate(await in_thread(scored), from_attributes=True)

    async def cut_clip(
        self,
        video: Source,
        spans: Annotated[list[tuple[Seconds, Seconds]], Field(min_length=1, max_length=100)],
        out: Annotated[str, Field(description="The file to write; its suffix tells the format. Never written over.")],
        exact: Annotated[bool, Field(description="Begin with the very frame; encodes anew.")] = False,
    ) -> CutResult:
        """Cut stretches (pairs of seconds) out of a video and join them in a file of this machine."""
        if not self._local:
            raise UsageError("only an assistant of this machine's own user writes files here")

        def cut() -> Any:
            found = self._inbox.find(video)
            with self._inbox.asking():
                return self._inbox.scout.clip(found, spans, Path(out).expanduser(), exact)

        made = await in_thread(cut)
        return CutResult(
            path=str(made.path), duration=round(made.duration, 3), reencoded=made.reencoded, notes=list(made.notes)
        )
