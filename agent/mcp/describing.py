"""The tool that describes whole videos."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from ...graphs.describe.results import Description, Length, Style
from ..api.describing import DescribeResult
from ..bridge import streamed
from ..inbox.inbox import Inbox
from .progress import ToolProgress
from .shapes import Seconds, Source


class DescribeTools(ABC):
    """What `Tools` can do with a whole video."""

    _inbox: Inbox

    @abstractmethod
    def _steps(self, context: "Context[Any, Any]") -> ToolProgress: ...

    @abstractmethod
    async def _asked_about(self, name: str, steps: ToolProgress) -> str: ...

    async def describe_video(
        self,
        video: Source,
        context: "Context[Any, Any]",
        style: Annotated[Style, Field(description="summary, chapters, captions, notes or story.")] = Style.SUMMARY,
        length: Annotated[Length, Field(description="Of a summary or story.")] = Length.PARAGRAPH,
        time_range: Annotated[tuple[Seconds, Seconds] | None, Field(description="Only this stretch.")] = None,
        language: Annotated[str | None, Field(max_length=100, description="In which to write.")] = None,
    ) -> DescribeResult:
        """Describe a whole video: summary, chapters with times, captions, notes of a meeting, or the story."""
        steps = self._steps(context)
        found = await self._asked_about(video, steps)
        stop = threading.Event()
        made: list[Description] = []

        def events() -> Iterator[Any]:
            with self._inbox.asking():
                options = (time_range, language, length)
                made.append((yield from self._inbox.scout.describe_events(found, style, *options, stop=stop)))

        try:
            async for event in streamed(events):
                await steps.step(event)
        finally:
            stop.set()
        return DescribeResult.model_validate(made[0].as_dict())
