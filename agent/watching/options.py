"""How a live video is watched, and what is told meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field

KEEP_HOURS, KEEP_BYTES = 24.0, 10_000_000_000
"""How much of a live video's own material is kept by default; what was found in it stays."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A stretch has been looked at: what is in it can be found from now on."""

    video: str
    start: float
    """Seconds since the watching began."""
    end: float
    added: int
    """Records that are new."""
    behind: float
    """Seconds since the first of it came in."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that whoever watches should know, in one line."""

    video: str
    text: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watching came to, when it ended."""

    video: str
    name: str
    seconds: float
    """Of video, up to now."""
    added: int
    events: int
    reconnected: int
    jumps: int
    """Of the source's clock."""
    unseen: float
    """Seconds that passed while nothing could look at them."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """How a live video is watched."""

    tell: Sequence[str] = ()
    """Standing questions, beside those that stand already."""
    name: str | None = None
    """What it is called."""
    keep_hours: float = KEEP_HOURS
    keep_bytes: int = KEEP_BYTES
    quiet: float | None = None
    """Seconds without anything new after which it counts as ended; None waits for ever."""
    allow: Sequence[str] = ()
    """Hosts, or `host:port`, that may be watched although their addresses are not public."""
    webhook: str | None = None
    """Address that each event is sent to."""
