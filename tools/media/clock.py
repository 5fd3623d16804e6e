"""One clock for everything in a file: when it starts, how it goes on in a joined file, and where it ends.

Zero is the earliest moment at which the file shows a picture or gives a sound, whichever comes first. FFmpeg has
applied edit lists and has left out what encoders put before the first sound, so that both count once.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..runtime.stopping import check
from .extent.believed import believed_end, is_thin
from .extent.ended import lacks_its_end
from .joined import AGAIN, Part, Stamped, earlier, ends_at, joined, moved
from .packets import (
    DecodeStats,
    audio_streams,
    decode_packet,
    frame_rate,
    open_media,
    read_packets,
    steady,
    stores_decoding_times,
    video_stream,
)

LATE = 30.0
"""Seconds after the earliest stream within which another one's first packet must come to be looked at: one that begins
later cannot be the earliest, however its packets lie between the others."""

UNSTAMPED = 1000
"""Frames without a time stamp, at the beginning of a file, that are counted: more than lie between two key frames."""

ESTIMATED = 0x0100
"""FFmpeg's mark of formats without an index (AVFMT_GENERIC_INDEX). Most have no length in their header either, and
FFmpeg guesses it from the bit rate; `TELLING` are those that do."""

TELLING = frozenset({"wav", "flac", "w64", "aiff", "avi", "flv"})

UNKNOWN = 0x7FFF0000
"""Bytes from which a WAV file's size in its header means that whoever wrote it did not know it."""


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """Where the picture starts and how the stored picture becomes the displayed one."""

    pts: int
    time_base: Fraction
    width: int
    """Pixels with square pixels, before the picture is turned."""
    height: int
    quarter_turns: int
    """Counterclockwise, applied after `mirrored`."""
    mirrored: bool
    """Put upside down before it is turned: a mirror image, as from a front camera, is this and a half turn."""
    stored: tuple[int, int]
    """Width and height of the picture as it is stored, in pixels that need not be square."""

    @property
    def seconds(self) -> Fraction:
        """Its time stamp in seconds, exactly."""
        return self.pts * self.time_base


@dataclass(frozen=True, slots=True)
class Clock:
    """When things in a file happen: subtract `zero` from a time stamp of `read_packets(…, parts)`."""

    zero: Fraction
    """Seconds on the file's own clock at which the first picture or sound stands."""
    parts: tuple[Part, ...]
    """One, unless the file is joined of several."""
    first: FirstFrame | None
    """None where the file shows no video."""
    sounds: Mapping[int, Fraction]
    """Seconds on the file's own clock of the first sound of each audio track of which something decodes, by number."""
    end: Fraction
    """Seconds on the file's own clock, with the parts' shifts, at which the last packet of video or sound ends."""
    declared: Fraction | None
    """The same as the file's header tells it, where it tells a length."""

    @property
    def duration(self) -> float:
        """Seconds from zero to the end of the last picture or sound that is really in the file."""
        return float(max(self.end - self.zero, Fraction(0)))

    @property
    def declared_duration(self) -> float | None:
        """Seconds that the header tells, where it does."""
        return None if self.declared is None else float(max(self.declared - self.zero, Fraction(0)))

    @property
    def joined(self) -> bool:
        """Whether time stamps in the file begin anew, so that seeking by them may land anywhere."""
        return len(self.parts) > 1


def clock_of(path: Path) -> Clock:
    """The clock of a file, worked out once for as long as the file stays as it is.

    Decodes the first frame and the first sounds and reads the packets near the end; of formats in which clocks may
    begin anew it reads all packets, which takes 1 to 2 s an hour of video.

    Raises:
        MediaError: the file cannot be opened.
    """
    try:
        state = path.stat()
    except (OSError, ValueError):
        open_media(path).close()  # says what is wrong
        raise
    return _clock(path, state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=16)
def _clock(path: Path, *_state: int) -> Clock:
    parts, end = _parts_and_end(path)
    first = _first_frame(path, parts)
    picture = first.seconds if first else None
    sounds = _first_sounds(path, parts, picture)
    with open_media(path) as container:
        declared = _declared(container, path)
        if declared is not None and "wav" in container.format.name.split(","):
            end = min(end, declared)  # FFmpeg tells wrong lengths of packets of ADPCM
    zero = earlier(picture, min(sounds.values(), default=None)) or Fraction(0)
    if is_thin(float(end - zero), path.stat().st_size):
        with open_media(path) as container:
            end = min(end, believed_end(moved(_stamped(container), parts), float(zero)))
    return Clock(zero, parts, first, sounds, end, declared)


def _first_frame(path: Path, parts: tuple[Part, ...]) -> FirstFrame | None:
    """The first frame that decodes cleanly."""
    unused = DecodeStats()
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None or stream.time_base is None:
            return None
        packets = read_packets(container, stream, unused, parts)
        decoded = (frame for packet in packets for frame in decode_packet(packet, unused))
        for frame in decoded:
            pts = _counted_back(decoded, stream) if frame.pts is None else frame.pts
            return described(frame, stream.time_base, stream.sample_aspect_ratio, pts)
    return None


def _counted_back(rest: Iterator[VideoFrame], stream: VideoStream) -> int:
    """The time stamp of a first frame that has none, from the first frame after it that has one.

    FFmpeg gives none to what stands before a Matroska file's zero.
    """
    step = Fraction(1) / (frame_rate(stream) or 25) / (stream.time_base or 1)
    for number, frame in enumerate(islice(rest, UNSTAMPED), 1):
        if frame.pts is not None:
            return min(frame.pts - round(number * step), 0)
    return 0


def described(frame: VideoFrame, time_base: Fraction, aspect: Fraction | None, pts: int = 0) -> FirstFrame:
    """How a stream's pictures are to be shown, by one of them.

    Args:
        frame: as it was decoded.
        time_base: seconds of one unit of its time stamp.
        aspect: width of a stored pixel by its height; None or 0 where the file does not tell.
        pts: its time stamp.
    """
    stored = frame.width, frame.height
    width, height = Fraction(stored[0]), Fraction(stored[1])
    aspect = aspect or Fraction(1)
    # Stretched, never squeezed, so that no detail is lost.
    width, height = (width * aspect, height) if aspect >= 1 else (width, height / aspect)
    turns, mirrored = _orientation(frame)
    return FirstFrame(pts, time_base, round(width), round(height), turns, mirrored, stored)


def _orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Counterclockwise quarter turns, and whether the picture is put upside down before, from the display matrix
    (ISO/IEC 14496-12, 6.2.2)."""
    try:
        side_data = cast(Mapping[str, bytes], frame.side_data)  # the stub knows motion vectors only
    except ValueError:  # PyAV does not know all kinds of side data that FFmpeg hands out, as Exif
        return round(frame.rotation / 90) % 4, False
    if "DISPLAYMATRIX" not in side_data:
        return 0, False
    a, b, _, c, d = np.frombuffer(bytes(side_data["DISPLAYMATRIX"]), np.int32)[:5].tolist()
    return round(frame.rotation / 90) % 4, a * d - b * c < 0


def _first_sounds(path: Path, parts: tuple[Part, ...], picture: Fraction | None) -> dict[int, Fraction]:
    """Seconds on the file's own clock of the first sound of each track of which something decodes."""
    with open_media(path) as container:
        tracks = list(audio_streams(container))
    found: dict[int, Fraction] = {}
    for track in tracks:
        known = [*found.values(), *([] if picture is None else [picture])]
        first = _first_of_track(path, parts, track, min(known, default=None))
        if first is not None:
            found[track] = first
    return found


def _first_of_track(path: Path, parts: tuple[Part, ...], track: int, known: Fraction | None) -> Fraction | None:
    """When one track begins; None where nothing of it decodes. One more than `LATE` after a known time is believed."""
    unused = DecodeStats()
    with open_media(path) as container:
        for packet in read_packets(container, audio_streams(container)[track], unused, parts):
            at = Fraction(packet.pts or 0) * (packet.time_base or 0)
            if known is not None and at > known + LATE:
                return at
            for frame in decode_packet(packet, unused):
                if frame.samples:
                    return Fraction(frame.pts or 0) * (frame.time_base or 0)
    return None


def _parts_and_end(path: Path) -> tuple[tuple[Part, ...], Fraction]:
    """Where the time stamps begin anew, and when the last packet of video or sound ends.

    The header's length is believed only where packets are found, because a truncated file still carries the old one.
    """
    with open_media(path) as container:
        gaps_count = stores_decoding_times(container)
        # FLAC's reader seeks into a second recording; MXF's makes up times where the index at its end is missing.
        form = container.format.name
        whole = gaps_count or form == "flac" or ("mxf" in form and lacks_its_end(path, form))
        length = container.duration or 0
        if not whole and length > 4 * av.time_base:
            try:
                container.seek((container.start_time or 0) + length - 2 * av.time_base)
                end, again = _end_of(container)
                if end is not None and not again:
                    return (Part(0, Fraction(0)),), end
            except FFmpegError:
                pass
    with open_media(path) as container:
        parts, end = joined(_stamped(container), gaps_count)
        return parts, end or Fraction(0)


def _end_of(container: InputContainer) -> tuple[Fraction | None, bool]:
    """The end of the packets from here on, and whether their time stamps begin anew."""
    last: dict[int, float] = {}
    end: float | None = None
    for packet in _stamped(container):
        if packet.steady is not None:
            if packet.steady < last.get(packet.stream, packet.steady) - AGAIN:
                return None, True
            last[packet.stream] = packet.steady
        end = max(end or packet.end, packet.end)
    return None if end is None else ends_at(end), False


def _stamped(container: InputContainer) -> Iterator[Stamped]:
    """The time stamps of the packets of video and sound, as they come."""
    streams: list[Stream] = [
        stream for stream in (video_stream(container), *audio_streams(container).values()) if stream
    ]
    if not streams:
        return
    unit = {stream.index: float(stream.time_base or 0) for stream in streams}
    each = {stream.index: _frame_seconds(stream) for stream in streams}
    sounds = {stream.index for stream in streams if stream.type == "audio"}
    stored = stores_decoding_times(container)
    last: dict[int, float] = {}
    pos: dict[int, int] = {}
    try:
        for packet in container.demux(streams):
            check()
            if (packet.size == 0 and packet.pts is None and packet.dts is None) or packet.is_discard:
                continue  # the flush, or what an edit list leaves out
            stream = packet.stream_index
            ticks = packet.pts if packet.pts is not None else packet.dts
            shown = last.get(stream, 0.0) if ticks is None else ticks * unit[stream]
            stays = packet.duration * unit[stream] if packet.duration else each[stream]
            last[stream] = shown + stays
            pos[stream] = pos.get(stream, 0) if packet.pos is None else packet.pos
            yield Stamped(stream, stream in sounds, pos[stream], steady(packet, stored), shown, shown + stays)
    except FFmpegError:
        return


def _frame_seconds(stream: Stream) -> float:
    rate = frame_rate(stream) if isinstance(stream, VideoStream) else None
    return float(1 / rate) if rate else 0.0


def _declared(container: InputContainer, path: Path) -> Fraction | None:
    """The end of the file on its own clock by its header, where that tells one and FFmpeg does not guess it."""
    names = container.format.name.split(",")
    estimated = container.format.flags & ESTIMATED and TELLING.isdisjoint(names)
    if estimated or stores_decoding_times(container) or not container.duration:
        return None
    begin, length = container.start_time or 0, container.duration
    # Some muxers of Matroska write the length from the first picture or sound, others that from the clock's zero.
    end = Fraction(length if "matroska" in names and 0 < begin < length else begin + length, av.time_base)
    video = video_stream(container)
    if "avi" in names and video is not None and (rate := frame_rate(video)):
        return max(end, video.frames / rate)  # without its index FFmpeg guesses by the size of the file
    return end * _share_of_chunk(path) if "wav" in names else end  # FFmpeg tells what is there


def _share_of_chunk(path: Path) -> Fraction:
    """How many times its size a WAV file should have by the chunk that it is; 1 where that is not known."""
    with path.open("rb") as file:
        head = file.read(8)
    size = int.from_bytes(head[4:], "little") + len(head)
    known = head.startswith(b"RIFF") and size < UNKNOWN
    return max(Fraction(size, path.stat().st_size), Fraction(1)) if known else Fraction(1)


def packets_from(
    container: InputContainer, stream: VideoStream, clock: Clock, pts: int, margin: float, stats: DecodeStats
) -> Iterator[Packet] | None:
    """A stream's packets from a keyframe that is shown strictly before `pts`; None when seeking finds none.

    Args:
        container: just opened.
        margin: seconds before `pts` at which to look.
    """
    if clock.joined:
        return _after_keyframe(read_packets(container, stream, stats, clock.parts), pts)
    try:
        container.seek(pts - math.ceil(margin / (stream.time_base or 1)), stream=stream)
    except FFmpegError:
        return None
    packets = read_packets(container, stream, stats)
    for packet in packets:
        shown = packet.pts if packet.pts is not None else packet.dts
        if packet.is_keyframe and shown is not None:
            return _preceded([packet], packets) if shown < pts else None
    return None


def _after_keyframe(packets: Iterator[Packet], pts: int) -> Iterator[Packet]:
    """All packets from the last keyframe before `pts` on; those before it are dropped undecoded."""
    held: list[Packet] = []
    for packet in packets:
        shown = packet.pts if packet.pts is not None else packet.dts
        if packet.is_keyframe and shown is not None and shown < pts:
            held = []
        held.append(packet)
        if shown is None or shown >= pts:
            break
    yield from _preceded(held, packets)


def _preceded(first: list[Packet], rest: Iterator[Packet]) -> Iterator[Packet]:
    yield from first
    yield from rest


__all__ = ["Clock", "FirstFrame", "clock_of", "described", "packets_from"]
