"""How far a call has come, as the protocol tells it."""

from typing import Any

from mcp.server.mcpserver import Context

from ...graphs.events import Progress, StepStarted


class ToolProgress:
    """Progress that only rises, as the protocol wants it: 0..1 while a video is read, then one more a step."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context = context
        self._shares: dict[tuple[str, str], float] = {}
        self._said = 0.0

    async def see(self, event: Any) -> None:
        """Report how far the reading of a video has come."""
        if isinstance(event, Progress):
            share = min(event.done / max(event.total, 1e-9), 1.0)
            self._shares[event.video, event.stage] = share
            done = sum(self._shares.values()) / len(self._shares)
            await self._say(min(done, 0.99), f"{event.stage} {share:.0%}")  # it is `ready` that says 1

    async def step(self, event: Any) -> None:
        """Report a step of answering, or how far a reading has come."""
        if isinstance(event, StepStarted):
            await self._say(int(self._said) + 1.0, event.step)
        else:
            await self.see(event)

    async def ready(self) -> None:
        """Report that the video can be asked about."""
        await self._say(1.0, "ready")

    async def _say(self, progress: float, message: str) -> None:
        if progress > self._said:
            self._said = progress
            await self._context.report_progress(round(progress, 4), None if progress > 1 else 1.0, message)
