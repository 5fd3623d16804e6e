"""What is cut out of which file, and into what: the one entrance for clips, moving pictures and contact sheets."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import MediaError, UsageError
from ..geometry import Span, clock
from ..media.packets import check_regular
from ..media.video import MediaInfo, probe
from . import animated, copied, encoded, formats, sheet
from .results import Clip, Cut
from .subtitled import Line, burner, srt

SHORTEST = 0.04
"""Seconds: a frame of 25 a second."""


def cut(
    source: str | Path,
    spans: Sequence[Span],
    out: str | Path,
    *,
    exact: bool = False,
    force: bool = False,
    lines: Sequence[Line] = (),
    burned: bool = False,
) -> Clip:
    """Cut stretches out of a file and join them, in the order given.

    A clip is copied packet by packet where the formats allow, so that nothing is lost and it takes no time; it then
    begins with the key frame before. With `exact`, or where copying cannot be, it is encoded anew from the very frame.

    Args:
        source: a media file.
        spans: seconds of the source's one clock (`tools/media/clock.py`); what lies behind its end is left out.
        out: the file to write; its suffix tells the format. Or a folder, in which the name carries the times.
        exact: encode anew.
        force: write over another file; never over the source.
        lines: subtitles in seconds of the source.
        burned: draw them into the picture, which encodes anew; otherwise they are written beside the clip as SRT.

    Raises:
        UsageError: a stretch without length or behind the end, a format that is not known, a file that is there.
        MediaError: the source cannot be read, or the clip not be written.
    """
    source, out = Path(source), Path(out)
    info = probe(source)
    spans, notes = checked(info, spans)
    target = placed(source, spans, out, force)
    form = formats.of(target)
    if not info.has_video and form.pictures:
        raise UsageError(f"{source.name} has no picture; {target.suffix} needs one: write .m4a, .mp3 or .wav")
    landing = Path(tempfile.mkdtemp(dir=target.parent, prefix=".cutting-")) / f"clip{target.suffix}"
    try:
        made = _made(info, spans, landing, form, exact, burner(lines) if burned and lines else None)
        landing.replace(target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written ({error.strerror or error})") from error
    finally:
        landing.unlink(missing_ok=True)
        landing.parent.rmdir()
    cuts, reencoded, more = made
    beside = None
    if lines and not burned and form.timed:
        beside = target.with_suffix(".srt")
        beside.write_text(srt(lines, cuts), encoding="utf-8")
    length = sum(one.span.duration for one in cuts) if form.timed else 0.0
    return Clip(target, tuple(cuts), length, reencoded, beside, (*notes, *more))


def _made(
    info: MediaInfo, spans: Sequence[Span], landing: Path, form: formats.Form, exact: bool, burn: "encoded.Burn | None"
) -> tuple[list[Cut], bool, list[str]]:
    """Write the file; what was cut, whether anew, and what is to be said about it."""
    if form.kind is formats.Kind.ANIMATED:
        animated.write(info.path, spans, landing, burn)
        return _as_asked(spans), True, []
    if form.kind is formats.Kind.SHEET:
        sheet.write(info.path, spans, landing)
        return _as_asked(spans), True, []
    notes: list[str] = []
    if not exact and burn is None and form.kind is formats.Kind.VIDEO:
        trouble = copied.hindrance(info, form)
        if not trouble:
            try:
                real = copied.write(info, spans, landing, form)
                return _cuts(spans, real), False, []
            except copied.NotCopied as error:
                trouble = str(error)
        notes.append(f"encoded anew: {trouble}")
    encoded.write(info, spans, landing, form, burn)
    return _as_asked(spans), True, notes


def _as_asked(spans: Sequence[Span]) -> list[Cut]:
    return _cuts(spans, spans)


def _cuts(asked: Sequence[Span], real: Sequence[Span]) -> list[Cut]:
    at, cuts = 0.0, []
    for one, other in zip(asked, real, strict=True):
        cuts.append(Cut(one, other, at))
        at += other.duration
    return cuts


def checked(info: MediaInfo, spans: Sequence[Span]) -> tuple[list[Span], list[str]]:
    """Stretches within a file, and what is to be said about those that were shortened.

    Raises:
        UsageError: there is none, or one has no length or lies behind the end.
    """
    if not spans:
        raise UsageError("nothing is to be cut: name a stretch, as 0:31-0:40")
    kept, notes, name = [], [], info.path.name
    for span in spans:
        told = f"{clock(span.start)}–{clock(span.end)}"
        if span.start >= info.duration:
            raise UsageError(f"{told} lies behind the end of {name}, which is {clock(info.duration)} long")
        if span.duration < SHORTEST:
            raise UsageError(f"{told} has no length; a stretch runs from an earlier to a later time")
        if span.end > info.duration + SHORTEST:
            notes.append(f"{told} was cut off at the end of {name}, {clock(info.duration)}")
        kept.append(Span(span.start, min(span.end, info.duration)))
    return kept, notes


def placed(source: Path, spans: Sequence[Span], out: Path, force: bool) -> Path:
    """The file that is to be written.

    Raises:
        UsageError: it is the source, or is there and `force` is not given, or its folder is missing.
    """
    if out.is_dir():
        suffix = source.suffix.lower() if formats.known(source.suffix) else ".mp4"
        times = "_".join(f"{_stamp(span.start)}-{_stamp(span.end)}" for span in spans[:3])
        more = f"_and_{len(spans) - 3}_more" if len(spans) > 3 else ""
        out = out / f"{source.stem}_{times}{more}{suffix}"
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: no such folder")
    if out.exists():
        check_regular(out)
        if os.path.samefile(out, source):
            raise UsageError(f"{out} is the video itself, which is never written over: choose another name")
        if not force:
            raise UsageError(f"{out} is there already: choose another name, or write over it with --force")
    return out


def _stamp(seconds: float) -> str:
    """`0m31s`, `1h02m03s`, with milliseconds where there are any."""
    whole, rest = divmod(round(seconds * 1000), 1000)
    hours, minutes, second = whole // 3600, whole // 60 % 60, whole % 60
    tail = f".{rest:03}" if rest else ""
    return f"{hours}h{minutes:02}m{second:02}{tail}s" if hours else f"{minutes}m{second:02}{tail}s"
