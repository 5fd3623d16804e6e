"""The formats that are written: containers with their codecs, moving pictures, pictures."""

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from ..errors import UsageError


class Kind(Enum):
    """How a format is written."""

    VIDEO = auto()
    SOUND = auto()
    ANIMATED = auto()
    SHEET = auto()


@dataclass(frozen=True, slots=True)
class Form:
    """A format."""

    kind: Kind
    muxer: str = ""
    """FFmpeg's name."""
    video: str = ""
    """The encoder of new pictures."""
    audio: str = ""
    copies_video: frozenset[str] | None = frozenset()
    """Codecs that are copied into it as they are; None: every one."""
    copies_audio: frozenset[str] | None = frozenset()

    @property
    def pictures(self) -> bool:
        """Whether it shows any."""
        return self.kind is not Kind.SOUND

    @property
    def timed(self) -> bool:
        """Whether it runs."""
        return self.kind is not Kind.SHEET


_MP4 = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4"}), frozenset({"aac", "mp3", "ac3", "eac3", "opus", "alac"})
_FORMS = {
    ".mp4": Form(Kind.VIDEO, "mp4", "libx264", "aac", *_MP4),
    ".m4v": Form(Kind.VIDEO, "mp4", "libx264", "aac", *_MP4),
    ".mov": Form(
        Kind.VIDEO, "mov", "libx264", "aac", _MP4[0] | {"mjpeg", "prores"}, frozenset({"aac", "mp3", "ac3", "alac"})
    ),
    ".mkv": Form(Kind.VIDEO, "matroska", "libx264", "aac", None, None),
    ".webm": Form(
        Kind.VIDEO, "webm", "libvpx-vp9", "libopus", frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})
    ),
    ".ts": Form(
        Kind.VIDEO,
        "mpegts",
        "libx264",
        "aac",
        frozenset({"h264", "hevc", "mpeg2video", "mpeg4"}),
        frozenset({"aac", "mp3", "mp2", "ac3", "eac3"}),
    ),
    ".avi": Form(
        Kind.VIDEO, "avi", "mpeg4", "libmp3lame", frozenset({"mpeg4", "mjpeg"}), frozenset({"mp3", "ac3", "pcm_s16le"})
    ),
    ".m4a": Form(Kind.SOUND, "ipod", audio="aac"),
    ".mp3": Form(Kind.SOUND, "mp3", audio="libmp3lame"),
    ".wav": Form(Kind.SOUND, "wav", audio="pcm_s16le"),
    ".gif": Form(Kind.ANIMATED),
    ".webp": Form(Kind.ANIMATED),
    ".jpg": Form(Kind.SHEET),
    ".jpeg": Form(Kind.SHEET),
    ".png": Form(Kind.SHEET),
}


def known(suffix: str) -> bool:
    """Whether a clip can be written under a suffix."""
    return suffix.lower() in _FORMS


def of(path: Path) -> Form:
    """The format of a file that is to be written, by its suffix.

    Raises:
        UsageError: none is known by it.
    """
    if not known(path.suffix):
        raise UsageError(f"{path.name}: a clip is written as {', '.join(_FORMS)}")
    return _FORMS[path.suffix.lower()]
