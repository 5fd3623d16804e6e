"""The colours of subtitles that are pictures, read from their packets: PyAV has the picture, and not its colours.

PGS is as in Blu-rays' "Presentation Graphic Stream", DVB as in ETSI EN 300 743, 7.2.4, and the colours of DVDs are
numbers of the sixteen that the track's head names.
"""

import re
from collections.abc import Iterator

import numpy as np

LEVELS = 256
_PALETTE = re.compile(rb"palette:\s*([0-9a-fA-F, \t]+)")


class Palettes:
    """The colours that indices stand for in a track, which goes on from packet to packet: (256, 4) uint8, RGBA."""

    def __init__(self, codec: str, head: bytes) -> None:
        """Take the codec by FFmpeg's name, and the track's head (extradata)."""
        self._read = {"hdmv_pgs_subtitle": _blu_ray, "dvb_subtitle": _dvb}.get(codec)
        self._dvd = _sixteen(head) if codec == "dvd_subtitle" else None
        self._known = np.zeros((LEVELS, 4), np.uint8)
        self._any = False

    def after(self, packet: bytes) -> np.ndarray | None:
        """The colours once a packet is there; None while nothing tells any."""
        try:
            told = dict(self._read(packet) if self._read else _dvd(packet, self._dvd) if self._dvd is not None else ())
        except IndexError:
            told = {}  # of a damaged packet
        for index, colour in told.items():
            self._known[index] = colour
        self._any = self._any or bool(told)
        return self._known.copy() if self._any else None


Colour = tuple[int, tuple[int, ...]]


def _blu_ray(packet: bytes) -> Iterator[Colour]:
    at = 0
    while at + 3 <= len(packet):
        kind, size = packet[at], int.from_bytes(packet[at + 1 : at + 3], "big")
        data = packet[at + 3 : at + 3 + size]
        for first in range(2, len(data) - 4, 5) if kind == 0x14 else ():
            index, luma, red, blue, alpha = data[first : first + 5]
            yield index, (*_rgb(luma, red, blue), alpha)
        at += 3 + size


def _dvb(packet: bytes) -> Iterator[Colour]:
    at = packet.find(b"\x0f")
    while at >= 0 and at + 6 <= len(packet) and packet[at] == 0x0F:
        size = int.from_bytes(packet[at + 4 : at + 6], "big")
        if packet[at + 1] == 0x12:
            yield from _dvb_colours(packet[at + 8 : at + 6 + size])
        at += 6 + size


def _dvb_colours(data: bytes) -> Iterator[Colour]:
    at = 0
    while at + 4 <= len(data):
        index, full = data[at], data[at + 1] & 1
        if full:
            luma, red, blue, clear = data[at + 2 : at + 6]
        else:
            both = int.from_bytes(data[at + 2 : at + 4], "big")
            luma, red, blue, clear = both >> 8 & 0xFC, both >> 2 & 0xF0, both << 2 & 0xF0, (both & 3) * 85
        yield index, (*_rgb(luma, red, blue), 255 - clear if luma else 0)
        at += 6 if full else 4


def _sixteen(head: bytes) -> list[tuple[int, ...]] | None:
    told = _PALETTE.search(head)
    codes = re.findall(rb"[0-9a-fA-F]{6}", told[1]) if told else []
    return [tuple(bytes.fromhex(code.decode())) for code in codes] if len(codes) == 16 else None


def _dvd(packet: bytes, sixteen: list[tuple[int, ...]]) -> Iterator[Colour]:
    """By the first commands of a packet that name colours and how they cover."""
    at = int.from_bytes(packet[2:4], "big") + 4
    colours, covers = b"", b""
    while packet[at] in _LENGTHS and not (colours and covers):
        if packet[at] == 3:
            colours = packet[at + 1 : at + 3]
        elif packet[at] == 4:
            covers = packet[at + 1 : at + 3]
        at += 1 + _LENGTHS[packet[at]]
    if len(colours) == len(covers) == 2:
        numbers, shares = (int.from_bytes(two, "big") for two in (colours, covers))
        for index in range(4):
            yield index, (*sixteen[numbers >> 4 * index & 15], (shares >> 4 * index & 15) * 17)


_LENGTHS = {0: 0, 1: 0, 2: 0, 3: 2, 4: 2, 5: 6, 6: 4}
"""Bytes behind each command of a DVD's subtitle; any other ends the list."""


def _rgb(luma: int, red: int, blue: int) -> tuple[int, int, int]:
    """BT.601, of 16..235."""
    y, v, u = 1.164 * (luma - 16), red - 128, blue - 128
    channels = (y + 1.596 * v, y - 0.813 * v - 0.391 * u, y + 2.018 * u)
    first, second, third = (min(max(round(one), 0), 255) for one in channels)
    return first, second, third
