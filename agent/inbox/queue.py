"""Videos being read: one after another in a thread of their own, so that questions are answered meanwhile."""

import itertools
import logging
import queue
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Literal

from ...graphs.events import Progress
from ...tools.errors import CancelledError, VidscoutError
from ...tools.records import clock
from ..scout import VideoScout
from .uploads import Upload

log = logging.getLogger(__name__)

SHOWN_AFTER_THE_END = 30.0
"""Seconds for which a reading that has ended stays in the list."""
KNOWN_AFTER_THE_END = 3600.0
"""Seconds for which can be asked how a reading ended."""


@dataclass
class StageProgress:
    """How far one stage has come."""

    first: Progress
    since: float
    last: Progress
    at: float

    @property
    def rate(self) -> float | None:
        """Units a second since the first report; None before there is a second one."""
        took = self.at - self.since
        return (self.last.done - self.first.done) / took if took > 0 and self.last.done > self.first.done else None

    @property
    def left(self) -> float | None:
        """Seconds until it is done, if it goes on like this."""
        return (self.last.total - self.last.done) / self.rate if self.rate else None


@dataclass
class QueuedVideo:
    """One video on its way into the index."""

    number: int
    upload: Upload
    state: Literal["waiting", "reading", "ready", "stopped", "failed"] = "waiting"
    video: str = ""
    message: str = ""
    stages: dict[str, StageProgress] = field(default_factory=dict)
    began: float = 0.0
    ended: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    error: VidscoutError | None = None
    """Why it failed, where that is something its owner can act on."""

    @property
    def owner(self) -> str:
        """Whoever may stop it."""
        return self.upload.owner

    def see(self, progress: Progress, now: float) -> None:
        """Take in a report."""
        self.video = progress.video
        known = self.stages.get(progress.stage)
        if known is None:
            self.stages[progress.stage] = StageProgress(progress, now, progress, now)
        else:
            known.last, known.at = progress, now


class ReadingQueue:
    """The queue of videos to read, for everybody who sends some."""

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout
        self._numbers = itertools.count(1)
        self._waiting: queue.SimpleQueue[QueuedVideo] = queue.SimpleQueue()
        self._all: dict[int, QueuedVideo] = {}
        self._worker: threading.Thread | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()

    def add(self, upload: Upload, video: str = "") -> QueuedVideo:
        """Queue a video; `video` is its id where that is known by now."""
        reading = QueuedVideo(next(self._numbers), upload, video=video)
        with self._lock:
            long_ago = time.monotonic() - KNOWN_AFTER_THE_END
            self._all = {n: known for n, known in self._all.items() if known.ended is None or known.ended > long_ago}
            self._all[reading.number] = reading
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="readings", daemon=True)
                self._worker.start()
        self._waiting.put(reading)
        return reading

    def cancel(self, owner: str) -> int:
        """Stop what `owner` has queued; how many videos that were."""
        stopped = [reading for reading in self.active() if reading.owner == owner]
        for reading in stopped:
            reading.stop.set()
        return len(stopped)

    def withdraw(self, reading: QueuedVideo) -> bool:
        """Take back a video that still waits; whether it did. What is being read must be stopped."""
        with self._lock:
            if reading.state != "waiting" or reading.ended is not None:
                return False
            reading.stop.set()
            reading.state, reading.message = "stopped", "stopped before it began"
            reading.ended = time.monotonic()
        reading.upload.delete()
        return True

    def of(self, video: str) -> QueuedVideo | None:
        """The latest reading of a video, while it is known."""
        return next((reading for reading in reversed(list(self._all.values())) if reading.video == video), None)

    def drop(self, video: str) -> None:
        """Know no more of how readings of a video ended."""
        with self._lock:
            self._all = {n: known for n, known in self._all.items() if known.ended is None or known.video != video}

    def close(self, patience: float = 5.0) -> None:
        """Stop everything and wait, at most so many seconds, until what was read is safe.

        What had not been read to its end keeps its receipt, so that the next process goes on with it.
        """
        self._closing.set()
        active = self.active()
        for reading in active:
            reading.stop.set()
        end = time.monotonic() + patience
        while any(reading.ended is None for reading in active) and time.monotonic() < end:
            time.sleep(0.05)

    def active(self) -> list[QueuedVideo]:
        """What is being read or waits for it."""
        return [reading for reading in list(self._all.values()) if reading.ended is None]

    def shown(self) -> list[QueuedVideo]:
        """What is active, and what has ended a moment ago."""
        now = time.monotonic()
        return [
            reading
            for reading in list(self._all.values())
            if reading.ended is None or now - reading.ended < SHOWN_AFTER_THE_END
        ]

    def _work(self) -> None:
        while True:
            reading = self._waiting.get()
            with self._lock:
                if reading.ended is not None:
                    continue  # it was withdrawn
                reading.state = "reading"
            try:
                self._read(reading)
            except CancelledError:
                reading.state, reading.message = "stopped", "stopped; send it again to go on from there"
            except VidscoutError as error:
                reading.message, reading.error = str(error), error
                if self._scout.library.get(reading.video) is None:
                    reading.upload.delete()  # nothing refers to it
                reading.state = "failed"
            except Exception:
                if reading.stop.is_set():  # what it worked with may have been closed meanwhile
                    reading.state = "stopped"
                    continue
                log.exception("reading %s failed", reading.upload.path)
                reading.message = "reading it failed; the log of the server says why"
                reading.state = "failed"
            finally:
                if reading.upload.ours and (reading.state == "ready" or not self._closing.is_set()):
                    reading.upload.receipt.unlink(missing_ok=True)
                reading.ended = time.monotonic()

    def _read(self, reading: QueuedVideo) -> None:
        library, upload = self._scout.library, reading.upload
        if reading.stop.is_set():
            if not self._closing.is_set():
                upload.delete()
            reading.state, reading.message = "stopped", "stopped before it began"
            return
        reading.video = library.identify(upload.path)
        known = library.get(reading.video)
        if known is not None and known.path != upload.path and known.path.exists():
            if known.status == "ready":
                upload.delete()  # the same bytes are there already
                reading.state = "ready"
                reading.message = f"had been read before as {known.name}"
                return
            if known.path.parent == upload.path.parent:
                known.path.unlink()  # it was stopped, and goes on with the new copy
        reading.began = time.monotonic()
        try:
            for event in self._scout.ingest_events(upload.path, stop=reading.stop):
                if isinstance(event, Progress):
                    if not reading.stages:
                        self._named(reading)  # others list it by its owner's name from now on
                    reading.see(event, time.monotonic())
        finally:
            self._named(reading)
        took = time.monotonic() - reading.began
        reading.state = "ready"
        reading.message = f"{clock(upload.duration)} read in {took:.0f} s, {upload.duration / took:.1f} × real time"

    def _named(self, reading: QueuedVideo) -> None:
        """The library knows the generated name: give the video its owner's."""
        known = self._scout.library.get(reading.video)
        if known is not None and known.name != reading.upload.name:
            self._scout.library.put(replace(known, name=reading.upload.name))
