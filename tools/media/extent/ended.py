"""Whether a file ends where whoever wrote it ended it, for formats whose header tells no length.

A file of these that is cut off lacks its end mark, or ends within a packet.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

TAIL = 1 << 17
"""Bytes at the end of a file that are looked at: two of Ogg's or MPEG-PS's largest packets."""
EMPTY = 4096
"""Zeros at the end from which it was made room for and never written, as a download that broke off."""
STRIDES = {188: 0, 192: 4, 204: 0}
"""Bytes of a packet of MPEG-TS (plain, of Blu-rays, with error correction), and where in it the byte `G` stands."""
IN_A_ROW = 5
"""Packets whose first bytes must be right for MPEG-TS to be recognised."""

_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""The object of ASF that tells the size of the file."""
_MXF_PARTITION = bytes.fromhex("060e2b34020501010d01020101")
_XING = (b"Xing", b"Info")
_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by the version's two bits (ISO/IEC 11172-3, 13818-3)."""
_MP3_KILOBITS = {
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates of layer III, of version 1 and of the others."""


def lacks_its_end(path: Path, form: str) -> bool:
    """Whether a file is cut off, as far as its bytes tell.

    Args:
        path: a file that can be opened.
        form: FFmpeg's name of its format, or several with commas; of those not known here nothing is told.
    """
    told = next((_TOLD[name] for name in form.split(",") if name in _TOLD), None)
    if told is None:
        return False
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(TAIL)
        file.seek(max(size - TAIL, 0))
        tail = file.read(TAIL)
    return not tail[-EMPTY:].strip(b"\x00") or told(head, tail, size)


def _ogg(head: bytes, tail: bytes, size: int) -> bool:
    at = tail.rfind(b"OggS")
    if at < 0 or at + 27 > len(tail):
        return True
    segments = tail[at + 27 : at + 27 + tail[at + 26]]
    return len(segments) < tail[at + 26] or at + 27 + len(segments) + sum(segments) > len(tail) or not tail[at + 5] & 4


def _mpegts(head: bytes, tail: bytes, size: int) -> bool:
    for stride, sync in STRIDES.items():
        for first in range(stride):
            if head[first + sync :: stride][:IN_A_ROW] == b"G" * IN_A_ROW:
                return (size - first) % stride != 0
    return False


def _mpeg(head: bytes, tail: bytes, size: int) -> bool:
    """By the last packet, which tells how long it is (ISO/IEC 13818-1, 2.5.3)."""
    at = tail.rfind(b"\x00\x00\x01")
    while at >= 0:
        kind = tail[at + 3] if at + 3 < len(tail) else 0xB9
        if kind == 0xB9:
            return at + 3 >= len(tail)
        if kind == 0xBA:
            return len(tail) - at < 12
        if kind > 0xBA:
            return at + 6 > len(tail) or at + 6 + int.from_bytes(tail[at + 4 : at + 6], "big") > len(tail)
        at = tail.rfind(b"\x00\x00\x01", 0, at)
    return False


def _gif(head: bytes, tail: bytes, size: int) -> bool:
    return not tail.rstrip(b"\x00").endswith(b";")


def _apng(head: bytes, tail: bytes, size: int) -> bool:
    return b"IEND" not in tail


def _asf(head: bytes, tail: bytes, size: int) -> bool:
    at = head.find(_ASF_FILE)
    return at >= 0 and size < int.from_bytes(head[at + 40 : at + 48], "little")


def _mxf(head: bytes, tail: bytes, size: int) -> bool:
    at = head.find(_MXF_PARTITION)
    if at < 0 or len(head) < at + 64:
        return False
    value = at + 17 + (head[at + 16] & 0x7F if head[at + 16] & 0x80 else 0)
    footer = int.from_bytes(head[value + 24 : value + 32], "big")
    return footer == 0 or footer >= size


def _mp3(head: bytes, tail: bytes, size: int) -> bool:
    begin = 0
    if head[:3] == b"ID3" and len(head) > 10:
        begin = 10 + sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(head[6:10]))
    mark = next((at for sign in _XING if (at := head.find(sign, begin, begin + 200)) >= 0), -1)
    if mark >= 0 and len(head) >= mark + 16:
        flags, first, second = struct.unpack(">III", head[mark + 4 : mark + 16])
        told = {3: second, 2: first}.get(flags & 3, 0)
        if told:  # some encoders count the first frame in and some do not
            return size - begin < told - _mp3_frame(head[begin : begin + 4])
    if tail[-128:-125] == b"TAG":
        return False
    return _within_a_frame(tail, _mp3_frame)


def _mp3_frame(four: bytes) -> int:
    """Bytes of the frame of layer III that begins with four bytes; 0 where none does."""
    if len(four) < 4 or four[0] != 0xFF or four[1] & 0xE6 != 0xE2:
        return 0
    version, index, rate = four[1] >> 3 & 3, four[2] >> 4, four[2] >> 2 & 3
    if version == 1 or index in {0, 15} or rate == 3:
        return 0
    kilobits = _MP3_KILOBITS[3 if version == 3 else 2][index - 1]
    return (144 if version == 3 else 72) * kilobits * 1000 // _MP3_RATES[version][rate] + (four[2] >> 1 & 1)


def _within_a_frame(tail: bytes, length: Callable[[bytes], int]) -> bool:
    """Whether a stream of frames, one right behind the other, ends within one."""
    for start in _starts(tail, length):
        at = start
        while at < len(tail) and (step := length(tail[at : at + 7])):
            at += step
        return at > len(tail) or 0 < len(tail) - at < 4
    return False


def _starts(tail: bytes, length: Callable[[bytes], int]) -> Iterator[int]:
    """Where frames begin, told by three of them in a row."""
    for at in range(min(len(tail), 4096)):
        place = at
        for _ in range(3):
            step = length(tail[place : place + 7])
            if not step:
                break
            place += step
        else:
            yield at


def _adts_frame(seven: bytes) -> int:
    """Bytes of the ADTS frame that begins with seven bytes; 0 where none does."""
    if len(seven) < 6 or seven[0] != 0xFF or seven[1] & 0xF6 != 0xF0:
        return 0
    length = (seven[3] & 3) << 11 | seven[4] << 3 | seven[5] >> 5
    return length if length > 7 else 0


def _aac(head: bytes, tail: bytes, size: int) -> bool:
    return tail[-128:-125] != b"TAG" and _within_a_frame(tail, _adts_frame)


_TOLD: dict[str, Callable[[bytes, bytes, int], bool]] = {
    "ogg": _ogg,
    "mpegts": _mpegts,
    "mpeg": _mpeg,
    "gif": _gif,
    "apng": _apng,
    "asf": _asf,
    "mxf": _mxf,
    "mp3": _mp3,
    "aac": _aac,
}
"""What tells it, by FFmpeg's name of a format: from the bytes at the beginning and at the end, and the size."""
