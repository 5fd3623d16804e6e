"""How far a live video has been watched."""

from dataclasses import dataclass

Mark = tuple[int, str]


@dataclass(frozen=True)
class Place:
    """How far a live video has been watched; what a restart begins with."""

    began: float = 0.0
    """When the watching began, in seconds since 1970."""
    end: float = 0.0
    """Seconds since then up to which everything has been looked at."""
    done: Mark | None = None
    """Time of change and name of the last of a folder's files that was read to its end."""
    done_end: float = 0.0
    """Seconds at which that one ended."""
