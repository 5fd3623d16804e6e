"""What comes in while it is being made: a stream's pictures and sound in short stretches, on a clock that never jumps.

A file has one clock that can be worked out beforehand (`clock`). Of what is still coming only the past is known: time
stamps that jump, forward or back, are taken for a clock that was set, and the stretch goes on where it was.
"""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame

from ..errors import MediaError
from .audio import SAMPLE_RATE, AudioChunk
from .clock import described
from .near_identical import NearIdentical
from .packets import FORMATS, DecodeStats, audio_streams, decode_packet, video_stream
from .video import Frame, ToRGB

SECONDS = 2.0
"""Length of a stretch: what is seen waits at most so long before anything looks at it. What is new after so long a time
in which nothing was does not wait."""
FORWARD, BACK = 10.0, 1.0
"""Seconds by which a time stamp must lie before or behind the one before it in its stream for its clock to be set."""
TOLERANCE = 0.1
"""Seconds by which sound may miss its place before silence is put in or sound left out."""
PROBE = {"probesize": "1000000", "analyzeduration": "1500000"}
"""How much of a stream is looked into before it is played: bytes and microseconds."""


@dataclass
class Stretch:
    """Some seconds of what came in."""

    start: float
    """Seconds since the watching began."""
    end: float
    frames: tuple[Frame, ...] = ()
    """Sampled, in order of time."""
    sound: AudioChunk | None = None
    arrived: float = 0.0
    """When the first of it came, on the clock of `time.monotonic`."""

    def let_go(self) -> None:
        """Drop what was seen and heard, once it was looked at: somebody may hold the stretch for much longer."""
        self.frames, self.sound = (), None


class Onward:
    """Time stamps of several streams as seconds that go on from `begin`, whatever their clocks do."""

    def __init__(self, begin: float) -> None:
        """Take the time in seconds at which the first of them is to stand."""
        self._begin = self.latest = begin
        self._last: dict[int, float] = {}
        self._shift: dict[int, float] = {}
        self.jumps = 0

    def at(self, stream: int, stamp: float | None) -> float:
        """The time at which something stands.

        Args:
            stream: its number.
            stamp: seconds on the stream's clock; None where it has none: it stands where the one before it did.
        """
        last = self._last.get(stream)
        if stamp is None:
            stamp = last if last is not None else 0.0
        if last is None or stamp - last > FORWARD or last - stamp > BACK:
            self.jumps += last is not None
            self._shift[stream] = self._follows(stream, stamp)
        self._last[stream] = stamp
        found = max(stamp + self._shift[stream], self._begin)
        self.latest = max(self.latest, found)
        return found

    def _follows(self, stream: int, stamp: float) -> float:
        """The shift of another stream, where that one was set likewise; else what makes the stamp follow on."""
        for other, shift in self._shift.items():
            if other != stream and abs(stamp + shift - self.latest) <= FORWARD / 2:
                return shift
        return self.latest - stamp


class Turns:
    """Tells of sampled pictures, in order of time, whether one is the first that is new after `SECONDS`."""

    def __init__(self) -> None:
        self._looks_the_same = NearIdentical()
        self._changed = -math.inf

    def __call__(self, at: float, image: np.ndarray) -> bool:
        """Whether the RGB picture, (H, W, 3) uint8, at a time in seconds is."""
        if self._looks_the_same(image):
            return False
        still, self._changed = at - self._changed, at
        return still >= SECONDS


@dataclass
class _Sound:
    """Sound that follows on without gaps, at 16 kHz in mono."""

    resampler: AudioResampler = field(
        default_factory=lambda: AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    )
    start: float | None = None
    """Seconds at which `pieces` begin."""
    pieces: list[np.ndarray] = field(default_factory=list)
    held: int = 0

    def take(self, frame: AudioFrame, at: float) -> None:
        """Add a frame that stands at a time in seconds; a gap before it becomes silence."""
        frame.pts = None
        samples = np.concatenate([out.to_ndarray().reshape(-1) for out in self.resampler.resample(frame)] or [_NONE])
        if self.start is None:
            self.start = at
        gap = round((at - self.start) * SAMPLE_RATE) - self.held
        if gap > TOLERANCE * SAMPLE_RATE:
            self._add(np.zeros(gap, np.float32))
        elif gap < -TOLERANCE * SAMPLE_RATE:
            samples = samples[-gap:]
        self._add(np.clip(samples, -1.0, 1.0))

    def _add(self, samples: np.ndarray) -> None:
        self.pieces.append(samples.astype(np.float32, copy=False))
        self.held += len(samples)

    def out(self) -> AudioChunk | None:
        """What was held, which is then held no more."""
        if self.start is None or not self.held:
            return None
        chunk = AudioChunk(self.start, np.concatenate(self.pieces))
        self.start, self.pieces, self.held = chunk.end, [], 0
        return chunk


_NONE = np.zeros(0, np.float32)
Keep = Callable[[Packet, float], None]
"""Is given every packet with the time in seconds up to which there is something."""


def open_live(source: object, form: str | None = None, **options: str) -> InputContainer:
    """Open what is still coming in.

    Args:
        source: an object with `read`, or an address that FFmpeg knows.
        form: FFmpeg's name of its format or device, where that cannot be found out.
        options: of FFmpeg.

    Raises:
        MediaError: it is no video or sound, or cannot be reached.
    """
    stream = hasattr(source, "read")
    only = {"format_whitelist": FORMATS} if stream else {}
    try:
        opened = av.open(
            source, "r", format=form, options={**PROBE, **only, **options}, metadata_errors="ignore", timeout=(10, 15)
        )
    except (FFmpegError, OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise MediaError(f"no video or sound comes in ({reason})") from None
    if not isinstance(opened, InputContainer):  # pragma: no cover - of an output only
        raise MediaError("this is no input")
    return opened


class Reader:
    """Decodes one connection."""

    def __init__(
        self, container: InputContainer, begin: float, rate: float, longest_side: int, keep: Keep | None = None
    ) -> None:
        """Take what was opened.

        Args:
            container: of `open_live`, or a whole file.
            begin: seconds at which its first picture or sound is to stand.
            rate: frames a second that are sampled.
            longest_side: pixels of a frame, at most.
            keep: is told of every packet after it was decoded.
        """
        self.onward = Onward(begin)
        self.stats = DecodeStats()
        self._container, self._keep = container, keep
        self._every, self._side = 1.0 / rate, longest_side
        self._due: float | None = None
        self._to_rgb: ToRGB | None = None
        self._frames: list[Frame] = []
        self._turns, self._turned = Turns(), False
        self._sound = _Sound()

    def stretches(self, seconds: float = SECONDS) -> Iterator[Stretch]:
        """What comes in, in order; one that ends with something new may be shorter, and the last. Ends with the stream.

        Raises:
            MediaError: the connection broke.
        """
        video = video_stream(self._container)
        sounds = audio_streams(self._container)
        chosen = [stream for stream in (video, sounds[min(sounds)] if sounds else None) if stream is not None]
        if not chosen:
            raise MediaError("there is no video or sound in what comes in")
        if video is not None:
            video.thread_type = "SLICE"  # threads by frames would each hold one back
        start, arrived = self.onward.latest, time.monotonic()
        problem: FFmpegError | OSError | None = None
        packets = self._container.demux(chosen)
        while True:
            try:
                packet = next(packets, None)
            except (FFmpegError, OSError) as error:
                problem, packet = error, None
            if packet is None:
                break
            for frame in decode_packet(packet, self.stats):
                self._take(packet.stream_index, frame)
            if self._keep is not None and packet.size:
                self._keep(packet, self.onward.latest)
            if self._turned or self.onward.latest - start >= seconds:
                yield self._cut(start, arrived)
                start, arrived = self.onward.latest, time.monotonic()
        if self._frames or self._sound.held:
            yield self._cut(start, arrived)
        if problem is not None:
            raise MediaError(f"the stream broke off ({(problem.strerror or str(problem)).lower()})") from None

    def _cut(self, start: float, arrived: float) -> Stretch:
        frames, self._frames, self._turned = tuple(self._frames), [], False
        return Stretch(start, max(self.onward.latest, start), frames, self._sound.out(), arrived)

    def _take(self, stream: int, frame: VideoFrame | AudioFrame) -> None:
        stamp = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        at = self.onward.at(stream, stamp)
        if isinstance(frame, AudioFrame):
            with contextlib.suppress(FFmpegError, ValueError):  # the layout changed in the middle: the rest is lost
                self._sound.take(frame, at)
            return
        if self._due is not None and at < self._due:
            return
        self._due = (at // self._every + 1) * self._every
        if self._to_rgb is None and frame.time_base is not None:
            aspect = getattr(self._container.streams[stream], "sample_aspect_ratio", None)
            self._to_rgb = ToRGB(described(frame, frame.time_base, aspect), self._side, one_size=False)
        if self._to_rgb is not None:
            self.stats.sampled += 1
            self._frames.append(Frame(at, self._to_rgb(frame)))
            self._turned = self._turns(at, self._frames[-1].image) or self._turned


__all__ = ["Onward", "Reader", "Stretch", "open_live"]
