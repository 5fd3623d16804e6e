"""Subtitles that are pictures, made here: as Blu-rays have them (PGS), and as DVDs have them."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av
import numpy as np
from av.packet import Packet
from PIL import Image, ImageDraw, ImageFont

Cue = tuple[float, float, str]
"""Start and end in seconds, and what is written."""
SIZE = (720, 480)
"""Pixels across and down of the film."""
PALETTE = "000000, ffffff, 000000, 808080" + ", 000000" * 12
"""Colours of a DVD: ground, letters, their edges."""


def written(text: str) -> np.ndarray:
    """White letters with a black edge: (h, w) uint8, 1 where letters are and 2 where edges are."""
    font = ImageFont.load_default(36)
    _, _, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((8, 8), text, font)
    image = Image.new("L", ((int(right) + 10) // 2 * 2, (int(bottom) + 10) // 2 * 2))
    ImageDraw.Draw(image).multiline_text((8, 8), text, 200, font, stroke_width=2, stroke_fill=100)
    shades = np.asarray(image)
    return np.where(shades > 150, 1, np.where(shades > 50, 2, 0)).astype(np.uint8)


def blu_ray(path: Path, cues: Sequence[Cue]) -> Path:
    """A `.sup` file: each subtitle is shown, and cleared at its end."""
    parts = []
    for number, (start, end, text) in enumerate(cues):
        picture = written(text)
        height, width = picture.shape
        place = struct.pack(">HH", (SIZE[0] - width) // 2, SIZE[1] - height - 20)
        about = struct.pack(">HHBHBBB", *SIZE, 0x10, number, 0x80, 0, 0)
        runs = b"".join(_run(len(list(run)), value) if run else b"" for row in picture for value, run in _runs(row))
        drawn = struct.pack(">HH", width, height) + runs
        parts += [
            _segment(start, 0x16, about + b"\x01" + struct.pack(">HBB", 0, 0, 0) + place),
            _segment(start, 0x17, b"\x01\x00" + place + struct.pack(">HH", width, height)),
            _segment(start, 0x14, b"\x00\x00" + bytes((1, 235, 128, 128, 255, 2, 16, 128, 128, 255))),
            _segment(start, 0x15, struct.pack(">HBB", 0, 0, 0xC0) + len(drawn).to_bytes(3, "big") + drawn),
            _segment(start, 0x80, b""),
            _segment(end, 0x16, struct.pack(">HHBHBBB", *SIZE, 0x10, number, 0, 0, 0) + b"\x00"),
            _segment(end, 0x80, b""),
        ]
    path.write_bytes(b"".join(parts))
    return path


def _segment(at: float, kind: int, data: bytes) -> bytes:
    return b"PG" + struct.pack(">IIBH", round(at * 90000), 0, kind, len(data)) + data


def _runs(row: np.ndarray) -> list[tuple[int, list[int]]]:
    return [(int(value), list(run)) for value, run in groupby(row.tolist())] + [(0, [])]


def _run(length: int, value: int) -> bytes:
    coded = b""
    while length > 0:
        some = min(length, 16383)
        size = bytes([some]) if some < 64 else struct.pack(">H", 0x4000 | some)
        coded += b"\x00" + (bytes([size[0] | 0x80]) + size[1:] + bytes([value]) if value else size)
        length -= some
    return coded


def dvd(text: str, lasts: float) -> bytes:
    """A packet of a DVD's subtitles."""
    picture = written(text)
    height, width = picture.shape
    fields = [b"".join(map(_dvd_row, picture[first::2])) for first in (0, 1)]
    left, top = (SIZE[0] - width) // 2, SIZE[1] - height - 20
    commands = 4 + len(fields[0]) + len(fields[1])
    place = (left << 36 | (left + width - 1) << 24 | top << 12 | (top + height - 1)).to_bytes(6, "big")
    shown = b"\x03\x32\x10\x04\x0f\xf0\x05" + place
    shown += b"\x06" + struct.pack(">HH", 4, 4 + len(fields[0])) + b"\x01\xff"
    second = commands + 4 + len(shown)
    control = (
        struct.pack(">HH", 0, second) + shown + struct.pack(">HH", round(lasts * 90000 / 1024), second) + b"\x02\xff"
    )
    return struct.pack(">HH", commands + len(control), commands) + b"".join(fields) + control


def _dvd_row(row: np.ndarray) -> bytes:
    nibbles = ""
    for value, run in groupby(row.tolist()):
        length = len(list(run))
        while length > 0:
            some = min(length, 255)
            code = some << 2 | int(value)
            nibbles += f"{code:0{1 if some < 4 else 2 if some < 16 else 3 if some < 64 else 4}x}"
            length -= some
    return bytes.fromhex(nibbles + "0" * (len(nibbles) % 2))


def with_dvd_subtitles(picture: Path, path: Path, cues: Sequence[Cue], language: str = "eng") -> Path:
    """A film with a track of pictures of text in it."""
    with av.open(str(picture)) as pictures, av.open(str(path), "w") as film:
        streams = [film.add_stream_from_template(stream) for stream in pictures.streams]
        texts = film.add_mux_stream("dvd_subtitle")
        assert texts.codec_context is None or texts.codec_context.name
        texts.metadata["language"] = language
        for packet in pictures.demux():
            if packet.pts is not None:
                packet.stream = streams[packet.stream_index]
                film.mux(packet)
        for start, end, text in cues:
            packet = Packet(dvd(text, end - start))
            packet.stream = texts
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = round(start * 1000)
            packet.duration = round((end - start) * 1000)
            film.mux(packet)
    return path
