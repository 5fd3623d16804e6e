"""Whose videos a request sees: everybody's, or only those of the key or login that it brought."""

from collections.abc import Sequence
from contextlib import suppress

from ...tools.errors import UsageError
from ...tools.index.home import LIBRARIES
from .inbox import Inbox


class Libraries:
    """The inboxes of one server: one for all, or one for each owner, with a library in a folder of its own."""

    def __init__(self, inbox: Inbox, owners: Sequence[str] = ()) -> None:
        """Open a library for each owner, if the setting `libraries` says so.

        Args:
            inbox: with the library that all share, and the limits.
            owners: whom the server lets in, by the names that its door gives them.

        Raises:
            UsageError: each owner is to have a library, and nobody needs a key or a login, or the vectors are on a
                server, which has one collection for all readings of a video.
        """
        settings = inbox.scout.settings
        self.shared = inbox
        self._of: dict[str, Inbox] = {}
        if settings.libraries == "shared":
            return
        if not owners:
            raise UsageError("libraries = per-key needs keys or logins: without them nobody is told from anybody")
        if settings.chroma_server is not None:
            raise UsageError("libraries = per-key keeps each library's vectors apart, which a chroma_server does not")
        for owner in owners:
            scout = inbox.scout.at(settings.home / LIBRARIES / owner)
            self._of[owner] = Inbox(scout, inbox.limits, tuple(inbox.rules.hosts), fetches=inbox.fetches)

    @property
    def all(self) -> dict[str, Inbox]:
        """The inbox of each owner; of nobody in particular, under an empty name, where all share one."""
        return dict(self._of) or {"": self.shared}

    def close(self) -> None:
        """Stop reading in every library, and close those that are an owner's."""
        for inbox in self._of.values():
            inbox.close()
            with suppress(Exception):
                inbox.scout.index.close()
