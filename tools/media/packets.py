"""Media files at the level of packets: opening them, where their clock starts, and reading on past damage.

`video` and `audio` turn this into pictures and sound. FFmpeg does the work, through PyAV.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import MediaError

NOT_MEDIA = frozenset({"tty", "hls", "dash", "concat", "sdp", "imf"})
"""FFmpeg's names of formats that are text shown as a picture, or lists which open other files: refused."""

MAX_FAILURES = 50
"""Read errors in a row after which a file counts as ended."""


@dataclass(slots=True)
class DecodeStats:
    """What a pass over a file met; filled in while it goes."""

    decoded: int = 0
    """Frames that came out of the decoder. Pictures that are not sampled and that no other picture refers to are not
    decoded, so this can be far below the number of frames in the file."""
    sampled: int = 0
    """Frames, or chunks of audio, that were handed out."""
    damaged: int = 0
    """Packets and frames that FFmpeg found damaged; those that could not be decoded are passed over. Matroska's reader
    finds its way after damage without a word: there, packets are merely missing."""


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """Where the clock starts and how the stored picture becomes the displayed one."""

    pts: int
    time_base: Fraction
    width: int
    """Pixels with square pixels, before the picture is turned."""
    height: int
    quarter_turns: int
    """Counterclockwise, applied after `mirrored`."""
    mirrored: bool
    """Put upside down before it is turned: a mirror image, as from a front camera, is this and a half turn."""

    @property
    def seconds(self) -> Fraction:
        """Its time stamp in seconds, exactly."""
        return self.pts * self.time_base


def open_media(path: Path) -> InputContainer:
    """Open a local media file; close it, or use it in a `with`.

    Raises:
        MediaError: it cannot be opened as one.
    """
    try:
        if path.is_dir():
            raise MediaError(f"{path}: is a folder, not a media file")
        if path.stat().st_size == 0:
            raise MediaError(f"{path}: the file is empty")
        # Absolute, so that a colon in a relative name is not read as a protocol; files only, so that a playlist
        # cannot make this machine fetch something.
        container = av.open(str(path.absolute()), "r", options={"protocol_whitelist": "file"}, metadata_errors="ignore")
    except FileNotFoundError as error:
        raise MediaError(f"{path}: no such file") from error
    except PermissionError as error:
        raise MediaError(f"{path}: permission denied") from error
    except (FFmpegError, OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise MediaError(f"{path}: not a video or audio file, or cut off too early to be read ({reason})") from error
    if not NOT_MEDIA.isdisjoint(container.format.name.split(",")):
        name = container.format.name
        container.close()
        raise MediaError(f"{path}: is a text or a playlist ({name}), not a video or audio file")
    return container


def video_stream(container: InputContainer) -> VideoStream | None:
    """The video a player would show; cover art is not a video."""
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.codec_context is None:
        return None
    return None if stream.disposition & Disposition.attached_pic else stream


def audio_streams(container: InputContainer) -> list[AudioStream]:
    """The audio tracks for which there is a decoder."""
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


def read_packets(container: InputContainer, stream: Stream, stats: DecodeStats) -> Iterator[Packet]:
    """A stream's packets from the current place on, past read errors, then the empty packet that flushes a decoder."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    failures = 0
    while failures < MAX_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
            return
        except FFmpegError:
            failures += 1
            stats.damaged += 1
    flush = Packet()
    flush.stream = stream
    yield flush


def packets_before(
    container: InputContainer, stream: VideoStream, pts: int, margin: float, stats: DecodeStats
) -> Iterator[Packet] | None:
    """A stream's packets from a keyframe that is shown strictly before `pts`; None when seeking finds none.

    Args:
        margin: seconds before `pts` at which to look.
    """
    try:
        container.seek(pts - math.ceil(margin / (stream.time_base or 1)), stream=stream)
    except FFmpegError:
        return None
    packets = read_packets(container, stream, stats)
    for packet in packets:
        shown = packet.pts if packet.pts is not None else packet.dts
        if packet.is_keyframe and shown is not None:
            return _preceded(packet, packets) if shown < pts else None
    return None


def _preceded(packet: Packet, rest: Iterator[Packet]) -> Iterator[Packet]:
    yield packet
    yield from rest


def decode_packet(packet: Packet, stats: DecodeStats) -> list:
    """The frames, video or audio, that come out when a packet goes in; damaged ones are counted and left out."""
    try:
        frames = packet.decode()
    except FFmpegError:
        stats.damaged += 1
        return []
    whole = [frame for frame in frames if not frame.is_corrupt]
    stats.decoded += len(frames)
    stats.damaged += packet.is_corrupt or len(frames) - len(whole)
    return whole


def first_frame(path: Path) -> FirstFrame | None:
    """The first frame that decodes cleanly; None when the file shows no video.

    Raises:
        MediaError: the file cannot be opened.
    """
    unused = DecodeStats()
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None or stream.time_base is None:
            return None
        for packet in read_packets(container, stream, unused):
            for frame in decode_packet(packet, unused):
                width, height = Fraction(frame.width), Fraction(frame.height)
                aspect = stream.sample_aspect_ratio or Fraction(1)
                # Stretched, never squeezed, so that no detail is lost.
                width, height = (width * aspect, height) if aspect >= 1 else (width, height / aspect)
                turns, mirrored = _orientation(frame)
                return FirstFrame(frame.pts or 0, stream.time_base, round(width), round(height), turns, mirrored)
    return None


def _orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Counterclockwise quarter turns, and whether the picture is put upside down before, from the display matrix
    (ISO/IEC 14496-12, 6.2.2)."""
    side_data = cast(Mapping[str, bytes], frame.side_data)  # the stub knows motion vectors only
    if "DISPLAYMATRIX" not in side_data:
        return 0, False
    a, b, _, c, d = np.frombuffer(bytes(side_data["DISPLAYMATRIX"]), np.int32)[:5].tolist()
    return round(frame.rotation / 90) % 4, a * d - b * c < 0


def first_sound(path: Path) -> Fraction | None:
    """Seconds on the file's own clock of the first sound that decodes; None when none does."""
    unused = DecodeStats()
    with open_media(path) as container:
        for stream in audio_streams(container)[:1]:
            for packet in read_packets(container, stream, unused):
                for frame in decode_packet(packet, unused):
                    return Fraction(frame.pts or 0) * (frame.time_base or 0)
    return None


def origin(first: FirstFrame | None, path: Path) -> Fraction:
    """Seconds on the file's own clock at which our zero lies: its first frame, or its first sound without video."""
    return first.seconds if first else first_sound(path) or Fraction(0)


def last_end(path: Path) -> Fraction:
    """Seconds on the file's own clock at which its last packet of video or sound ends.

    The header's duration is believed only where packets are found, because a truncated file still carries the old one.
    """
    with open_media(path) as container:
        duration = container.duration or 0
        if duration > 4 * av.time_base:
            try:
                container.seek((container.start_time or 0) + duration - 2 * av.time_base)
                if end := _last_packet_end(container):
                    return end
            except FFmpegError:
                pass
    with open_media(path) as container:
        return _last_packet_end(container) or Fraction(0)


def _last_packet_end(container: InputContainer) -> Fraction | None:
    streams = [stream for stream in (video_stream(container), *audio_streams(container)) if stream]
    ends: dict[int, Fraction] = {}
    try:
        for packet in container.demux(streams):
            shown = packet.pts if packet.pts is not None else packet.dts
            if shown is None and packet.size == 0:
                continue  # the flush
            stays = packet.duration * packet.time_base if packet.duration else _frame_seconds(packet.stream)
            at = shown * packet.time_base if shown is not None else ends.get(packet.stream_index, Fraction(0))
            ends[packet.stream_index] = max(ends.get(packet.stream_index, at), at + stays)
    except FFmpegError:
        pass
    return max(ends.values(), default=None)


def _frame_seconds(stream: Stream) -> Fraction:
    rate = frame_rate(stream) if isinstance(stream, VideoStream) else None
    return 1 / rate if rate else Fraction(0)


def frame_rate(stream: VideoStream) -> Fraction | None:
    """Average frames a second, if the file tells."""
    return stream.average_rate or stream.guessed_rate or None
