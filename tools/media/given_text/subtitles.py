"""What somebody wrote down of what is said and heard: text tracks in the file, and subtitle files beside it.

FFmpeg reads SubRip, WebVTT, ASS, QuickTime text, SAMI, MicroDVD, LRC and others, and turns each into ASS; Timed Text,
SCC and YouTube's format are made SubRip before (`timed_text.py`). Tracks that are pictures of text, as on DVDs and
Blu-rays, are in `pictures.py`.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition

from ...errors import MediaError
from ...geometry import Span
from ...languages import language_code, language_name
from ..clock import clock_of
from ..packets import frame_rate, open_media, video_stream
from . import labels, markup
from .sidecars import OTHERS, PICTURED, Sidecar, text_of
from .timed_text import as_subrip, lyrics_on_time, told_by_text

LASTS = 3.0
"""Seconds that a subtitle stands whose length the file does not tell."""

USUAL_RATE = 24_000 / 1001
"""Frames a second of films."""

AT_ONCE = 0.1
"""Seconds within which one subtitle follows on another: captions that roll repeat the last line in the next one."""

PICTURES = frozenset({"dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle", "xsub"})
"""Codecs, by FFmpeg's names, whose subtitles are pictures."""

SIGNS = {"webvtt": "webvtt", "[script info]": "ass", "<sami": "sami", "[information]": "subviewer"}
"""How files in some formats begin, in lower case, with FFmpeg's names of the formats."""

NOT_SAID = Disposition.comment | Disposition.lyrics | Disposition.karaoke | Disposition.metadata

_SOUND = re.compile(r"\[([^\]]*)\]|【([^】]*)】|([♪♫]+ ?[^♪♫]*(?:[♪♫]+|$)|♪|♫|^#+(?: [^#]*)?(?:#+|$))")
"""A sound as captions put it: `[door creaks]`, `♪ la la ♪`, `# la la #`."""
_SUNG = re.compile(r"[♪♫]+[^♪♫]*[♪♫]+", re.S)
"""A song over all lines of a subtitle."""
_BRACKETED = re.compile(r"[(（][^()（）]*[)）]|\*[^*]+\*")
_LABEL = re.compile(r"^\W{0,3}([^\W\d_a-z][^\W_a-z]{1,}(?:[ .'’#&-]+[^\W_a-z]+){0,3})(?: ?\([^()]*\))? ?:\s+")
"""Who speaks, in capitals before a colon, perhaps with how: `ANNA (whispering):`, `MAN #1:`."""
_NAMED = re.compile(r"^\W{0,3}([^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,4}) ?: +(?=\S)")
"""Who speaks, before a colon, where all of a file's subtitles say so, as transcripts of meetings do."""
NAMED = 0.6
"""Share of a file's subtitles from which that is a name."""
_RATE = re.compile(r"\s*\{[01]\}\{[01]\}\s*\d")
"""The frames a second at the beginning of a MicroDVD file."""
_SPRITE = re.compile(r"\S+#xywh=(?:\w+:)?\d+(?:,\d+){3}", re.I)
"""What names a part of a picture: lists of previews for players' bars are WebVTT files beside videos."""
_DASH = re.compile(r"^\s*(?:[-–—‐]+|>>+)\s*")
"""What stands before the words of another person: a dash, or angles in broadcasters' captions (CEA-608)."""
_TIMES = re.compile(r"^\s*(\d+(?::\d+){1,2})(?:[.,](\d+))?\s*-->\s*(\d+(?::\d+){1,2})(?:[.,](\d+))?", re.M)
"""When a subtitle of SubRip begins and ends, as people and programs write it."""


@dataclass(frozen=True, slots=True)
class Given:
    """One subtitle, or the part of one that one person says or that tells one sound."""

    span: Span
    text: str
    language: str = ""
    """ISO 639 code, where the track tells it."""
    speaker: str = ""
    """Who says it, where the subtitle tells it."""
    sound: bool = False
    """It tells a sound and not what is said."""


@dataclass(frozen=True, slots=True)
class TextTrack:
    """A track of subtitles, in the file or beside it."""

    number: int
    """Among the file's subtitle tracks, from 0; −1 beside the file."""
    language: str
    title: str = ""
    default: bool = False
    forced: bool = False
    """It holds only what is not understood otherwise, as signs and what is said in another language."""
    aside: bool = False
    """It is a commentary, lyrics or a karaoke track."""
    pictures: bool = False
    """It is pictures of text."""
    readable: bool = True
    sidecar: Sidecar | None = None

    def __str__(self) -> str:
        """How notes name it."""
        name = self.sidecar.path.name if self.sidecar else f"subtitles {self.number}"
        about = [language_name(self.language)] if self.language else []
        about += ["forced"] if self.forced else []
        about += [f"“{self.title}”"] if self.title else []
        return f"{name} ({', '.join(about)})" if about else name


def text_tracks(path: Path, beside: Sequence[Sidecar] = ()) -> list[TextTrack]:
    """All tracks of subtitles that a file has, and the files beside it.

    Raises:
        MediaError: the file cannot be opened.
    """
    found = [
        TextTrack(
            -1,
            one.language,
            forced=one.forced,
            aside=one.aside,
            pictures=one.format in PICTURED,
            sidecar=one,
        )
        for one in beside
    ]
    with open_media(path) as container:
        for number, stream in enumerate(container.streams.subtitles):
            codec = stream.codec_context.codec.canonical_name if stream.codec_context else ""
            found.append(
                TextTrack(
                    number,
                    language_code(stream.language or ""),
                    " ".join((stream.metadata.get("title") or "").split()),
                    bool(stream.disposition & Disposition.default),
                    bool(stream.disposition & Disposition.forced),
                    bool(stream.disposition & NOT_SAID),
                    codec in PICTURES,
                    bool(codec),
                )
            )
    return found


def chosen(tracks: Sequence[TextTrack], language: str, pictures: bool = False) -> TextTrack | None:
    """The track to read: whole ones first, then those in a language, texts, those beside the file, the default one.

    Args:
        tracks: of a file.
        language: ISO 639 code of what is spoken; empty where nobody knows.
        pictures: whether there is somebody who reads pictures of text.
    """
    texts = [track for track in tracks if track.readable and (pictures or not track.pictures)]
    return min(
        texts,
        key=lambda one: (
            one.aside,
            one.forced,
            bool(language) and one.language != language,
            one.pictures,
            one.sidecar is None,
            not one.default,
            one.number,
        ),
        default=None,
    )


def notes(tracks: Sequence[TextTrack], read: TextTrack | None) -> list[str]:
    """What is to be told of the tracks that were not read."""
    told = []
    if pictures := [str(track) for track in tracks if track.pictures and track is not read]:
        told.append(f"{', '.join(pictures)}: pictures of text, which were not read")
    if dark := [str(track) for track in tracks if not track.readable]:
        told.append(f"{', '.join(dark)}: the codec is not known, so they were not read")
    others = [str(track) for track in tracks if track is not read and track.readable and not track.pictures]
    if read is not None and others:
        told.append(f"{read} was read, not {', '.join(others)}")
    return told


def subtitles(path: str | Path, track: TextTrack) -> Iterator[Given]:
    """What a track says, in order, with times in seconds from the first picture or sound in the video.

    Raises:
        MediaError: the file cannot be opened, or nothing is in the file beside it.
    """
    path = Path(path)
    if track.sidecar is not None:
        found = False
        with _opened(track.sidecar, path) as container:
            for one in _given(container, 0, 0.0, track.language):
                found = True
                yield one
        if not found:
            raise MediaError(f"{track.sidecar.path}: no subtitles are in it")
        return
    zero = float(clock_of(path).zero)
    with open_media(path) as container:
        yield from _given(container, track.number, zero, track.language)


def _opened(sidecar: Sidecar, video: Path) -> InputContainer:
    """A subtitle file as FFmpeg reads it, whatever its encoding."""
    try:
        text = text_of(sidecar)
        form = _format(text, sidecar.format)
        if form in OTHERS:
            text, form = as_subrip(text, form), "srt"
        if form == "lrc":
            text = lyrics_on_time(text)
        if form == "srt":
            text = _TIMES.sub(_as_subrip, text)
        if form == "microdvd" and not _RATE.match(text):  # its times are numbers of the video's frames
            text = f"{{1}}{{1}}{_frame_rate_of(video)}\n{text}"
        return av.open(io.BytesIO(text.encode()), "r", format=form, metadata_errors="ignore")
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{sidecar.path}: not subtitles ({str(error).lower()})") from error


def _format(text: str, by_suffix: str) -> str:
    """The format that a subtitle file is in, by FFmpeg's name or one of `OTHERS`, whatever its suffix says."""
    head = text.lstrip("\ufeff \t\r\n")[:200]
    for sign, form in SIGNS.items():
        if head.casefold().startswith(sign):
            return form
    if (other := told_by_text(text)) is not None:
        return other
    if by_suffix in {"webvtt", "microdvd", "srt"} and _TIMES.search(text):
        return "srt"
    return "subviewer" if by_suffix == "microdvd" and not head.startswith("{") else by_suffix


def _as_subrip(match: re.Match[str]) -> str:
    """Times as FFmpeg reads them in SubRip: with hours, and with three digits behind the comma."""
    ends = []
    for whole, part in ((match[1], match[2]), (match[3], match[4])):
        hours, minutes, seconds = (["0"] * 3 + whole.split(":"))[-3:]
        ends.append(f"{int(hours):02}:{int(minutes):02}:{int(seconds):02},{(part or '').ljust(3, '0')[:3]}")
    return " --> ".join(ends)


def _frame_rate_of(video: Path) -> float:
    """Frames a second; what MicroDVD files mostly count where the video does not tell."""
    with open_media(video) as container:
        stream = video_stream(container)
        rate = frame_rate(stream) if stream else None
    return float(rate or USUAL_RATE)


def _given(container: InputContainer, number: int, zero: float, language: str) -> Iterator[Given]:
    events = [one for one in _events(container, number) if not (one[2] and _SPRITE.fullmatch(one[2][0]))]
    shifted = ((start - zero, end - zero, lines, speaker) for start, end, lines, speaker in events)
    yield from taken_apart(list(shifted), language)


def taken_apart(events: Sequence[tuple[float, float, list[str], str]], language: str) -> Iterator[Given]:
    """What all of a track's subtitles say: start, end, lines and speaker of each, in seconds, in order."""
    before: tuple[float, list[str]] = (-1.0, [])
    named = sum(bool(lines and _NAMED.match(lines[0])) for _, _, lines, _ in events) >= NAMED * len(events)
    bracketed = labels.names([lines for _, _, lines, _ in events])
    for start, end, lines, speaker in events:
        if named and not speaker and lines and (label := _NAMED.match(lines[0])):
            speaker, lines = label[1], [lines[0][label.end() :], *lines[1:]]
        ended, shown = before
        before = end, lines
        fresh = _fresh(lines, shown, end - start) if start - ended < AT_ONCE else lines
        span = Span(max(start, 0.0), max(end, start, 0.0))
        yield from parts(span, fresh, language, speaker, bracketed)


def _events(container: InputContainer, number: int) -> Iterator[tuple[float, float, list[str], str]]:
    """Start, end, lines and speaker of each subtitle as it stands in the file."""
    codec = container.streams.subtitles[number].codec_context.codec.canonical_name
    for packet in _packets(container, number):
        if packet.pts is None or packet.time_base is None:
            continue
        start = float(packet.pts * packet.time_base)
        length = float(packet.duration * packet.time_base) if packet.duration and packet.duration > 0 else LASTS
        if codec in markup.AS_IN_THE_FILE:
            for speaker, lines in markup.voices(bytes(packet).decode("utf-8", "replace")):
                yield start, start + length, lines, speaker
            continue
        try:
            decoded = packet.decode()
        except FFmpegError:
            continue
        for part in decoded:
            line = getattr(part, "ass", b"").decode("utf-8", "replace").split(",", 8)
            if len(line) == 9:
                text = markup.without(line[8]).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
                yield start, start + length, markup.plain_lines(text), line[3].strip()


def _packets(container: InputContainer, number: int) -> Iterator[Packet]:
    try:
        yield from container.demux(container.streams.subtitles[number])
    except FFmpegError:
        return  # a file that is cut off: what there is has been read


def _fresh(lines: list[str], shown: list[str], lasts: float) -> list[str]:
    """Lines without those that only roll up from the subtitle before."""
    if shown and lines and lines[0] == shown[-1] and (len(lines) > 1 or lasts < AT_ONCE):
        return lines[1:]
    return lines


def parts(
    span: Span, lines: Sequence[str], language: str = "", speaker: str = "", names: frozenset[str] = frozenset()
) -> list[Given]:
    """A subtitle taken apart: what each person says, and which sounds it tells.

    `names` are what stands in brackets in this file and is no sound.

    >>> [(one.text, one.sound) for one in parts(Span(0, 2), ["[door creaks] Nobody", "is at home."])]
    [('door creaks', True), ('Nobody is at home.', False)]
    """
    found: list[Given] = []
    said: list[str] = []
    who = speaker
    if _SUNG.fullmatch(song := " ".join(lines).strip()):
        lines = [song]

    def end() -> None:
        if text := " ".join(" ".join(said).split()):
            found.append(Given(span, text, language, who))
        said.clear()

    for line in lines:
        if told := labels.split(line, names):
            end()
            who, how, line = told
            found += [Given(span, how, language, sound=True)] if how else []
        whole = _BRACKETED.fullmatch(line.strip(" -–—"))
        sounds = [whole[0][1:-1]] if whole else [_inside(match) for match in _SOUND.finditer(line)]
        found += [Given(span, sound, language, sound=True) for sound in sounds if sound]
        spoken = "" if whole else _SOUND.sub(" ", line)
        if not re.search(r"\w", spoken):
            continue
        label = _LABEL.match(spoken)
        if label or _DASH.match(spoken):
            end()
            who = label[1].title() if label else speaker
            spoken = spoken[label.end() :] if label else _DASH.sub("", spoken)
        said.append(spoken)
    end()
    return sorted(found, key=lambda one: not one.sound)


def _inside(match: re.Match[str]) -> str:
    """What a sound is, without brackets and notes; music where there is nothing else."""
    text = match[1] if match[1] is not None else match[2] if match[2] is not None else match[3].strip("♪♫# ")
    return " ".join(text.split()) or ("music" if match[3] else "")
