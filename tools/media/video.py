"""Reading video files: what is in one, its pictures at a steady rate, and its sound.

Every time that leaves this module is in seconds from the first picture or sound in the file, whichever comes first,
whatever the file's own clock says (`clock`): start offsets, edit lists, joined recordings, missing timestamps and
variable frame rates are resolved here.
"""

import hashlib
import io
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from ..errors import MediaError, UsageError
from .audio import SAMPLE_RATE, AudioChunk, audio
from .clock import Clock, FirstFrame, clock_of, packets_from
from .extent.appended import begins_again
from .extent.ended import lacks_its_end
from .hardware import Decoder, Decoding
from .packets import (
    DecodeStats,
    check_regular,
    decode_packet,
    frame_rate,
    is_bare,
    open_media,
    read_packets,
    video_stream,
)
from .tone_mapping import is_hdr, mapped
from .tracks import AudioTrack, Unreadable, audio_tracks, nothing_in, unreadable

__all__ = [
    "SAMPLE_RATE",
    "AudioChunk",
    "DecodeStats",
    "Frame",
    "MediaInfo",
    "audio",
    "content_id",
    "frames",
    "probe",
    "thumbnail",
]

CUT, CUT_SHARE = 1.0, 0.02
"""Seconds, and share of its length, by which a file must end before its header says to count as cut off; muxers round,
and count the last packet in or not."""

REORDER_DEPTH = 16
"""Frames by which decoding order may differ from presentation order, at most (H.264, `max_num_reorder_frames`)."""

SEEK_MARGINS = (0.0, 10.0, 120.0)
"""Seconds before a start at which a keyframe is looked for, in turn: files without an index land too late."""

ROUNDED = Fraction(2, 1000)
"""Seconds by which rounding may move the pictures of a joined file's part."""

RESET = 1.0
"""Seconds by which timestamps must jump back to count as a clock that started again, not as disorder."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file holds."""

    path: Path
    duration: float
    """Seconds from zero to the end of the last frame or sound that is really in the file; in a truncated file this is
    earlier than its header says."""
    has_video: bool
    has_audio: bool
    width: int
    """Pixels as displayed: turned upright, with square pixels. 0 without video."""
    height: int
    rotation: int
    """Degrees, counterclockwise, by which the stored picture is turned for display: 0, 90, 180 or 270."""
    fps: float | None
    """Average frames a second; None without video, or when the file does not tell."""
    video_codec: str | None
    audio_codec: str | None
    audio_tracks: int
    """Those that can be decoded."""
    start_time: float
    """Seconds on the file's own clock at which the first picture or sound stands: this module's zero."""
    declared: float | None = None
    """Seconds that the file's header tells; None where it tells none."""
    tracks: tuple[AudioTrack, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    """Streams that give nothing."""
    ends_early: bool = False  # by its bytes, in formats whose header tells no length
    begins_again: int | None = None  # the byte at which a second recording begins that is not read
    bare: bool = False  # without a clock, so that frames are counted

    @property
    def cut_off(self) -> bool:
        """Whether the file ends well before its header says, as an interrupted copy does or one that still grows."""
        return self.declared is not None and self.duration < self.declared - max(CUT, CUT_SHARE * self.declared)


@dataclass(frozen=True, slots=True)
class Frame:
    """One sampled picture."""

    time: float
    """Presentation time in seconds from the first picture or sound in the file."""
    image: np.ndarray
    """Upright picture, height × width × 3, RGB, uint8."""


def probe(path: str | Path) -> MediaInfo:
    """Look into a media file: decodes one frame and reads the packets near its end.

    Raises:
        MediaError: there is no such file, or nothing in it can be read as video or audio.
    """
    path = Path(path)
    clock = clock_of(path)
    first = clock.first
    dark = unreadable(path, first is not None, list(clock.sounds))
    if first is None and not clock.sounds:
        raise MediaError(nothing_in(path, dark))
    with open_media(path) as container:
        video = video_stream(container) if first else None
        tracks = tuple(track for track in audio_tracks(container) if track.number in clock.sounds)
        rate = frame_rate(video) if video else None
        upright, form = (first.width, first.height) if first else (0, 0), container.format.name
        return MediaInfo(
            path=path,
            duration=clock.duration,
            has_video=first is not None,
            has_audio=bool(tracks),
            width=upright[1] if first and first.quarter_turns % 2 else upright[0],
            height=upright[0] if first and first.quarter_turns % 2 else upright[1],
            rotation=first.quarter_turns * 90 if first else 0,
            fps=float(rate) if rate else None,
            video_codec=video.codec.canonical_name if video else None,
            audio_codec=tracks[0].codec if tracks else None,
            audio_tracks=len(tracks),
            start_time=float(clock.zero),
            declared=clock.declared_duration,
            tracks=tracks,
            unreadable=tuple(dark),
            ends_early=lacks_its_end(path, form),
            begins_again=begins_again(path, form),
            bare=video is not None and is_bare(container),
        )


def content_id(path: str | Path) -> str:
    """A name for a file's content, wherever it lies: 32 hex digits, BLAKE2b over every byte.

    Raises:
        MediaError: the file cannot be read.
    """
    check_regular(Path(path))
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise MediaError(f"{path}: {(error.strerror or str(error)).lower()}") from error


def frames(
    path: str | Path,
    rate: float = 1.0,
    longest_side: int = 1280,
    start: float = 0.0,
    end: float | None = None,
    threads: int = 0,
    stats: DecodeStats | None = None,
    one_size: bool = True,
    decoder: Decoder = "cpu",
) -> Iterator[Frame]:
    """Sample a video on a fixed grid in one sequential decoding pass, in bounded memory.

    The grid has a tick each 1/`rate` seconds from the first frame on, which is at zero unless the sound begins
    earlier. Each tick yields the first frame at or after it, with that frame's own time, but no frame twice: several
    ticks inside one long frame yield one. The first frame of the video always comes; each part of a joined file has a
    grid of its own. A later `start` yields exactly what a pass over the whole video yields from there.

    Args:
        path: a video file; one without video yields nothing.
        rate: ticks a second; at or above the video's frame rate every frame comes.
        longest_side: pixels; larger pictures are scaled down to it, smaller ones are left as they are.
        start: seconds from zero; decoding starts at the keyframe before.
        end: seconds, exclusive; None for the whole video.
        threads: decoder threads; 0 leaves it to FFmpeg.
        stats: filled in as the pass goes.
        one_size: whether all pictures have the size of the first, as windows of several pictures need it; otherwise
            each has its own where the size changes in the middle of the file, and no detail is lost.
        decoder: where pictures are decoded; see `hardware`.

    Raises:
        MediaError: the file cannot be opened. Damage further in is passed over and counted in `stats`.
        UsageError: rate, size or times make no sense.
    """
    if not (rate > 0 and math.isfinite(rate)) or longest_side < 1 or threads < 0:
        raise UsageError(f"rate {rate} and size {longest_side} must be above zero, threads {threads} not below")
    if not (start >= 0 and math.isfinite(start)) or (end is not None and not end >= start):
        raise UsageError(f"a video is sampled forward from zero, got {start} to {end}")
    clock = clock_of(Path(path))
    if clock.first is None:
        return iter(())
    decoding = Decoding(decoder, threads)
    to_rgb = ToRGB(clock.first, longest_side, one_size)
    return _sample(Path(path), clock, clock.first, to_rgb, rate, (start, end), decoding, stats or DecodeStats())


def thumbnail(image: np.ndarray, longest_side: int = 640, quality: int = 85) -> bytes:
    """A picture as JPEG, scaled down to fit.

    Args:
        image: height × width × 3, RGB, uint8.
        longest_side: pixels, at most.
        quality: JPEG quality, 1 to 95.
    """
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def _sample(
    path: Path,
    clock: Clock,
    first: FirstFrame,
    to_rgb: "ToRGB",
    rate: float,
    within: tuple[float, float | None],
    decoding: Decoding,
    stats: DecodeStats,
) -> Iterator[Frame]:
    start, end = within
    tick_of = _grid(clock, first, rate)
    due = (0, 0)
    latest = clock.duration + REORDER_DEPTH  # a time stamp behind the end of what is in the file is not believed
    for frame, pts in _decode_from(path, clock, first, start, rate, decoding, stats):
        tick = tick_of(pts)
        if tick < due:
            continue
        due = (tick[0], tick[1] + 1)
        time = float(pts * first.time_base - clock.zero)
        if (end is not None and time >= end) or time > latest:
            return
        if time >= start:
            stats.sampled += 1
            yield Frame(time, to_rgb(frame))


Tick = tuple[int, int]
"""The part of a joined file, and the ticks since its first picture."""


def _grid(clock: Clock, first: FirstFrame, rate: float) -> Callable[[int], Tick]:
    """The tick at or before a timestamp, in whole numbers, so that no rounding moves a frame over a tick."""
    # The float 0.1 is a hair above a tenth: the nearest simple fraction is what was meant.
    ticks_per_unit = first.time_base * Fraction(rate).limit_denominator(10_000)
    numerator, denominator = ticks_per_unit.as_integer_ratio()
    later = [part.picture for part in clock.parts[1:] if part.picture is not None]
    begins = [first.pts, *(math.floor((picture - ROUNDED) / first.time_base) for picture in later)]

    def tick_of(pts: int) -> Tick:
        part = max(bisect_right(begins, pts) - 1, 0)
        return part, (pts - begins[part]) * numerator // denominator

    return tick_of


def _decode_from(
    path: Path, clock: Clock, first: FirstFrame, start: float, rate: float, decoding: Decoding, stats: DecodeStats
) -> Iterator[tuple[VideoFrame, int]]:
    """Frames in presentation order with their timestamps, from a keyframe before `start` on.

    Which frame a tick falls on depends on the frame before it and on nothing further back; that one is decoded too.
    """
    before = math.floor((clock.zero + Fraction(start)) / first.time_base)
    for margin in (*SEEK_MARGINS, None):
        with decoding.open(path) as container:
            stream = video_stream(container)
            if stream is None:
                return
            if margin is None or before <= first.pts:
                packets = read_packets(container, stream, stats, clock.parts)
            else:
                packets = packets_from(container, stream, clock, before, margin, stats)
            if packets is None:
                continue
            decoding.prepare(stream)
            fps = frame_rate(stream) or Fraction(25)
            if rate * 4 < fps:
                decoded = _decode_sparsely(packets, stream, _grid(clock, first, rate), stats)
            else:
                decoded = (frame for packet in packets for frame in decode_packet(packet, stats))
            for frame, pts in _with_steady_clock(decoded, first, 1 / fps):
                decoding.see(frame, stream)
                yield frame, pts
            return


def _decode_sparsely(
    packets: Iterator[Packet], stream: VideoStream, tick_of: Callable[[int], Tick], stats: DecodeStats
) -> Iterator[VideoFrame]:
    """Decode what sampling needs and leave out the rest: pictures that no tick falls on and no other picture refers to.

    A tick falls on a frame when it lies after the frame before it. Of the frames before it only those are known whose
    packets came earlier, so that the last one known may lie further back: then a picture is decoded in vain, but none
    is ever missed, and the sampled frames are the same as if everything were decoded.
    """
    known: list[int] = []
    """Timestamps of the latest packets, sorted."""
    for packet in packets:
        needed = True
        if packet.pts is not None:
            place = bisect_left(known, packet.pts)
            # A tick on the frame before counts as well: that one may turn out to be damaged, or to be half a frame.
            needed = place < 2 or tick_of(known[place - 2]) < tick_of(packet.pts)
            known.insert(place, packet.pts)
            del known[: max(len(known) - 2 * REORDER_DEPTH, 0)]
        stream.codec_context.skip_frame = "DEFAULT" if needed else "NONREF"
        yield from decode_packet(packet, stats)


def _with_steady_clock(
    decoded: Iterator[VideoFrame], first: FirstFrame, frame_seconds: Fraction
) -> Iterator[tuple[VideoFrame, int]]:
    """Each frame with a timestamp: one frame after the last where it has none or where the clock started again.

    A clock that starts again does so in the packets. Where only the frames jump back, damage kept the decoder from
    handing out some in time: they are left out, and those after them stand where they say.
    """
    step = max(round(frame_seconds / first.time_base), 1)
    reset = RESET / first.time_base
    last, shift = first.pts - step, 0
    fed: int | None = None
    for frame in decoded:
        pts = last + step if frame.pts is None else frame.pts + shift
        goes_on = fed is not None and (frame.dts is None or fed - frame.dts <= reset)
        fed = frame.dts if frame.dts is not None else fed
        if last - pts > reset:
            if goes_on:
                continue
            shift += last + step - pts
            pts = last + step
        last = max(pts, last)
        yield frame, pts


class ToRGB:
    """Turns decoded frames into upright RGB arrays, at most `longest_side` pixels long, for an ordinary screen."""

    def __init__(self, first: FirstFrame, longest_side: int, one_size: bool) -> None:
        self.first = first
        self.longest_side = longest_side
        self.one_size = one_size
        self.reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        width, height = self._size(frame)
        smaller = width < frame.width or height < frame.height
        hdr = is_hdr(frame.color_trc)
        image = self.reformatter.reformat(
            frame,
            width,
            height,
            "rgb48le" if hdr else "rgb24",
            interpolation=Interpolation.AREA if smaller else Interpolation.BICUBIC,
        ).to_ndarray()
        if hdr:
            image = mapped(image, frame.color_trc, frame.color_primaries)
        if self.first.mirrored:
            image = image[::-1]
        return np.ascontiguousarray(np.rot90(image, self.first.quarter_turns))

    def _size(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height of a frame with square pixels, scaled down to fit."""
        width, height = self.first.width, self.first.height
        stored = self.first.stored
        if not self.one_size and (frame.width, frame.height) != stored:
            width, height = round(frame.width * width / stored[0]), round(frame.height * height / stored[1])
        scale = min(1.0, self.longest_side / max(width, height))
        return max(round(width * scale), 1), max(round(height * scale), 1)
