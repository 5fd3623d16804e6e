"""The thread that takes in a live video: connects, decodes, keeps segments, and connects again when that breaks off."""

import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...tools.errors import MediaError, VidscoutError
from ...tools.media.kept_segments import KeptSegments
from ...tools.media.live import Reader, Stretch, open_live
from ...tools.media.packets import open_media
from ..network.public_addresses import RefusedAddressError, Rules
from .camera import camera
from .progress import Mark, Place
from .sources import Kind, Source, checked_rtsp, new_segments
from .streams import Growing, Hls, Input

AHEAD = 8
"""Stretches that may wait: some 16 s, and 45 MB at 1280×720 and one frame a second."""
PATIENCE = (1.0, 60.0)
"""Seconds before a connection is tried again: the first time, and at most; each time twice as long."""
STEADY = 10.0
"""Seconds after which a connection counts as having held."""
QUIET_SEGMENT = 2.0
"""Seconds for which a folder's newest file must stay as it is to be complete."""
LEFT_BEHIND = 3.0
"""Seconds that the thread gets to end."""
RTSP = {"rtsp_transport": "tcp", "protocol_whitelist": "rtsp,rtsps,rtp,tcp,tls,crypto"}


@dataclass(frozen=True)
class Arrived:
    """A stretch that waits to be looked at."""

    stretch: Stretch
    done: Mark | None = None
    """The file that it ends, of a folder."""


class Incoming:
    """One source, read in a thread of its own into a bounded queue."""

    def __init__(
        self,
        source: Source,
        place: Place,
        kept: KeptSegments,
        rules: Rules,
        rate: float,
        longest_side: int,
        quiet: float | None = None,
    ) -> None:
        """Take everything; `start` begins.

        Args:
            source: what is watched.
            place: where to go on.
            kept: where packets are kept.
            rules: which hosts may be asked.
            rate: frames a second that are sampled.
            longest_side: pixels of a frame, at most.
            quiet: seconds without anything new after which a file, a folder or a lost connection counts as ended; None
                waits for ever.
        """
        self.source, self.place, self._kept, self._rules, self._quiet = source, place, kept, rules, quiet
        self._sampling = rate, longest_side
        self.stop = threading.Event()
        self.items: queue.Queue[Arrived | None] = queue.Queue(AHEAD)
        self.notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.error: VidscoutError | None = None
        self.reconnected = self.jumps = 0
        self.reached = False
        """Whether anything has come."""
        self.unseen = 0.0
        """Seconds that nothing looked at, since what came before took too long."""
        self._done = place.done
        self._hls = Hls(source.address, rules, self.stop)
        behind = max(time.time() - place.began, place.end) if source.passes else place.end
        self._zero = time.monotonic() - behind
        self.latest = behind if source.passes else place.done_end
        """Seconds up to which something came."""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait a little for the thread; a read that hangs is left behind."""
        self.stop.set()
        until = time.monotonic() + LEFT_BEHIND
        while self._thread.is_alive() and time.monotonic() < until:
            with suppress(queue.Empty):
                self.items.get_nowait()
            self._thread.join(0.05)

    def _run(self) -> None:
        try:
            self._connect_again_and_again()
        except VidscoutError as error:
            self.error = error
        except Exception as error:
            self.error = MediaError(f"{self.source.name}: {type(error).__name__}: {error}")
        finally:
            self._kept.close()
            self._put(None)

    def _connect_again_and_again(self) -> None:
        wait, first, lost = PATIENCE[0], True, 0.0
        while not self.stop.is_set():
            began, ended = time.monotonic(), False
            try:
                ended = self._read()
                why = "it ended"
            except RefusedAddressError:
                raise
            except VidscoutError as error:
                if first and not self.reached:
                    raise
                why = " ".join(str(error).split())
            if self.stop.is_set() or (ended and not self.source.passes):
                return
            held = time.monotonic() - began
            wait, lost = (PATIENCE[0], 0.0) if held > STEADY else (wait, lost)
            if self._quiet is not None and lost >= self._quiet:
                return
            first = False
            self.notes.put(f"{self.source.name}: {why}; connecting again in {wait:g} s")
            self.stop.wait(wait)
            lost += held + wait
            wait = min(wait * 2, PATIENCE[1])
            self.reconnected += 1

    def _read(self) -> bool:
        """Read one connection; whether it came to its end."""
        source = self.source
        if source.kind is Kind.FOLDER:
            return self._read_folder(Path(source.address))
        if source.kind is Kind.DEVICE:
            form, _, name = source.address.partition(":")
            opened = camera(form, name, *self._sampling, self._now, self.stop)
            return self._take(opened) if opened is not None else self._read_stream()
        return self._read_stream()

    def _read_stream(self) -> bool:
        source = self.source
        with self._stream() as stream:
            form, options, opened = None, {}, stream
            if source.kind is Kind.RTSP:
                opened, options = checked_rtsp(source.address, self._rules), RTSP
            elif source.kind is Kind.DEVICE:
                form, opened = source.address.split(":", 1)
            begin = self._now() if source.passes else 0.0
            try:
                container = open_live(opened, form, **options)
            except MediaError as error:
                raise MediaError(f"{source.name}: {error}") from None
            with container:
                reader = Reader(container, begin, *self._sampling, self._keep)
                try:
                    return self._take(reader.stretches())
                finally:
                    self.jumps += reader.onward.jumps

    def _stream(self) -> AbstractContextManager[Any]:
        """What bytes come from; nothing where FFmpeg opens the source itself."""
        if self.source.kind is Kind.FILE:
            return closing(Growing(Path(self.source.address), self.stop, self._quiet))
        if self.source.kind is Kind.INPUT:
            return closing(Input(sys.stdin.buffer, self.stop))
        if self.source.kind is Kind.HTTP:
            self._hls.begin()
            return nullcontext(self._hls)
        return nullcontext()

    def _now(self) -> float:
        """Seconds since the watching began, as they pass; never before what came last."""
        return max(time.monotonic() - self._zero, self.latest)

    def _keep(self, packet: Any, at: float) -> None:
        if at >= self.place.end:
            self._kept.take(packet, at)

    def _read_folder(self, folder: Path) -> bool:
        since = time.monotonic()
        while not self.stop.is_set():
            try:
                whole = self._newest_rests(folder)
                due = next(new_segments(folder, self._done, whole), None)
            except OSError as error:
                raise MediaError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
            if due is None:
                if whole and self._quiet is not None and time.monotonic() - since > self._quiet:
                    return True  # not before the newest file counts as written
                self.stop.wait(0.5)
                continue
            self._done, path = due
            self._read_segment(path, self._done)
            since = time.monotonic()
        return False

    def _read_segment(self, path: Path, mark: Mark) -> None:
        """Read one file of a folder; one that is none is passed over, with a note."""
        last: Stretch | None = None
        try:
            with open_media(path) as container:
                reader = Reader(container, self.latest, *self._sampling, self._keep)
                for stretch in reader.stretches():
                    if last is not None:
                        self._arrives(last)
                    last = stretch
        except MediaError as error:
            self.notes.put(str(error))
        end = last.end if last is not None else self.latest
        self._arrives(last or Stretch(end, end, arrived=time.monotonic()), mark)

    def _newest_rests(self, folder: Path) -> bool:
        """Whether the newest file of a folder has not changed for a while."""
        newest = max((one.stat().st_mtime for one in folder.iterdir() if one.is_file()), default=0.0)
        return time.time() - newest > QUIET_SEGMENT

    def _take(self, stretches: Iterator[Stretch]) -> bool:
        for stretch in stretches:
            self._arrives(stretch)
            if self.stop.is_set():
                return False
        return True

    def _arrives(self, stretch: Stretch, done: Mark | None = None) -> None:
        self.latest, self.reached = max(self.latest, stretch.end), True
        if not self.source.passes:
            stretch = _after(stretch, self.place.end)
            if stretch.end <= self.place.end and done is None:
                return  # a restart has looked at it before
        item = Arrived(stretch, done)
        if self.source.passes and self.items.full():
            self.unseen += stretch.end - stretch.start
            return  # what passes does not wait
        self._put(item)

    def _put(self, item: Arrived | None) -> None:
        while True:
            try:
                self.items.put(item, timeout=0.1)
            except queue.Full:
                if self.stop.is_set():
                    return
                continue
            return


def _after(stretch: Stretch, start: float) -> Stretch:
    """What of a stretch stands at or after a time in seconds."""
    if stretch.start >= start:
        return stretch
    sound = stretch.sound
    if sound is not None and sound.start < start:
        first = round((start - sound.start) * 16_000)
        sound = replace(sound, start=start, samples=sound.samples[first:]) if first < len(sound.samples) else None
    frames = tuple(frame for frame in stretch.frames if frame.time >= start)
    return replace(stretch, start=min(start, stretch.end), frames=frames, sound=sound)


__all__ = ["Arrived", "Incoming", "Place"]
