"""Real videos cut into pieces that can be put together again without encoding them anew.

Each source is encoded once, in groups of pictures that stand by themselves. A made video is then mostly copied packets;
only the groups that a needle touches are decoded, drawn on and encoded.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from ...tools.errors import MediaError, UsageError
from ...tools.media import video as media
from .placing import FPS

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

WIDTH, HEIGHT = 640, 360
"""Pixels; a source of another shape gets black bars."""

GROUP = FPS
"""Frames of a whole group of pictures."""

SAMPLES = media.SAMPLE_RATE // FPS
"""Of sound during one frame."""

LONGEST_STRETCH = 60
"""Seconds that a made video stays with one source before it goes on to the next."""

ENCODER = {"preset": "superfast", "tune": "zerolatency", "crf": "26", "forced-idr": "1", "g": "10000", "threads": "2"}
"""Of x264. Without lookahead each frame comes out as a packet at once, so a group can be cut after any frame."""

Watch = Callable[[float], None]
"""Told how many seconds of video are done."""


@dataclass(frozen=True, slots=True)
class Group:
    """Packets of a group of pictures, one a frame, in the file that keeps them."""

    offset: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceVideo:
    """One encoded source."""

    groups: tuple[Group, ...]
    sound: np.ndarray
    """Mono int16, as long as the groups."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of a made video: the first so many of a source's group, or a picture that stands."""

    frames: int
    source: SourceVideo | None = None
    number: int = 0
    """Of the group in its source."""
    picture: np.ndarray | None = None
    """RGB, uint8."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture with transparency that lies over running frames."""

    first: int
    """Frame."""
    end: int
    """Frame, exclusive."""
    picture: np.ndarray
    """RGBA, uint8."""


class ClipEncoder:
    """x264 with the settings that all pieces share, so that their packets fit one track."""

    def __init__(self) -> None:
        from av.codec.context import CodecContext, Flags
        from av.video.codeccontext import VideoCodecContext

        context = CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context.framerate, context.time_base = Fraction(FPS), Fraction(1, FPS)
        context.options = dict(ENCODER)
        context.flags |= Flags.global_header
        context.open()
        self._context = context
        self._tick = 0

    @property
    def header(self) -> bytes:
        """What a decoder needs before the first packet."""
        return self._context.extradata or b""

    def encode(self, frames: "Iterable[VideoFrame]") -> list[bytes]:
        """A group of pictures, one packet a frame."""
        from av.video.frame import PictureType

        packets: list[bytes] = []
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = self._tick, Fraction(1, FPS)
            frame.pict_type = PictureType.I if number == 0 else PictureType.NONE
            packets += [bytes(packet) for packet in self._context.encode(frame)]
            self._tick += 1
        return packets


class Haystack:
    """Encoded sources, and the way from a list of pieces to a video.

    Args:
        videos: the sources; each must have a picture.
        seconds: at most so much of each is used, from its beginning.
        store: an open file for the packets.
        watch: told the seconds of source that have been encoded.

    Raises:
        MediaError: a source cannot be read or has no picture.
    """

    def __init__(self, videos: Sequence[Path], seconds: float, store: BinaryIO, watch: Watch = lambda _: None) -> None:
        if not videos:
            raise UsageError("needles need a haystack: name at least one video")
        self._store = store
        self.encoder = ClipEncoder()
        self._done = 0.0
        self.sources = [self._encoded(video, seconds, watch) for video in videos]

    def stretch(self, frames: int, dice: random.Random) -> Iterator[tuple[SourceVideo, int]]:
        """Groups of pictures for at least so many frames: source after source in random order, and again."""
        given = 0
        while given < frames:
            for source in dice.sample(self.sources, len(self.sources)):
                first = dice.randrange(max(len(source.groups) - LONGEST_STRETCH, 0) + 1)
                for number in range(first, min(first + LONGEST_STRETCH, len(source.groups))):
                    yield source, number
                    given += len(source.groups[number].sizes)

    def packets(self, piece: Piece, layers: Sequence[tuple[Layer, int, int]]) -> list[bytes]:
        """The packets of a piece; with layers, each over its frames from the second to the third number."""
        from av.video.frame import VideoFrame

        if piece.picture is not None:
            still = VideoFrame.from_ndarray(piece.picture, format="rgb24").reformat(format="yuv420p")
            return self.encoder.encode([still] * piece.frames)
        assert piece.source is not None
        packed = self._read(piece.source.groups[piece.number])[: piece.frames]
        if not layers:
            return packed
        pictures = [frame.to_ndarray(format="rgb24") for frame in self._decoded(packed)]
        for layer, first, end in layers:
            for picture in pictures[first:end]:
                _lay(layer.picture, picture)
        return self.encoder.encode(VideoFrame.from_ndarray(picture, format="rgb24") for picture in pictures)

    def write(self, path: Path, pieces: Sequence[Piece], layers: Sequence[Layer], sound: np.ndarray) -> None:
        """A video of these pieces one after another, with layers over them, and a sound track.

        Args:
            path: the MP4 file to write.
            pieces: without a gap from the first frame on.
            layers: over frames of sources, not of pictures that stand.
            sound: mono int16 at `media.SAMPLE_RATE`.
        """
        import av
        from av.packet import Packet

        with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as target:
            video = target.add_stream("libx264", rate=FPS, options=dict(ENCODER))
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            speech = target.add_stream("aac", rate=media.SAMPLE_RATE, options={"b": "48k"})
            speech.layout = "mono"
            first, heard = 0, 0
            for piece in pieces:
                end = first + piece.frames
                over = [
                    (layer, max(layer.first, first) - first, min(layer.end, end) - first)
                    for layer in layers
                    if layer.first < end and first < layer.end
                ]
                for number, data in enumerate(self.packets(piece, over)):
                    packet = Packet(data)
                    packet.stream, packet.time_base = video, Fraction(1, FPS)
                    packet.pts = packet.dts = first + number
                    packet.duration, packet.is_keyframe = 1, number == 0
                    target.mux(packet)
                first = end
                heard = _hear(target, speech, sound, heard, first * SAMPLES)
            target.mux(speech.encode(None))

    def _encoded(self, video: Path, seconds: float, watch: Watch) -> SourceVideo:
        groups: list[Group] = []
        waiting: list[VideoFrame] = []
        for frame in _steady(video, seconds):
            waiting.append(frame)
            if len(waiting) == GROUP:
                groups.append(self._keep(self.encoder.encode(waiting)))
                waiting = []
                self._done += GROUP / FPS
                watch(self._done)
        if waiting and not groups:
            groups.append(self._keep(self.encoder.encode(waiting)))
        if not groups:
            raise MediaError(f"{video}: has no picture that could hide a needle")
        sound = np.zeros(sum(len(group.sizes) for group in groups) * SAMPLES, np.int16)
        for chunk in media.audio(video):
            at = round(chunk.start * media.SAMPLE_RATE)
            if at >= len(sound):
                break
            room = sound[at : at + len(chunk.samples)]
            room[:] = np.clip(chunk.samples[: len(room)] * 32767, -32768, 32767)
        return SourceVideo(tuple(groups), sound)

    def _keep(self, packets: list[bytes]) -> Group:
        offset = self._store.seek(0, 2)
        self._store.writelines(packets)
        return Group(offset, tuple(map(len, packets)))

    def _read(self, group: Group) -> list[bytes]:
        self._store.seek(group.offset)
        return [self._store.read(size) for size in group.sizes]

    def _decoded(self, packets: Sequence[bytes]) -> "list[VideoFrame]":
        from av.codec.context import CodecContext
        from av.packet import Packet
        from av.video.codeccontext import VideoCodecContext

        decoder = CodecContext.create("h264", "r")
        assert isinstance(decoder, VideoCodecContext)
        decoder.extradata = self.encoder.header
        frames = [frame for data in packets for frame in decoder.decode(Packet(data))]
        return frames + decoder.decode(None)


def timeline(
    haystack: Haystack, frames: int, inserts: Sequence[tuple[int, int, np.ndarray]], dice: random.Random
) -> tuple[list[Piece], np.ndarray]:
    """The pieces of a video and the haystack's sound with them; it is silent while an inserted picture stands.

    Args:
        haystack: where the running frames come from.
        frames: of the video.
        inserts: first frame, end (exclusive) and picture of each, in order of time.
        dice: chooses the stretches of the haystack.
    """
    pieces: list[Piece] = []
    sounds: list[np.ndarray] = []
    running = haystack.stretch(frames, dice)
    at = 0
    for first, end, picture in [*inserts, (frames, frames, None)]:
        while at < first:
            source, number = next(running)
            count = min(len(source.groups[number].sizes), first - at)
            begin = number * GROUP * SAMPLES
            pieces.append(Piece(count, source, number))
            sounds.append(source.sound[begin : begin + count * SAMPLES])
            at += count
        if picture is not None:
            pieces.append(Piece(end - first, picture=picture))
            sounds.append(np.zeros((end - first) * SAMPLES, np.int16))
            at = end
    return pieces, np.concatenate(sounds)


def _steady(video: Path, seconds: float) -> "Iterator[VideoFrame]":
    """The frames of a source at the common rate and size, up to so many seconds."""
    import av
    from av.error import BlockingIOError as NothingYet
    from av.filter import Graph
    from av.video.frame import VideoFrame

    media.probe(video)
    with av.open(str(video)) as container:
        if not container.streams.video:
            return
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        graph = Graph()
        graph.link_nodes(
            graph.add_buffer(template=stream),
            graph.add("fps", f"fps={FPS}"),
            graph.add("scale", f"{WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease:force_divisible_by=2"),
            graph.add("pad", f"{WIDTH}:{HEIGHT}:-1:-1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()
        left = round(seconds * FPS)
        for frame in container.decode(stream):
            graph.push(frame)
            while left:
                try:
                    ready = graph.pull()
                except NothingYet:
                    break
                assert isinstance(ready, VideoFrame)
                yield ready
                left -= 1
            if not left:
                return


def _lay(layer: np.ndarray, picture: np.ndarray) -> None:
    """Put a layer over a picture, in place."""
    rows = np.flatnonzero(layer[..., 3].any(axis=1))
    top, bottom = rows[0], rows[-1] + 1
    weight = layer[top:bottom, :, 3:].astype(np.uint16)
    under = picture[top:bottom].astype(np.uint16)
    picture[top:bottom] = (layer[top:bottom, :, :3] * weight + under * (255 - weight)) // 255


def _hear(target, speech, sound: np.ndarray, first: int, end: int) -> int:
    """Encode the sound from one sample to another; returns where it stopped."""
    from av.audio.frame import AudioFrame

    if end > first:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound[None, first:end]), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = media.SAMPLE_RATE, first, Fraction(1, media.SAMPLE_RATE)
        target.mux(speech.encode(frame))
    return end
