"""What all pages of one server share: the inbox, and what the page may offer."""

from collections.abc import Callable
from typing import Literal

from ..agent.inbox.inbox import Inbox
from ..tools.records import Modality, Record

SeenBy = Literal["everybody", "logins", "own"]


class Site:
    """One library's state behind any number of pages."""

    def __init__(
        self, inbox: Inbox, seen_by: SeenBy = "everybody", sample: Callable[[Inbox, str], str] | None = None
    ) -> None:
        """Show a library.

        Args:
            inbox: the scout, the limits, and what is on its way in.
            seen_by: who sees the videos: whoever reaches the port, all who log in, or only the one whose they are.
            sample: queues the sample video for an owner, and tells its id; None where none is offered.
        """
        self.inbox = inbox
        self.scout = inbox.scout
        self.seen_by: SeenBy = seen_by
        self.sample = sample

    def records(self, video: str, *modalities: Modality) -> list[Record]:
        """A video's records in order of time; of these modalities, or all."""
        return self.scout.index.timeline(video, modalities or None)
