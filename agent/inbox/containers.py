"""What kind of file a video is, by what is in it: its name is only what somebody calls it."""

from dataclasses import dataclass
from pathlib import Path

from ...tools.media.packets import open_media, video_stream


@dataclass(frozen=True, slots=True)
class Container:
    """How files of one kind end, and what browsers call them."""

    suffix: str
    media_type: str


OTHER = Container(".media", "application/octet-stream")
"""What browsers are not known to play; they offer it as a download."""
_WITH_PICTURES = {
    "mov": Container(".mp4", "video/mp4"),
    "matroska": Container(".mkv", "video/x-matroska"),
    "webm": Container(".webm", "video/webm"),
    "avi": Container(".avi", "video/x-msvideo"),
    "mpegts": Container(".ts", "video/mp2t"),
    "mpeg": Container(".mpg", "video/mpeg"),
    "mpegvideo": Container(".mpg", "video/mpeg"),
    "flv": Container(".flv", "video/x-flv"),
    "asf": Container(".wmv", "video/x-ms-wmv"),
    "ogg": Container(".ogv", "video/ogg"),
    "gif": Container(".gif", "image/gif"),
}
_WITHOUT = {
    "mov": Container(".m4a", "audio/mp4"),
    "matroska": Container(".mka", "audio/x-matroska"),
    "webm": Container(".weba", "audio/webm"),
    "ogg": Container(".ogg", "audio/ogg"),
    "mp3": Container(".mp3", "audio/mpeg"),
    "wav": Container(".wav", "audio/wav"),
    "flac": Container(".flac", "audio/flac"),
    "aac": Container(".aac", "audio/aac"),
    "aiff": Container(".aiff", "audio/aiff"),
}
_OF_WEBM = {"vp8", "vp9", "vpx", "av1", "dav1d", "opus", "vorbis"}
"""Codecs of which a Matroska file may be called WebM: https://www.webmproject.org/docs/container/."""


def container_of(path: Path) -> Container:
    """The kind of a file, by its content.

    Raises:
        MediaError: it cannot be opened as video or audio.
    """
    with open_media(path) as opened:
        name = opened.format.name.partition(",")[0]
        codecs = {stream.codec_context.name for stream in opened.streams if stream.codec_context is not None}
        pictures = video_stream(opened) is not None
        brand = str(opened.metadata.get("major_brand", "")).strip()
    plain = {codec.removeprefix("lib").partition("-")[0] for codec in codecs}  # as in `libopus`, `libvpx-vp9`
    if name == "matroska" and plain and plain <= _OF_WEBM:
        name = "webm"
    if name == "mov" and brand == "qt" and pictures:
        return Container(".mov", "video/quicktime")
    return (_WITH_PICTURES if pictures else _WITHOUT).get(name, OTHER)
