"""The last hours of a live video on disk: its packets as they came, in short files, the oldest of which are dropped."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from .live import BACK, FORWARD

EACH = 10.0
"""Seconds of a segment, at least: it ends before the next keyframe."""
LONGEST = 60.0
"""Seconds after which sound without a picture begins a new one."""


class KeptSegments:
    """Segments in a folder, `MILLISECONDS.mkv` by when they begin, within an age and a size."""

    def __init__(self, folder: Path, age: float, size: int) -> None:
        """Take the folder, which is there.

        Args:
            folder: of one live video.
            age: seconds of the newest material that are kept; 0 keeps nothing.
            size: most bytes.
        """
        self._folder, self._age, self._size = folder, age, size
        self._out: OutputContainer | None = None
        self._streams: dict[int, Stream] = {}
        self._base: Fraction | None = None
        self._start = self._latest = 0.0
        self.lost = 0
        """Packets that could not be written."""

    def take(self, packet: Packet, at: float) -> None:
        """Write a packet.

        Args:
            packet: as it came, after it was decoded; it is changed.
            at: seconds up to which there is something.
        """
        if not self._age:
            return
        stream, stamp = packet.stream, packet.dts if packet.dts is not None else packet.pts
        if stamp is None or packet.time_base is None:
            return
        seconds = stamp * packet.time_base
        is_video = stream.type == "video"
        leads = (is_video and packet.is_keyframe) or (not is_video and at - self._start > LONGEST)
        jumped = self._base is not None and not -BACK < float(seconds - self._base) < LONGEST + FORWARD + EACH
        if self._out is None or jumped or (leads and at - self._start >= EACH):
            if self._out is None and not is_video and len(stream.container.streams.video):
                return  # begins with a picture
            self._begin(stream, at, seconds)
        self._write(packet, stream)
        self._latest = at

    def _begin(self, stream: Stream, at: float, seconds: Fraction) -> None:
        self.close()
        self._start, self._base = at, seconds
        try:
            self._out = av.open(str(self._folder / f"{round(at * 1000):012d}.mkv"), "w", format="matroska")
            self._streams = {
                one.index: self._out.add_stream_from_template(one)
                for one in (*stream.container.streams.video, *stream.container.streams.audio)
                if one.codec_context is not None
            }
        except (FFmpegError, OSError, ValueError):
            self.lost += 1
            self._streams = {}
        self.prune()

    def _write(self, packet: Packet, stream: Stream) -> None:
        if self._out is None or stream.index not in self._streams or self._base is None or packet.time_base is None:
            return
        ticks = round(self._base / packet.time_base)
        try:
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts = None if packet.dts is None else packet.dts - ticks
            packet.stream = self._streams[stream.index]
            self._out.mux(packet)
        except (FFmpegError, OSError, ValueError):
            self.lost += 1

    def close(self) -> None:
        """End the segment that is being written."""
        if self._out is not None:
            with suppress(FFmpegError, OSError, ValueError):
                self._out.close()
        self._out, self._base = None, None

    def prune(self) -> None:
        """Drop the oldest segments that are beyond the age or the size."""
        files = kept(self._folder)
        total = sum(size for _, size, _ in files)
        for start, size, file in files[:-1]:
            if total <= self._size and start >= self._start - self._age:
                break
            file.unlink(missing_ok=True)
            total -= size


def kept(folder: Path) -> list[tuple[float, int, Path]]:
    """The segments of a folder: when each begins in seconds, its bytes and its file, in order of time."""
    found = []
    for file in folder.glob("*.mkv"):
        with suppress(OSError, ValueError):
            found.append((int(file.stem) / 1000, file.stat().st_size, file))
    return sorted(found)


def segment_at(folder: Path, time: float) -> Path | None:
    """The file in which a time in seconds lies, where it is still kept."""
    return max(((start, file) for start, _, file in kept(folder) if start <= time), default=(0.0, None))[1]
