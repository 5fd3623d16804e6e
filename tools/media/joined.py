"""Recordings that were joined byte after byte: where the time stamps begin anew, and by how much to move each part.

MPEG-TS, MPEG-PS and Ogg files are joined so, on purpose or because a recorder began anew; FFmpeg reads Matroska that
was joined so as well. Each part then follows on the one before, as when they are played one after the other.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeVar

Seconds = TypeVar("Seconds", float, Fraction)

AGAIN = 0.5
"""Seconds by which time stamps must jump back in one stream to count as a clock that started again, not as disorder:
`Stamped.steady` does not otherwise."""

AHEAD = 10.0
"""Seconds by which the time stamps of all streams must jump ahead to count as another recording, in formats that are
joined so. FFmpeg's own tool takes the same (`-dts_delta_threshold`). Less is a gap in one recording."""

WINDOW = 1024
"""Packets within which they come out of their order in the file: a demultiplexer hands out a packet of MPEG-TS only
when the next of its stream begins."""

ALONE = 8
"""Packets of other streams that must go on as before for a jump to count as one stream's disorder."""

STRAGGLERS = 64
"""Packets of a stream that may lie behind the first bytes of the next part."""

OPENING = 64
"""Packets of a stream among which the first one shown is, in its part."""

PRIMING = 0.1
"""Seconds by which sound may seem to begin before the picture without doing so. An AAC encoder puts up to 2,048 samples
before the first sound, 93 ms at 22,050 Hz, and MPEG-TS and some Matroska files do not say so."""

SHORTEST = 10
"""Packets that a part must have to be believed when its clock jumps ahead: a film of stills jumps with each picture."""

EXACT = 1_000_000
"""Parts of a second to which ends are told."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file through which its time stamps run on; in a joined file they begin anew with each part."""

    pos: int
    """Byte at which it begins."""
    shift: Fraction
    """Seconds to add to the time stamps in it, so that it follows on the part before."""
    picture: Fraction | None = None
    """Seconds, with the shift, of its first picture."""


class Stamped(NamedTuple):
    """The time stamps of one packet, in seconds on the file's own clock."""

    stream: int
    sound: bool
    pos: int
    """Byte at which it lies."""
    steady: float | None
    """When it is decoded, or when it is shown if it is a keyframe: what does not go back while a clock goes on."""
    shown: float
    end: float


@dataclass(slots=True)
class _Stretch:
    """What is known of one part while packets pass."""

    pos: int
    trigger: int = -1
    """The stream whose time stamps jumped."""
    ahead: bool = False
    sure: bool = False
    """Whether another stream jumped as well."""
    against: int = 0
    """Packets of other streams that went on in the part before."""
    packets: int = 0
    last: dict[int, float] = field(default_factory=dict)
    """Latest `Stamped.steady` by stream."""
    picture: float | None = None
    """Earliest moment shown."""
    sound: float | None = None
    seen: dict[int, int] = field(default_factory=dict)
    end: float = 0.0

    def take(self, packet: Stamped) -> None:
        stream = packet.stream
        self.end = max(self.end, packet.end) if self.packets else packet.end
        self.packets += 1
        if packet.steady is not None:
            self.last[stream] = packet.steady
        self.seen[stream] = self.seen.get(stream, 0) + 1
        if self.seen[stream] > OPENING:
            return
        if packet.sound:
            self.sound = packet.shown if self.sound is None else min(self.sound, packet.shown)
        else:
            self.picture = packet.shown if self.picture is None else min(self.picture, packet.shown)

    @property
    def begin(self) -> float:
        return earlier(self.picture, self.sound) or 0.0

    def swallow(self, other: "_Stretch") -> None:
        """Take back a part that was none: only one stream's time stamps had jumped."""
        self.last |= other.last
        self.packets += other.packets
        if other.ahead:
            self.end = max(self.end, other.end)


def joined(packets: Iterable[Stamped], gaps_count: bool) -> tuple[tuple[Part, ...], Fraction | None]:
    """The parts of a file, at least one, and when its last packet ends on the clock that goes through all of them.

    Args:
        packets: of all streams of video and sound.
        gaps_count: whether a jump ahead begins a part as well.
    """
    stretches = [_Stretch(0, sure=True)]
    for packet in _in_order_of_bytes(packets):
        if (home := _goes_on(stretches, packet)) is not None:
            stretches[home].take(packet)
            stretches[home + 1].against += 1
            if stretches[home + 1].against >= ALONE and not any(later.sure for later in stretches[home + 1 :]):
                while len(stretches) > home + 1:
                    stretches[home].swallow(stretches.pop(home + 1))
            continue
        now = stretches[-1]
        if packet.steady is not None and packet.stream != now.trigger:
            now.sure = True
        if jump := _jump(now, packet, gaps_count):
            now = _Stretch(packet.pos, packet.stream, jump > 0)
            stretches.append(now)
        now.take(packet)
    return _parts(_believed(stretches))


def moved(packets: Iterable[Stamped], parts: Sequence[Part]) -> Iterator[Stamped]:
    """Packets with the time stamps of the clock that goes through all parts, each by the byte at which it lies."""
    begins = [part.pos for part in parts]
    for packet in packets:
        shift = float(parts[max(bisect_right(begins, packet.pos) - 1, 0)].shift)
        yield packet._replace(shown=packet.shown + shift, end=packet.end + shift)


class Follower:
    """Tells in which part of a joined file each packet of one stream lies; the packets come in their order.

    A part's bytes may begin before the last packets of the part before it: those are told by their time stamps.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        """Take the file's parts."""
        self._parts = parts
        self._at = 0
        self._pos = 0
        self._last: float | None = None
        self._late = 0

    def shift(self, pos: int | None, steady: float | None) -> Fraction:
        """Seconds by which to move a packet.

        Args:
            pos: byte at which it lies, where that is known.
            steady: as in `Stamped`, in seconds.
        """
        self._pos = self._pos if pos is None else pos
        while self._at + 1 < len(self._parts) and self._parts[self._at + 1].pos <= self._pos:
            self._late += 1
            still = steady is None or (self._last is not None and -AGAIN <= steady - self._last <= AHEAD)
            if still and self._late <= STRAGGLERS:
                break
            self._at, self._last, self._late = self._at + 1, None, 0
        self._last = self._last if steady is None else steady
        return self._parts[self._at].shift


def earlier(picture: Seconds | None, sound: Seconds | None) -> Seconds | None:
    """The earlier of the first picture and the first sound; sound before the picture by `PRIMING` does not count."""
    if picture is None or sound is None:
        return sound if picture is None else picture
    return sound if picture - sound > PRIMING else picture


def ends_at(seconds: float) -> Fraction:
    """An end in seconds, to the microsecond."""
    return Fraction(round(seconds * EXACT), EXACT)


def _in_order_of_bytes(packets: Iterable[Stamped]) -> Iterator[Stamped]:
    waiting: list[tuple[int, int, Stamped]] = []
    for number, packet in enumerate(packets):
        heapq.heappush(waiting, (packet.pos, number, packet))
        if len(waiting) > WINDOW:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _jump(now: _Stretch, packet: Stamped, gaps_count: bool) -> int:
    """Whether a packet's clock started again (−1) or jumps ahead (1)."""
    at, before = packet.steady, now.last.get(packet.stream)
    if at is None:
        return 0
    if before is None:
        # a stream that begins within a part may be some seconds beside the others
        return -1 if now.packets > OPENING and at < max(now.last.values(), default=at) - AHEAD else 0
    if at < before - AGAIN:
        return -1
    return 1 if gaps_count and at > before + AHEAD else 0


def _goes_on(stretches: list[_Stretch], packet: Stamped) -> int | None:
    """The earlier part in which a packet's stream goes on, so that for this stream the clock has not begun anew."""
    for at in range(len(stretches) - 1, -1, -1):
        before = stretches[at].last.get(packet.stream)
        if before is not None:
            on = packet.steady is not None and -AGAIN <= packet.steady - before <= AHEAD
            return at if on and at < len(stretches) - 1 else None
    return None


def _believed(stretches: list[_Stretch]) -> list[_Stretch]:
    """Without parts of a few packets that jumped ahead, each of which is a gap in the part before it."""
    kept = stretches[:1]
    for stretch in stretches[1:]:
        if stretch.ahead and min(stretch.packets, kept[-1].packets) < SHORTEST:
            kept[-1].swallow(stretch)
        else:
            kept.append(stretch)
    return kept


def _parts(stretches: list[_Stretch]) -> tuple[tuple[Part, ...], Fraction | None]:
    if not stretches[0].packets:
        return (Part(0, Fraction(0)),), None
    parts = [Part(0, Fraction(0))]
    end = ends_at(stretches[0].end)
    for stretch in stretches[1:]:
        shift = end - ends_at(stretch.begin)
        parts.append(Part(stretch.pos, shift, None if stretch.picture is None else ends_at(stretch.picture) + shift))
        end = ends_at(stretch.end) + shift
    return tuple(parts), end
