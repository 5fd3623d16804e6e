"""The part of `VideoScout` that watches live videos."""

import threading
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from ...tools.errors import UsageError
from ..moments.grounding import Locating
from ..network.public_addresses import Rules
from ..questions import checked_question
from ..which_video import VideoName
from .options import Looked, Noted, Options, Watched

if TYPE_CHECKING:
    from ...graphs.ingest.stage import Stage
    from ...graphs.watch.standing import Event
    from .place import WatchFolder

SEGMENT_BYTES = 200_000_000
"""Most bytes of one segment of HLS."""


class WatchingLive(Locating):
    """The part of `VideoScout` that watches live videos."""

    def watch(self, source: str, on_event: "Callable[[Any], None] | None" = None, **options: Any) -> Watched:
        """Watch a live video until it ends; meanwhile it can be asked about by its name, from here or elsewhere.

        Args:
            source: a growing file, a folder that gets segments, an HLS or RTSP address, a camera, or `-`.
            on_event: called from this thread with each `Looked`, `Noted` and `Event`.
            options: the fields of `Options`.

        Raises:
            MediaError: nothing that can be read comes in.
            UsageError: it is no source, or its address is not allowed.
        """
        events = self.watch_events(source, Options(**options))
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                return end.value
            if on_event is not None:
                on_event(event)

    def watch_events(
        self, source: str, options: Options | None = None, stop: threading.Event | None = None
    ) -> "Generator[Looked | Noted | Event, None, Watched]":
        """As `watch`, yielding what happens; closing it stops the watching, to go on later from there."""
        from .session import Session
        from .sources import source_of

        options = options or Options()
        if self.unwritable is not None:
            raise self.unwritable
        watched = source_of(source, options.name)
        questions = [checked_question(one, "question to be told of") for one in options.tell]
        hosts = (*self.settings.fetch_hosts, *options.allow)
        rules, stop = Rules(SEGMENT_BYTES, hosts=hosts), stop or threading.Event()
        session = Session(self, self.watching_stages(), watched, options, rules, stop)
        if questions:
            session.folder.ask([*session.folder.questions(), *questions])
        return (yield from session.run())

    def standing(self, video: VideoName, add: Sequence[str] = (), remove: Sequence[str] = ()) -> list[str]:
        """The standing questions of a live video, after adding and removing some; who watches it sees them at once.

        Raises:
            UsageError: it is no live video, or a question is empty.
        """
        folder = self._watch_folder(video)
        if not add and not remove:
            return folder.questions()
        added = [checked_question(one, "question to be told of") for one in add]
        return folder.ask(one for one in [*folder.questions(), *added] if one not in set(remove))

    def told(self, video: VideoName, since: float = 0.0, limit: int = 200) -> list[dict[str, Any]]:
        """What the standing questions of a live video told of, oldest first.

        Args:
            video: as `find` takes it.
            since: only what was told later than this, in seconds since 1970.
            limit: the latest so many.

        Raises:
            UsageError: it is no live video.
        """
        return self._watch_folder(video).events(since, limit)

    def _watch_folder(self, video: VideoName) -> "WatchFolder":
        from .place import WatchFolder

        known = self.find(video)
        folder = WatchFolder(self.settings.home, known.id)
        if not folder.is_there:
            raise UsageError(f"{known.name} is no live video: vidscout watch SOURCE")
        return folder

    def watching_stages(self) -> "tuple[Stage, ...]":
        """The profile's stages that watch live videos."""
        from ...graphs.ingest.stage import Parts
        from ...graphs.ingest.stages import build
        from ...graphs.watch.state import NOT_LIVE

        names = tuple(name for name in self.profile.stages if name not in NOT_LIVE)
        return build(Parts(self.role, self.models.played, self.sampling_of(), names))
