"""The inbox that page, API and MCP share: what is sent or named is checked, fetched, and read one after another."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ...graphs.events import Event
from ...tools.errors import CancelledError, MediaError, UnknownVideoError, UsageError
from ...tools.index.home import UPLOADS
from ..network.download import fetch
from ..network.public_addresses import Rules
from ..scout import VideoScout
from ..which_video import LINK, find, unknown
from .arrivals import Arrivals
from .playable import Playable
from .questions_at_once import MOMENT, BusyError, QuestionsAtOnce
from .queue import QueuedVideo, ReadingQueue
from .status import IngestStatus, of_library, of_reading
from .uploads import Limits, Upload, accept, left_behind

FETCHED_AT_ONCE = 16
"""Videos that are fetched at the same time: whoever can ask could otherwise fill disk and network. One that comes too
slowly gives its place up (`download.SLOWEST`)."""
REMEMBERED = 256
"""Addresses whose videos are not fetched again unless they have changed."""


class NotReadyError(UsageError):
    """A video has been read only in part, or is being read by another process."""


class Inbox:
    """One process's inbox: the queue of videos to read, what was fetched from where, and who is being answered."""

    def __init__(
        self, scout: VideoScout, limits: Limits | None = None, hosts: tuple[str, ...] = (), *, fetches: bool = True
    ) -> None:
        """Take up what a process that is gone was sent and has not read to its end.

        Args:
            scout: reads the videos and answers.
            limits: the largest file and the longest video that are taken.
            hosts: hosts, or `host:port`, that may be fetched from although they are not on the open internet.
            fetches: whether videos are fetched from the web at all.
        """
        self.scout = scout
        self.fetches = fetches
        self.limits = limits or Limits()
        self.rules = Rules(self.limits.size, hosts=hosts)
        self.uploads: Path = scout.settings.home / UPLOADS
        self.arrivals = Arrivals(scout.settings.home)
        self.readings = ReadingQueue(scout)
        self.playable = Playable(scout)
        self._fetched: OrderedDict[str, tuple[dict[str, str], str]] = OrderedDict()
        self._questions = QuestionsAtOnce()
        self._fetching = threading.BoundedSemaphore(FETCHED_AT_ONCE)
        self._lock = threading.Lock()
        self._by_stages = threading.Lock()
        for upload in left_behind(self.uploads, self.arrivals.alive):
            self.readings.add(upload)

    def asking(self, conversation: str | None = None) -> AbstractContextManager[None]:
        """A place among the questions that are answered; within a conversation, one after another.

        Raises:
            BusyError: there is no place, or the conversation's question before is still being answered.
        """
        return self._questions.place(conversation)

    # -- what comes in -------------------------------------------------------------------------------------------

    def take(self, arrived: Path, name: str, owner: str = "") -> QueuedVideo:
        """Queue a file that has arrived, and is ours now.

        Args:
            arrived: where it lies.
            name: what its owner calls it.
            owner: who sent it, and may stop its reading.

        Raises:
            MediaError: nothing in it can be read as video or audio; it has been deleted.
            TooLargeError: it is too large or too long, and has been deleted.
        """
        self.arrivals.claim()  # its lock tells others that the receipt's process is alive
        upload = accept(arrived, self.uploads, self.limits, name, owner=owner, process=self.arrivals.process)
        return self.readings.add(upload, self.scout.library.identify(upload.path))

    def fetch(self, url: str, cancelled: Callable[[], bool] = lambda: False) -> str:
        """Fetch a video and queue it, unless it is here already; its id.

        Args:
            url: its address.
            cancelled: asked while it waits and between two pieces.

        Raises:
            UsageError: nothing is fetched here.
            CancelledError: `cancelled` said so.
            RefusedAddressError: the address is not on the open internet.
            FetchError: nothing could be fetched from there.
            TooLargeError: it is too large or too long.
            MediaError: what came is no video.
            BusyError: too many are being fetched.
        """
        if not self.fetches:
            raise UsageError("videos are not fetched from the web here: the setting fetch allows it")
        give_up = time.monotonic() + MOMENT
        while not self._fetching.acquire(timeout=0.1):
            if cancelled():
                raise CancelledError("whoever asked for the video has gone")
            if time.monotonic() > give_up:
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
        arrived = self.arrivals.place()
        got = fetch(url, arrived, self.rules, stamp=stamp, cancelled=cancelled)
        if not got.unchanged:
            video = self.take(arrived, got.name).video
        with self._lock:
            self._fetched[url] = (got.stamp, video)
            self._fetched.move_to_end(url)
            while len(self._fetched) > REMEMBERED:
                self._fetched.popitem(last=False)
        return video

    def read_by(self, video: str, stages: Sequence[str], stop: threading.Event | None = None) -> Iterator[Event]:
        """Read a video that is here by these stages, as far as they are not done; yields what happens meanwhile.

        Raises:
            UnknownVideoError: it is not there.
            NotReadyError: it is being read.
            MediaError: its file has gone, or cannot be read.
            UsageError: there is no such stage.
        """
        self.check_ready(video)
        known = self.scout.find(video)
        if not known.path.is_file():
            raise MediaError(f"the file of {known.name} has gone: send it again")
        with self._by_stages:
            yield from self.scout.ingest_events(known.path, stages=stages, stop=stop)

    def resume(self, video: str, owner: str = "") -> QueuedVideo:
        """Queue a video again that was read only in part; what has been read is not read again.

        Raises:
            UnknownVideoError: it is not there.
            UsageError: it is being read.
            MediaError: its file has gone.
        """
        known = self.scout.library.get(video)
        if known is None:
            raise UnknownVideoError(unknown(video))
        if self.is_coming(known.id):
            raise NotReadyError(f"{known.name} is being read already")
        if not known.path.is_file():
            raise MediaError(f"the file of {known.name} has gone: send it again")
        ours = known.path.parent == self.uploads.resolve()
        upload = Upload(known.path, known.name, known.duration, owner, ours=ours)
        if ours:
            self.arrivals.claim()
            upload.note(self.arrivals.process)
        return self.readings.add(upload, known.id)

    # -- what is here --------------------------------------------------------------------------------------------

    def find(self, name: str) -> str:
        """The id of a video by `vidscout://ID`, id, a beginning of it, or name; paths are not looked at.

        Raises:
            UnknownVideoError: there is none.
            UsageError: several have that name.
        """
        wanted = name.removeprefix(LINK).strip().rstrip("/")
        reading = self.readings.of(wanted)
        if reading is not None and reading.ended is None:
            return reading.video
        coming = {one.video for one in self.readings.active() if one.upload.name == wanted}
        if len(coming) == 1:
            return coming.pop()
        try:
            return find(self.scout.library, wanted, files=False).id
        except UnknownVideoError:
            if reading is not None and reading.state != "ready":
                return reading.video  # its status says why it is not here
            raise

    def status(self, video: str) -> IngestStatus:
        """How far a video has come, by its id.

        Raises:
            UnknownVideoError: there is none.
        """
        reading, known = self.readings.of(video), self.scout.library.get(video)
        forgotten = known is None and reading is not None and reading.state == "ready"
        if reading is not None and not forgotten and (known is None or known.status != "ready"):
            return of_reading(reading, known)
        if known is None:
            raise UnknownVideoError(unknown(video))
        return of_library(known)

    def all(self) -> list[IngestStatus]:
        """Every video that is here or on its way, oldest first."""
        listed = [self.status(video.id) for video in self.scout.videos()]
        here = {status.id for status in listed}
        coming = {reading.video: reading for reading in self.readings.active() if reading.video not in here}
        return listed + [of_reading(reading, None) for reading in coming.values()]

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
        """Forget a video, with every copy that was sent of it; its name. One that is being read must be stopped first.

        Raises:
            UnknownVideoError: it is not there.
        """
        known = self.scout.library.get(video)
        reading = self.readings.of(video)
        if known is None and reading is not None and reading.ended is not None and reading.state == "stopped":
            reading.upload.delete()  # it was stopped before anything of it was read
            self.readings.drop(video)
            return reading.upload.name
        if known is None:
            raise UnknownVideoError(unknown(video))
        self.scout.forget(known.id)
        self.readings.drop(known.id)
        self.playable.drop(known.id)
        return known.name

    def close(self) -> None:
        """Stop reading; what has been read is kept."""
        self.readings.close()
        self.arrivals.close()
