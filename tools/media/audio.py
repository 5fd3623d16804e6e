"""A media file's sound as 16 kHz mono, on the file's one clock."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from ..errors import UsageError
from .clock import clock_of
from .mixing import Mixer
from .packets import DecodeStats, audio_streams, decode_packet, open_media, read_packets

SAMPLE_RATE = 16_000
"""Samples a second of all audio here: what Whisper, Silero VAD and most audio models take."""

TOLERANCE = SAMPLE_RATE // 20
"""Samples by which timestamps may wander before it counts as a gap: some containers round them to milliseconds."""

MISSING = 0.25
"""Seconds from which a gap in the sound is told of: shorter ones come of encoders that begin anew."""

LATEST = 60.0
"""Seconds behind the end of a file at which its sound may still stand: what was counted as its end is rounded."""

RESET = SAMPLE_RATE
"""Samples by which timestamps must jump back to count as a clock that started again, not as an overlap."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A stretch of sound."""

    start: float
    """Seconds from the first picture or sound in the file."""
    samples: np.ndarray
    """Mono, 16 kHz, float32 in −1..1."""
    track: str = ""
    """The track that it comes from, where several are listened to apart."""
    tracks: tuple[np.ndarray, ...] = ()
    """Each of the tracks of which it is the sum, where that is what it is."""
    video: str = ""
    """The id of the video whose sound it is, where it is told: several may be heard by turns."""

    @property
    def end(self) -> float:
        """Seconds at which the chunk ends."""
        return self.start + len(self.samples) / SAMPLE_RATE


def audio(
    path: str | Path,
    seconds: float = 30.0,
    start: float = 0.0,
    track: int = 0,
    stats: DecodeStats | None = None,
    channel: int | None = None,
    seek: bool = True,
) -> Iterator[AudioChunk]:
    """Stream a file's sound in chunks on the file's one clock, in bounded memory.

    Chunks follow each other without a gap: where the file has none, before a late start of the sound or between
    interrupted timestamps, there is silence.

    Args:
        path: a media file; one without sound yields nothing.
        seconds: length of each chunk but the last.
        start: seconds from zero at which the first chunk starts.
        track: its number among the file's audio tracks, from 0.
        stats: filled in as the pass goes; `decoded` counts audio frames.
        channel: the only one to be heard, from 0; by default all, mixed. Silence where there is no such channel.
        seek: go to the start by the file's index, after which sound may stand some milliseconds beside where a pass
            from the beginning has it: a time stamp is rounded, the samples before it are not counted. Without, all
            before the start is decoded too, and every sample is the one that such a pass has there.

    Raises:
        MediaError: the file cannot be opened. Damage further in becomes silence and is counted in `stats`.
        UsageError: there are audio tracks, but not that one; or a length or time makes no sense.
    """
    if not (seconds > 0 and math.isfinite(seconds)) or not (start >= 0 and math.isfinite(start)) or track < 0:
        raise UsageError(f"a chunk's length {seconds} must be above zero, start {start} and track {track} not below")
    length = max(round(seconds * SAMPLE_RATE), 1)
    begin = round(start * SAMPLE_RATE)
    stats = stats or DecodeStats()
    return _chunks(_timeline(Path(path), begin, track, stats, channel, seek), length, begin, stats)


def _chunks(pieces: Iterator[np.ndarray], length: int, begin: int, stats: DecodeStats) -> Iterator[AudioChunk]:
    chunk = np.empty(length, np.float32)
    held = 0
    for piece in pieces:
        while held + len(piece) >= length:
            fits = length - held
            chunk[held:] = piece[:fits]
            stats.sampled += 1
            yield AudioChunk(begin / SAMPLE_RATE, chunk)
            chunk, held, piece, begin = np.empty(length, np.float32), 0, piece[fits:], begin + length
        chunk[held : held + len(piece)] = piece
        held += len(piece)
    if held:
        stats.sampled += 1
        yield AudioChunk(begin / SAMPLE_RATE, chunk[:held].copy())


def _timeline(
    path: Path, begin: int, track: int, stats: DecodeStats, channel: int | None, seek: bool
) -> Iterator[np.ndarray]:
    """Samples from index `begin` of the clock on, without gaps, in small pieces."""
    clock = clock_of(path)
    with open_media(path) as container:
        tracks = audio_streams(container)
        if not tracks:
            return
        if track not in tracks:
            raise UsageError(f"{path}: no audio track {track}, only {', '.join(map(str, tracks))}")
        # A second early, because decoders need some packets to settle.
        early = clock.zero + Fraction(begin, SAMPLE_RATE) - 1
        seek = seek and not clock.joined
        if begin > SAMPLE_RATE and seek:
            # On the file's default stream, usually the video, because in some containers only that has an index.
            try:
                container.seek(math.floor(early * av.time_base))
            except FFmpegError:
                container.seek(0)
        missing = [] if clock.joined else stats.missing  # where one part ends, its sound may have ended earlier
        placed = _Placed(clock.zero, begin, clock.duration, channel, missing)
        for packet in read_packets(container, tracks[track], stats, clock.parts):
            if seek and packet.pts is not None and packet.time_base and packet.pts * packet.time_base < early:
                continue
            for frame in decode_packet(packet, stats):
                if not placed.is_late(frame):
                    yield from placed.place(frame)
        yield from placed.flush()


class _Placed:
    """Resamples audio frames and puts them where their timestamps say, with silence between.

    Places are sample indices at 16 kHz from our zero.
    """

    def __init__(
        self, zero: Fraction, begin: int, duration: float, channel: int | None, missing: list[tuple[float, float]]
    ) -> None:
        self.zero = zero
        self.missing = missing
        self.channel = channel
        self.end = math.ceil((duration + LATEST) * SAMPLE_RATE)
        """Sample behind which no time stamp is believed."""
        self.begin = begin
        self.resampler: AudioResampler | None = None
        self.mixer: Mixer | None = None
        self.kind: tuple[str, str, int] | None = None
        self.written: int | None = None
        """Where the next sample to come out stands."""
        self.expected = Fraction(0)
        """Where the next sample to go in should stand."""
        self.shift = 0
        """Samples to add to timestamps, after a clock that started again."""
        self.overlap = 0
        """Samples to leave out, because others stand there already."""

    def is_late(self, frame: AudioFrame) -> bool:
        """Whether a frame claims to stand behind the end of what is in the file."""
        if frame.pts is None or frame.time_base is None:
            return False
        return round((frame.pts * frame.time_base - self.zero) * SAMPLE_RATE) + self.shift > self.end

    def place(self, frame: AudioFrame) -> Iterator[np.ndarray]:
        at = None
        if frame.pts is not None and frame.time_base is not None:
            at = round((frame.pts * frame.time_base - self.zero) * SAMPLE_RATE) + self.shift
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        interrupted = at is not None and abs(at - self.expected) > TOLERANCE
        if at is not None and self.resampler is not None and at - self.expected > MISSING * SAMPLE_RATE:
            self.missing.append((float(self.expected) / SAMPLE_RATE, at / SAMPLE_RATE))
        if self.resampler is None or kind != self.kind or interrupted:
            yield from self.flush()
            yield from self._move_to(at)
            if self.mixer is None or kind != self.kind:
                self.mixer = Mixer([channel.name for channel in frame.layout.channels], SAMPLE_RATE)
            # Packed, because PyAV looks for the planes of eight channels and more where there are none, and crashes.
            self.resampler, self.kind = AudioResampler("flt", frame.layout, SAMPLE_RATE), kind
        self.expected += Fraction(frame.samples * SAMPLE_RATE, frame.sample_rate)
        frame.pts = None  # each resampler is given an unbroken stretch; its own clock is not used
        for out in self.resampler.resample(frame):
            yield from self._emit(out)

    def flush(self) -> Iterator[np.ndarray]:
        if self.resampler is not None:
            for out in self.resampler.resample(None):
                yield from self._emit(out)
            self.resampler = None

    def _move_to(self, at: int | None) -> Iterator[np.ndarray]:
        if self.written is None:
            self.written = min(at if at is not None else 0, self.begin)
        at = self.written if at is None else at
        if self.written - at > RESET:
            self.shift += self.written - at
            at = self.written
        while self.written < at:
            yield from self._write(np.zeros(min(at - self.written, SAMPLE_RATE), np.float32))
        self.overlap = self.written - at
        self.expected = Fraction(at)

    def _emit(self, out: AudioFrame) -> Iterator[np.ndarray]:
        samples = self._of_one(out.to_ndarray().reshape(-1, out.layout.nb_channels).T)
        skipped = min(self.overlap, len(samples))
        self.overlap -= skipped
        yield from self._write(np.clip(samples[skipped:], -1.0, 1.0))

    def _of_one(self, samples: np.ndarray) -> np.ndarray:
        """The channel that is listened to, or all of them mixed."""
        assert self.mixer is not None
        if self.channel is None:
            return self.mixer(samples)
        return samples[self.channel] if self.channel < len(samples) else np.zeros(samples.shape[1], np.float32)

    def _write(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """What of these samples stands at or after the asked-for start."""
        assert self.written is not None
        early = max(self.begin - self.written, 0)
        self.written += len(samples)
        if early < len(samples):
            yield samples[early:]
