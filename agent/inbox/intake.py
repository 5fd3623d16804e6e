"""How videos come in that programs send or name: checked, fetched where they are an address, read one after another."""

import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ...tools.errors import MediaError, UnknownVideoError, UsageError, VidscoutError
from ...tools.index.videos import Video
from ..scout import VideoScout
from .download import Rules, fetch
from .queue import Reading, Readings
from .uploads import Limits, accept

ASKED_AT_ONCE = 8
"""Questions that are answered at the same time; whoever comes next is told to try again."""
BY_ID = "vidscout://"
"""How a video that has been read is named where an address is wanted."""
FETCHED_AT_ONCE = 4
"""Videos that are fetched at the same time: whoever can ask could otherwise fill disk and network."""
REMEMBERED = 256
"""Addresses whose videos are not fetched again unless they have changed."""

State = Literal["waiting", "reading", "ready", "stopped", "failed"]


class BusyError(VidscoutError):
    """Too many programs ask at once."""


class NotReadyError(UsageError):
    """A video has been read only in part, or is being read by another process."""


@dataclass(frozen=True)
class Status:
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


STAGES = ("watching", "listening", "indexing")


class Intake:
    """One process's way in: the scout, the queue of videos to read, and what has been fetched from where."""

    def __init__(self, scout: VideoScout, limits: Limits | None = None, hosts: tuple[str, ...] = ()) -> None:
        self.scout = scout
        self.limits = limits or Limits()
        self.rules = Rules(self.limits.size, hosts=hosts)
        self.uploads: Path = scout.settings.home / "uploads"
        self.arriving: Path = scout.settings.home / "arriving" / uuid.uuid4().hex
        self.readings = Readings(scout)
        self._fetched: OrderedDict[str, tuple[dict[str, str], str]] = OrderedDict()
        self._asking = threading.BoundedSemaphore(ASKED_AT_ONCE)
        self._fetching = threading.BoundedSemaphore(FETCHED_AT_ONCE)
        self._lock = threading.Lock()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A place among those who are answered.

        Raises:
            BusyError: there is none.
        """
        if not self._asking.acquire(blocking=False):
            raise BusyError(f"{ASKED_AT_ONCE} questions are being answered already: ask again in a moment")
        try:
            yield
        finally:
            self._asking.release()

    # -- what comes in -------------------------------------------------------------------------------------------

    def arrival(self) -> Path:
        """A place for a file to arrive at; on the disk where it will stay, so that keeping it is a rename."""
        self.arriving.mkdir(parents=True, exist_ok=True)
        return self.arriving / uuid.uuid4().hex

    def take(self, arrived: Path, name: str) -> Reading:
        """Queue a file that has arrived, and is ours now.

        Raises:
            MediaError: nothing in it can be read as video or audio; it has been deleted.
            TooLargeError: it is too large or too long, and has been deleted.
        """
        upload = accept(arrived, self.uploads, self.limits, name)
        return self.readings.add(upload, video=self.scout.library.identify(upload.path))

    def fetch(self, url: str, cancelled: Callable[[], bool] = lambda: False) -> str:
        """Fetch a video and queue it, unless it is here already; its id.

        Raises:
            RefusedAddressError: the address is not on the open internet.
            FetchError: nothing could be fetched from there.
            TooLargeError: it is too large or too long.
            MediaError: what came is no video.
            BusyError: too many are being fetched.
        """
        if not self._fetching.acquire(blocking=False):
            raise BusyError(f"{FETCHED_AT_ONCE} videos are being fetched already: ask again in a moment")
        try:
            return self._fetch(url, cancelled)
        finally:
            self._fetching.release()

    def _fetch(self, url: str, cancelled: Callable[[], bool]) -> str:
        with self._lock:
            stamp, video = self._fetched.get(url, ({}, ""))
        known = self.scout.library.get(video) if stamp else None
        stamp = stamp if known is not None and known.status == "ready" else {}
        arrived = self.arrival()
        got = fetch(url, arrived, self.rules, stamp=stamp, cancelled=cancelled)
        if not got.unchanged:
            video = self.take(arrived, got.name).video
        with self._lock:
            self._fetched[url] = (got.stamp, video)
            self._fetched.move_to_end(url)
            while len(self._fetched) > REMEMBERED:
                self._fetched.popitem(last=False)
        return video

    # -- what is here --------------------------------------------------------------------------------------------

    def find(self, name: str) -> str:
        """The id of a video by `vidscout://ID`, id, a beginning of it, or name; paths are not looked at.

        Raises:
            UnknownVideoError: there is none.
            UsageError: several have that name.
        """
        wanted = name.removeprefix(BY_ID).strip().rstrip("/")
        reading = self.readings.of(wanted)
        if reading is not None and reading.ended is None:
            return reading.video
        coming = {one.video for one in self.readings.active() if one.upload.name == wanted}
        if len(coming) == 1:
            return coming.pop()
        try:
            known = self.scout.library.find(wanted) if "/" not in wanted and "\\" not in wanted else None
        except UsageError:  # its message has paths of this machine in it
            raise UsageError(f"several videos are called {wanted[:200]!r}: name one by its id") from None
        if known is not None:
            return known.id
        if reading is not None and reading.state != "ready":
            return reading.video  # its status says why it is not here
        raise UnknownVideoError(f"no video {wanted[:200]!r}: it has not been read, or has been forgotten")

    def status(self, video: str) -> Status:
        """How far a video has come, by its id.

        Raises:
            UnknownVideoError: there is none.
        """
        reading, known = self.readings.of(video), self.scout.library.get(video)
        forgotten = known is None and reading is not None and reading.state == "ready"
        if reading is not None and not forgotten and (known is None or known.status != "ready"):
            return _of_reading(reading, known)
        if known is None:
            raise UnknownVideoError(f"no video {video[:200]!r}: it has not been read, or has been forgotten")
        return _of_library(known)

    def all(self) -> list[Status]:
        """Every video that is here or on its way, oldest first."""
        listed = [self.status(video.id) for video in self.scout.videos()]
        here = {status.id for status in listed}
        coming = {reading.video: reading for reading in self.readings.active() if reading.video not in here}
        return listed + [_of_reading(reading, None) for reading in coming.values()]

    def check_ready(self, video: str) -> None:
        """Make sure that a video can be asked about.

        Raises:
            UnknownVideoError: it is not there.
            MediaError: reading it failed.
            NotReadyError: it was read only in part.
        """
        status = self.status(video)
        if status.status == "ready":
            return
        reading = self.readings.of(video)
        if reading is not None and reading.error is not None:
            raise reading.error
        if status.status == "failed":
            raise MediaError(f"{status.name}: {status.message}")
        raise NotReadyError(f"{status.name} has been read only in part: send it again to go on from there")

    def is_coming(self, video: str) -> bool:
        """Whether a video waits to be read, or is being read."""
        reading = self.readings.of(video)
        return reading is not None and reading.ended is None

    def forget(self, video: str) -> str:
        """Forget a video, with its file where that is our own; its name. One that is being read must be stopped first.

        Raises:
            UnknownVideoError: it is not there.
        """
        known = self.scout.library.get(video)
        if known is None:
            raise UnknownVideoError(f"no video {video[:200]!r}: it has not been read, or has been forgotten")
        self.scout.forget(known.id)
        self.readings.drop(known.id)
        if known.path.parent == self.uploads.resolve():
            known.path.unlink(missing_ok=True)
        return known.name

    def close(self) -> None:
        """Stop reading; what has been read is kept."""
        self.readings.close()
        shutil.rmtree(self.arriving, ignore_errors=True)


def _of_reading(reading: Reading, known: Video | None) -> Status:
    stages = {
        name: round(min(stage.last.done / max(stage.last.total, 1e-9), 1.0), 4)
        for name, stage in list(reading.stages.items())
    }
    done = sum(stages.values()) / max(len(stages), len(STAGES))
    ready = reading.state == "ready"
    return Status(
        id=reading.video,
        name=reading.upload.name,
        status=reading.state,
        duration=round(reading.upload.duration, 3),
        progress=1.0 if ready else round(done, 4),
        stages=stages,
        message="" if ready or reading.ended is None else reading.message,
        **_details(known),
    )


def _of_library(known: Video) -> Status:
    ready = known.status == "ready"
    return Status(
        id=known.id,
        name=known.name,
        status="ready" if ready else "stopped",
        duration=round(known.duration, 3),
        progress=1.0 if ready else 0.0,
        message="" if ready else "read only in part",
        **_details(known),
    )


def _details(known: Video | None) -> dict[str, Any]:
    if known is None:
        return {}
    names = ("added", "counts", "notes", "width", "height", "size")
    return {name: getattr(known, name) for name in names}
