"""Media files at the level of packets: opening them, reading on past damage, and decoding.

`clock` says when a packet is shown; `video` and `audio` turn packets into pictures and sound. FFmpeg does the work,
through PyAV.
"""

import stat
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.hwaccel import HWAccel
from av.container import Container, InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from ..errors import MediaError
from ..runtime.stopping import check
from .joined import Follower, Part

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,kux,asf,asf_o,ogg,rm,mxf,gxf,nut,wtv,"
    "nsv,nuv,ty,swf,dv,pva,lxf,dhav,smjpeg,yuv4mpegpipe,"
    "h261,h263,h264,hevc,vvc,evc,vc1,m4v,mjpeg,mpjpeg,ivf,obu,av1,dirac,dnxhd,cavsvideo,avs2,avs3,gif,apng,"
    "wav,w64,mp3,aac,loas,ac3,ac4,eac3,dts,dtshd,truehd,mlp,flac,aiff,caf,au,amr,amrnb,amrwb,ape,wv,tta,tak,mpc,mpc8,"
    "voc,oma,qcp,dss,aa,aax,spdif,"
    "image2,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,gif_pipe,jpegxl_pipe,jpegxl_anim,j2k_pipe,ppm_pipe"
)
"""FFmpeg's names of the formats that are opened. Others are refused before anything in them is followed: text shown as
a picture, and lists that open other files or addresses (HLS, DASH, ffconcat, SDP, IMF, VobSub)."""

DISCONTINUOUS = 0x0200
"""FFmpeg's mark of formats whose time stamps may begin anew within a file (AVFMT_TS_DISCONT)."""

TIMELESS = 0x0080
"""FFmpeg's mark of formats without time stamps (AVFMT_NOTIMESTAMPS)."""

FASTEST = 1000
"""Frames a second above which a rate is none."""

MAX_FAILURES = 50
"""Read errors in a row after which a file counts as ended."""

MAX_PIXELS = 36_000_000
"""Pixels of the largest picture that is decoded: a little more than 8K (8192 × 4320). A few kilobytes can claim a
picture of gigabytes, also in the middle of a video."""

BEFORE_JOIN = 3
"""Packets of a stream before a join, among which is the one that is taken for damaged."""

TOGETHER = 1.0
"""Seconds between damaged packets that count as one damaged stretch."""

NOT_MOVING = Disposition.attached_pic | Disposition.timed_thumbnails
"""Marks of a video stream that is a cover or previews."""

SPECIAL = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe: save what comes out of it as a file first",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


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
    stretches: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    """Where the damaged packets stand, in seconds on the clock of the packets, in order of the pass."""
    missing: list[tuple[float, float]] = field(default_factory=list)
    """Where within the sound the file has none, in seconds from zero: what a reader that finds its way after damage
    has left out without a word, or the recorder."""

    def damage(self, packet: Packet | None = None) -> None:
        """Count a damaged packet, or a read error, of which no place is known."""
        self.damaged += 1
        if packet is None or packet.time_base is None:
            return
        shown = packet.pts if packet.pts is not None else packet.dts
        if shown is None:
            return
        at = shown * packet.time_base
        until = at + (packet.duration or 0) * packet.time_base
        if self.stretches and abs(at - self.stretches[-1][1]) <= TOGETHER:
            start, end = self.stretches[-1]
            self.stretches[-1] = min(start, at), max(end, until)
        else:
            self.stretches.append((at, until))


def check_regular(path: Path) -> None:
    """Refuse what is not an ordinary file, without opening it: opening a pipe waits for whoever writes into it.

    Raises:
        MediaError: there is no such file, or it is a folder, a pipe, a socket or a device.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise MediaError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise MediaError(f"{str(path)[:300]}: {reason}") from error
    for is_such, what in SPECIAL.items():
        if is_such(mode):
            raise MediaError(f"{path}: is {what}, not a media file" if ":" not in what else f"{path}: is {what}")


HEAD = 2**20
"""Bytes at the beginning of a file, in which a fragmented MP4 describes its streams."""


def open_media(path: Path, accelerated: HWAccel | None = None) -> InputContainer:
    """Open a local media file; close it, or use it in a `with`.

    Args:
        path: of the file.
        accelerated: the device that decodes its pictures, where it can.

    Raises:
        MediaError: it cannot be opened as one, or there is no such device.
    """
    check_regular(path)
    try:
        if path.stat().st_size == 0:
            raise MediaError(f"{path}: the file is empty")
        # Absolute, so that a colon in a relative name is not read as a protocol; files only, so that a playlist
        # cannot make this machine fetch something; and this file only, whatever stands in it or in its name.
        options = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "pattern_type": "none"}
        container = av.open(str(path.absolute()), "r", options=options, metadata_errors="ignore", hwaccel=accelerated)
    except PermissionError as error:
        raise MediaError(f"{path}: permission denied") from error
    except (FFmpegError, OSError, ValueError) as error:
        if _says_encrypted(path):
            raise MediaError(f"{path}: is encrypted, so nothing in it can be read") from error
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise MediaError(f"{path}: not a video or audio file, or cut off too early to be read ({reason})") from error
    return container


def _says_encrypted(path: Path) -> bool:
    """Whether a file that FFmpeg does not open is an MP4 whose head names encrypted streams."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return head[4:8] in {b"ftyp", b"styp", b"moov"} and any(sign in head for sign in (b"encv", b"enca"))


def video_stream(container: InputContainer) -> VideoStream | None:
    """The video a player would show; cover art is not a video. Pictures of more than `MAX_PIXELS` do not decode."""
    moving = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & NOT_MOVING
    ]
    best = container.streams.best("video")
    if best in moving:
        chosen = best if isinstance(best, VideoStream) else None
    else:
        chosen = max(
            moving, key=lambda stream: (bool(stream.disposition & Disposition.default), stream.width), default=None
        )
    if chosen is not None and not chosen.codec_context.is_open:
        chosen.codec_context.options = {**chosen.codec_context.options, "max_pixels": str(MAX_PIXELS)}
    return chosen


def audio_streams(container: InputContainer) -> dict[int, AudioStream]:
    """The audio tracks for which there is a decoder, by their number among all audio tracks, from 0."""
    return {n: stream for n, stream in enumerate(container.streams.audio) if stream.codec_context is not None}


def read_packets(
    container: InputContainer, stream: Stream, stats: DecodeStats, parts: Sequence[Part] = ()
) -> Iterator[Packet]:
    """A stream's packets from the current place on, past read errors, then the empty packet that flushes a decoder.

    Args:
        parts: of a joined file: the packets' time stamps are moved so that each part follows on the one before.
    """
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    failures = 0
    joined = Follower(parts) if len(parts) > 1 else None
    stored = stores_decoding_times(container)
    while failures < MAX_FAILURES:
        try:
            packets = container.demux(stream)
            for packet in packets if joined is None else _without_joins(packets, joined, stored):
                check()
                failures = 0
                yield packet
            return
        except FFmpegError:
            failures += 1
            stats.damage()
    flush = Packet()
    flush.stream = stream
    yield flush


def _without_joins(packets: Iterator[Packet], joined: Follower, stored: bool) -> Iterator[Packet]:
    """A joined file's packets, moved to where their part stands.

    MPEG-TS's reader takes one of the last packets before a join for damaged, since they are not counted on from there.
    """
    waiting: deque[Packet] = deque()
    part: Fraction | None = None
    for packet in packets:
        shift = joined.shift(packet.pos, steady(packet, stored))
        _move(packet, shift)
        if shift != part:
            for before in waiting:
                before.is_corrupt = False
        part = shift
        waiting.append(packet)
        if len(waiting) > BEFORE_JOIN:
            yield waiting.popleft()
    yield from waiting


def stores_decoding_times(container: InputContainer) -> bool:
    """Whether the format is one of those in which clocks begin anew, MPEG-TS, MPEG-PS and Ogg; they have true decoding
    times, where FFmpeg guesses those of others."""
    return bool(container.format.flags & DISCONTINUOUS)


def steady(packet: Packet, stored: bool) -> float | None:
    """Seconds that do not go back from packet to packet while a clock goes on: `joined.Stamped.steady`.

    Args:
        packet: of any stream.
        stored: what `stores_decoding_times` says.
    """
    ticks = packet.dts if stored and packet.dts is not None else packet.pts
    if ticks is None or packet.time_base is None or not (stored or packet.is_keyframe):
        return None
    return ticks * float(packet.time_base)


def _move(packet: Packet, seconds: Fraction) -> None:
    if packet.time_base is None:
        return
    ticks = round(seconds / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts + ticks
    packet.dts = None if packet.dts is None else packet.dts + ticks


def decode_packet(packet: Packet, stats: DecodeStats) -> list:
    """The frames, video or audio, that come out when a packet goes in; damaged ones are counted and left out."""
    if packet.size == 0 and (packet.pts is not None or packet.dts is not None):
        return []  # the picture before it stands on: Theora and AVI say so with a packet without content
    if packet.has_sidedata("encryption_info"):
        return []  # what a decoder makes of it is noise
    try:
        frames = packet.decode()
    except FFmpegError:
        stats.damage(packet)
        return []
    whole = [frame for frame in frames if not frame.is_corrupt]
    stats.decoded += len(frames)
    for _ in range(packet.is_corrupt + len(frames) - len(whole)):
        stats.damage(packet)
    return whole


def frame_rate(stream: VideoStream) -> Fraction | None:
    """Average frames a second, if the file tells.

    What FFmpeg says of a bare stream is its own assumption, unless the stream tells; of DV it is the unit of the clock.
    """
    average, guessed = stream.average_rate, stream.guessed_rate
    if guessed and (average is None or average > FASTEST or is_bare(stream.container)):
        return guessed
    return average or guessed or None


def is_bare(container: Container) -> bool:
    """Whether a file is a stream without container and so without time stamps, as `.h264`."""
    return bool(container.format.flags & TIMELESS)
