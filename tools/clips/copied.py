"""Clips without encoding: the packets from a key frame on, moved to the clip's own clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from ..errors import MediaError
from ..geometry import Span
from ..media.clock import Clock, clock_of, packets_from
from ..media.packets import DecodeStats, audio_streams, open_media, video_stream
from ..media.video import SEEK_MARGINS, MediaInfo
from .formats import Form

AMISS = 1.0
"""Seconds by which a copied clip's length may miss what was copied before it counts as not copied."""


class NotCopied(Exception):  # noqa: N818 - no fault: it is encoded anew
    """The packets cannot be copied; the message says why."""


@dataclass
class _Writing:
    """A clip that is being written."""

    out: OutputContainer
    streams: dict[int, Stream]
    """Of the clip, by the number of the source's."""
    last: dict[int, int] = field(default_factory=dict)
    """The last decoding time of each, so that none goes back."""

    def put(self, packet: Packet, shift: Fraction) -> None:
        """Write a packet, moved by seconds."""
        unit, stream = packet.time_base or Fraction(1, 1000), packet.stream_index
        ticks = round(shift / unit)
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = packet.pts if packet.dts is None else packet.dts + ticks
        if packet.dts is not None and stream in self.last and packet.dts <= self.last[stream]:
            packet.dts = self.last[stream] + 1
            if packet.pts is not None and packet.pts < packet.dts:
                packet.pts = packet.dts
        if packet.dts is not None:
            self.last[stream] = packet.dts
        packet.stream = self.streams[stream]
        self.out.mux(packet)


def hindrance(info: MediaInfo, form: Form) -> str:
    """Why a file's packets cannot be copied into a format; empty where they can."""
    if clock_of(info.path).joined:
        return "the file is joined of several recordings"
    if form.copies_video is not None and info.video_codec not in form.copies_video:
        return f"{info.video_codec} is not copied into {form.muxer}"
    if info.has_audio and form.copies_audio is not None and info.audio_codec not in form.copies_audio:
        return f"{info.audio_codec} is not copied into {form.muxer}"
    return ""


def write(info: MediaInfo, spans: Sequence[Span], landing: Path, form: Form) -> list[Span]:
    """Copy stretches; what was really copied, in seconds of the source: from the key frame before each.

    Raises:
        NotCopied: the formats do not allow it after all.
    """
    clock = clock_of(info.path)
    try:
        with open_media(info.path) as container, av.open(str(landing), "w", format=form.muxer) as out:
            video = video_stream(container)
            assert video is not None
            sources: list[Any] = [video, *list(audio_streams(container).values())[:1]]
            writing = _Writing(out, {one.index: out.add_stream_from_template(one) for one in sources})
            at, real = Fraction(0), []
            for span in spans:
                key = _key_frame(info.path, clock, clock.zero + Fraction(span.start))
                end = _copy(info.path, key, clock.zero + Fraction(span.end), at - key, writing)
                at += end - key
                real.append(Span(float(max(key - clock.zero, Fraction(0))), float(end - clock.zero)))
    except (FFmpegError, ValueError) as error:
        raise NotCopied(str(error)) from error
    _check(landing, at)
    return real


def _key_frame(path: Path, clock: Clock, start: Fraction) -> Fraction:
    """When the last key frame at or before a time is shown; both on the file's own clock."""
    assert clock.first is not None
    if start <= clock.first.seconds:
        return clock.first.seconds
    for margin in SEEK_MARGINS:
        with open_media(path) as container:
            stream = video_stream(container)
            if stream is None or stream.time_base is None:
                break
            behind = int(start / stream.time_base) + 1
            packets = packets_from(container, stream, clock, behind, margin, DecodeStats())
            if packets is None:
                continue
            best: Fraction | None = None
            for packet in packets:
                shown = packet.pts if packet.pts is not None else packet.dts
                if shown is None or shown >= behind:
                    break
                if packet.is_keyframe:
                    best = shown * stream.time_base
            if best is not None:
                return best
    return clock.first.seconds


def _copy(path: Path, key: Fraction, until: Fraction, shift: Fraction, writing: _Writing) -> Fraction:
    """Copy from a key frame until a time, all on the file's own clock; where the last picture ends.

    Pictures are decoded from earlier and later ones, so that all are copied that are decoded before `until`.
    """
    with open_media(path) as container:
        video = video_stream(container)
        assert video is not None
        end, begun = key, False
        sounds: list[Packet] = []
        for packet in _from(container, video, key, writing):
            unit = packet.time_base or Fraction(1, 1000)
            shown = packet.pts if packet.pts is not None else packet.dts
            if shown is None or packet.size == 0:
                continue
            time, length = shown * unit, (packet.duration or 0) * unit
            if packet.stream_index != video.index:
                if key <= time < until:
                    sounds.append(packet)
                elif time > until + 2 and not begun:
                    break
                continue
            if not begun and not (packet.is_keyframe and time >= key):
                continue
            decoded = (packet.dts if packet.dts is not None else shown) * unit
            if begun and decoded >= until:
                break
            begun = True
            if time < key:
                continue  # it leans on pictures before the key frame
            end = max(end, time + (length or _frame(video)))
            while sounds and (sounds[0].pts or 0) * (sounds[0].time_base or 0) <= decoded:
                writing.put(sounds.pop(0), shift)
            writing.put(packet, shift)
        for packet in sounds:
            if (packet.pts or 0) * (packet.time_base or 0) < end:
                writing.put(packet, shift)
    if not begun:
        raise NotCopied("no key frame was found")
    return end


def _from(container: InputContainer, video: VideoStream, key: Fraction, writing: _Writing) -> Iterator[Packet]:
    """Packets of the streams that are copied, from a little before a time on."""
    wanted = [stream for stream in container.streams if stream.index in writing.streams]
    try:
        container.seek(int((key - 1) / (video.time_base or 1)), stream=video)
    except FFmpegError:
        container.seek(0)
    first = True
    for packet in container.demux(wanted):
        shown = packet.pts if packet.pts is not None else packet.dts
        if first and packet.stream_index == video.index and shown is not None:
            first = False
            if shown * (packet.time_base or 0) > key:
                raise NotCopied("the file cannot be sought")
        yield packet


def _frame(video: VideoStream) -> Fraction:
    rate = video.average_rate or video.guessed_rate
    return 1 / rate if rate else Fraction(1, 25)


def _check(landing: Path, length: Fraction) -> None:
    """Raise unless what was written can be read and is as long as it should be."""
    try:
        made = clock_of(landing)
    except MediaError as error:
        raise NotCopied("what was copied cannot be read") from error
    if made.first is None or abs(made.duration - float(length)) > AMISS:
        raise NotCopied(f"what was copied runs for {made.duration:.1f} s instead of {float(length):.1f} s")
