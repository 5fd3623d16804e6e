"""What all pages of one server share: the inbox, a scout for each profile, and the library as pages show it."""

import threading
from typing import Any

from ..agent.inbox.inbox import Inbox
from ..agent.scout import VideoScout
from ..tools.index.videos import Video
from ..tools.records import Modality, Record, clock


class Site:
    """One process's state behind any number of pages."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.scout = inbox.scout
        self._scouts = {self.scout.profile.name: self.scout}
        self._lock = threading.Lock()

    def scout_for(self, profile: str, **settings: Any) -> VideoScout:
        """The scout with a page's own profile and settings; the index is shared, and so are models of one profile.

        Raises:
            UsageError: there is no such profile or setting, or it does not fit.
        """
        from ..agent.profiles.profile import profile as named

        name = named(profile, self.scout.settings.profiles).name
        with self._lock:
            if name not in self._scouts:
                others = {key: value for key, value in self.scout.settings if key != "profile"}
                self._scouts[name] = VideoScout(name, **others)
            return self._scouts[name].with_settings(**settings)

    # What pages show of the library

    def videos(self) -> list[Video]:
        """Those that can be asked about, the latest first."""
        return [video for video in reversed(self.scout.videos()) if video.status == "ready"]

    def choices(self) -> list[tuple[str, str]]:
        """Label and id of each video that can be asked about."""
        return _labelled(self.videos())

    def forgettable(self) -> list[tuple[str, str]]:
        """Label and id of each video that is not being read at this moment, those read only in part too."""
        busy = {reading.video for reading in self.inbox.readings.active()}
        return _labelled([video for video in reversed(self.scout.videos()) if video.id not in busy])

    def named(self, ids: list[str] | None) -> list[Video]:
        """The videos of these ids that are still there."""
        return [video for video in (self.scout.library.get(key) for key in ids or []) if video is not None]

    def records(self, video: str, *modalities: Modality) -> list[Record]:
        """A video's records in order of time; of these modalities, or all."""
        return self.scout.index.timeline(video, modalities or None)

    def thumbnail(self, video: str, time: float) -> str | None:
        """Address of the picture of the kept frame nearest to a time in seconds; None where no frames are kept."""
        address = self.scout.index.thumbnail_address(video, time)
        return None if address is None else f"thumbnail/{address}"


def _labelled(videos: list[Video]) -> list[tuple[str, str]]:
    """A label and the id of each; labels are unique."""
    names = [video.name for video in videos]
    return [
        (
            f"{video.name} · {clock(video.duration)}" + (f" · {video.id[:6]}" if names.count(video.name) > 1 else ""),
            video.id,
        )
        for video in videos
    ]
