"""Which tracks a file has, what it says of them, and why some cannot be read."""

import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import av.logging
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ..languages import language_code, language_name
from .packets import MAX_PIXELS, NOT_MOVING, open_media

logging.getLogger("libav").addHandler(logging.NullHandler())  # FFmpeg's messages are for whoever asks for them

ASIDE = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.descriptions
    | Disposition.karaoke
    | Disposition.clean_effects
    | Disposition.non_diegetic
)
"""Marks of a track that does not carry what is said in the video itself."""

COMMENTARY = re.compile(
    r"comment|komment|des[ck]ri[pçc]|opis|h[öo]rfilm|^(?:ad|dvs)$|解説|副音声|评论|評論|旁白|коммент|тифло",
    re.IGNORECASE,
)
"""How titles call commentaries and descriptions for the blind, in formats that have no mark for them."""

_HANDLER = re.compile(
    r"handler|^$|media|^(?:audio|sound|stereo|mono|surround|soun|mp4a|main)$|isom|gpac|\.\w{3,4}$|©|@|//|\d{4}",
    re.IGNORECASE,
)
"""Names of handlers that programs write."""

LOOKED_AT = 400
"""Packets among which one tells whether a stream is encrypted; a clear beginning may come first."""

TAGS = frozenset({"encv", "enca", "drms", "drmi"})
"""Sample entries of encrypted streams in MP4."""

TRANSPORT = 188
"""Bytes of a packet of MPEG-TS; two bits of its fourth say whether it is scrambled (ISO/IEC 13818-1, 2.4.3.2)."""

_DUMPED = re.compile(r"Stream #0:(\d+)\S*: (\w+): (\S+?),? (?:\((?!\S+ / 0x)[^)]*\) )*(?:\((\S+) / 0x)?")
_MATROSKA = re.compile(rb"\x86[\x81-\xff]([VAS]_[\x21-\x7e]+)")

_dumping = threading.Lock()


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio track as the file describes it."""

    number: int
    """Among the file's audio tracks, from 0."""
    codec: str
    channels: int
    language: str = ""
    """ISO 639 code, where the file tells it."""
    title: str = ""
    default: bool = False
    """Marked to be played unless somebody chooses."""
    aside: bool = False
    """Marked or called as a commentary, a description for the blind, or sound without the voices."""

    def __str__(self) -> str:
        """How notes name it: `1 (German, “Director's commentary”)`."""
        about = [language_name(self.language)] if self.language else []
        about += [f"“{self.title}”"] if self.title else []
        about += ["commentary or description"] if self.aside and not self.title else []
        return f"{self.number} ({', '.join(about)})" if about else str(self.number)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stream of video or sound that cannot be decoded, and why."""

    kind: str
    """`video` or `audio`."""
    number: int
    """Among the streams of its kind, from 0."""
    why: str
    """As in `is encrypted`; what a sentence goes on with after the stream's name."""


def audio_tracks(container: InputContainer) -> list[AudioTrack]:
    """The audio tracks for which there is a decoder, in the order of the file."""
    found = []
    for number, stream in enumerate(container.streams.audio):
        context = stream.codec_context
        if context is None or marked_encrypted(stream):
            continue
        title = _title(stream.metadata)
        found.append(
            AudioTrack(
                number,
                context.codec.canonical_name,
                context.layout.nb_channels if context.layout else 0,
                language_code(stream.language or ""),
                " ".join(title.split()),
                bool(stream.disposition & Disposition.default),
                bool(stream.disposition & ASIDE) or COMMENTARY.search(title) is not None,
            )
        )
    return found


def _title(metadata: Mapping[str, str]) -> str:
    """What a track is called; in MP4 mostly by its handler, which otherwise says by what it was made."""
    title = metadata.get("title") or metadata.get("name") or ""
    handler = metadata.get("handler_name", "")
    return title or ("" if _HANDLER.search(handler) else handler)


def marked_encrypted(stream: Stream) -> bool:
    """Whether a stream's header says that it is encrypted; in MP4 only the packets tell."""
    if "enc_key_id" in stream.metadata:
        return True
    context = getattr(stream, "codec_context", None)
    try:
        return context is not None and context.codec_tag in TAGS
    except UnicodeDecodeError:  # a tag that is a number, as in AVI
        return False


def unreadable(path: Path, video: bool, sounds: Sequence[int]) -> list[Unreadable]:
    """The file's streams of video and sound that give nothing, and why.

    Args:
        video: whether its video was decoded.
        sounds: numbers of the audio tracks that were.
    """
    with open_media(path) as container:
        streams = [("video", n, s) for n, s in enumerate(container.streams.video) if not s.disposition & NOT_MOVING]
        if video:
            streams = []
        streams += [("audio", n, s) for n, s in enumerate(container.streams.audio) if n not in sounds]
        if not streams:
            return []
        names = dict(_codec_names(container, path))
        encrypted = _encrypted(container)
        if "mpegts" in container.format.name and _scrambled(path):
            encrypted = {stream.index for stream in container.streams}
        return [Unreadable(kind, number, _why(stream, encrypted, names)) for kind, number, stream in streams]


def nothing_in(path: Path, dark: Sequence[Unreadable]) -> str:
    """Why a file gives neither picture nor sound."""
    reasons = dict.fromkeys(one.why for one in dark)
    if not reasons:
        return f"{path}: there is no video or audio in it"
    if list(reasons) == ["is encrypted"]:
        return f"{path}: is encrypted, so nothing in it can be read"
    each = dict.fromkeys(f"the {one.kind} {one.why}" for one in dark)
    return f"{path}: nothing in it can be decoded as video or audio: {'; '.join(each)}"


def _why(stream: Stream, encrypted: set[int], names: Mapping[int, str]) -> str:
    if stream.index in encrypted:
        return "is encrypted"
    if stream.codec_context is None:
        return f"cannot be decoded: the codec {names.get(stream.index, 'it is in')} is not known"
    if isinstance(stream, VideoStream) and stream.width * stream.height > MAX_PIXELS:
        return f"has pictures of {stream.width} × {stream.height}, larger than any that is decoded"
    return f"cannot be decoded ({stream.codec_context.codec.canonical_name})"


def _encrypted(container: InputContainer) -> set[int]:
    """Indices of the streams of which packets are encrypted."""
    found = {stream.index for stream in container.streams if marked_encrypted(stream)}
    try:
        for packet in islice(container.demux(), LOOKED_AT):
            if packet.has_sidedata("encryption_info"):
                found.add(packet.stream_index)
    except FFmpegError:
        pass
    return found


def _scrambled(path: Path) -> bool:
    """Whether most packets of an MPEG-TS file that carry something are scrambled."""
    with path.open("rb") as file:
        head = file.read(TRANSPORT * 5000)
    for first in range(TRANSPORT):
        if head[first::TRANSPORT][:8] == b"G" * 8:
            flags = [byte >> 6 for byte in head[first + 3 :: TRANSPORT]]
            return sum(flag != 0 for flag in flags) > len(flags) / 2
    return False


def _codec_names(container: InputContainer, path: Path) -> Iterator[tuple[int, str]]:
    """What the file calls the codecs of its streams, by index; FFmpeg tells of unknown ones in its description only."""
    with _dumping:
        before = av.logging.get_level()
        av.logging.set_level(av.logging.INFO)
        try:
            described = container.dumps_format()  # pyright: ignore[reportAttributeAccessIssue]  # the stub lacks it
        finally:
            av.logging.set_level(before)
    inside = iter(())
    if "matroska" in container.format.name:
        with path.open("rb") as file:
            inside = (name.decode("ascii") for name in _MATROSKA.findall(file.read(1 << 20)))
    for index, kind, codec, tag in _DUMPED.findall(described):
        called = next((name for name in inside if name[0] == kind[0]), "")
        yield int(index), tag or called or codec


__all__ = ["AudioTrack", "Unreadable", "audio_tracks", "marked_encrypted", "nothing_in", "unreadable"]
