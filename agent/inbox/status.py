"""How far a video has come on its way into the index, as programs are told."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ...tools.index.videos import Video
from .queue import QueuedVideo

State = Literal["waiting", "reading", "ready", "stopped", "failed"]


@dataclass(frozen=True)
class IngestStatus:
    """How far a video has come on its way into the index."""

    id: str
    name: str
    status: State
    duration: float
    """Seconds."""
    progress: float
    """Share of the work that is done, 0..1, as well as it can be told."""
    stages: dict[str, float] = field(default_factory=dict)
    """Share by stage, of those that have begun."""
    added: str = ""
    """ISO 8601, UTC; empty before reading it began."""
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    message: str = ""
    """Why it failed or stopped."""
    width: int = 0
    height: int = 0
    size: int = 0
    """Bytes."""
    has_video: bool = True
    left: float | None = None
    """Seconds until it has been read, if reading goes on as it does; None where that cannot be told."""


def of_reading(reading: QueuedVideo, known: Video | None) -> IngestStatus:
    """The status of a video that waits to be read, is being read, or was: from the queue, with what is known of it."""
    stages = {
        name: round(min(stage.last.done / max(stage.last.total, 1e-9), 1.0), 4)
        for name, stage in list(reading.stages.items())
    }
    done = sum(stages.values()) / max(len(stages), 1)  # all that are due are told of when reading begins
    ready = reading.state == "ready"
    return IngestStatus(
        id=reading.video,
        name=reading.upload.name,
        status=reading.state,
        duration=round(reading.upload.duration, 3),
        progress=1.0 if ready else round(done, 4),
        stages=stages,
        message="" if ready or reading.ended is None else reading.message,
        left=_left(reading),
        **_details(known),
    )


def of_library(known: Video) -> IngestStatus:
    """The status of a video that nothing is being done with."""
    ready = known.status == "ready"
    return IngestStatus(
        id=known.id,
        name=known.name,
        status="ready" if ready else "stopped",
        duration=round(known.duration, 3),
        progress=1.0 if ready else 0.0,
        message="" if ready else "read only in part",
        **_details(known),
    )


def _left(reading: QueuedVideo) -> float | None:
    """Stages run side by side: the one that takes longest tells."""
    if reading.ended is not None:
        return None
    left = [stage.left for stage in list(reading.stages.values()) if stage.last.done < stage.last.total]
    known = [seconds for seconds in left if seconds is not None]
    return round(max(known), 1) if known else None


def _details(known: Video | None) -> dict[str, Any]:
    if known is None:
        return {}
    names = ("added", "counts", "notes", "width", "height", "size", "has_video")
    return {name: getattr(known, name) for name in names}
