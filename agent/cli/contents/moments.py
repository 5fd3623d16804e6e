"""`vidscout ground`, `clip` and `highlights`: where something is, as times and as files."""

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ....tools.errors import UsageError
from ....tools.records import clock
from ..common import ProgressBars, common_options, print_json, seconds, time_range
from ..interrupts import interruptible

if TYPE_CHECKING:
    from ....tools.clips.results import Clip
    from ...moments.grounding import Grounded

_STRETCH = re.compile(r"^\s*([^-–]+?)\s*[-–]\s*([^-–]+?)\s*$")


class Subtitles(StrEnum):
    """Where the subtitles of a clip go."""

    burned = "burned"
    beside = "beside"


def ground(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video; `all` looks through every one that has been read.")],
    query: Annotated[str, typer.Argument(help="What is said, written, heard or shown, in any wording.")],
    also: Annotated[
        list[str] | None, typer.Option("--also", help="A further video to look in.", show_default=False)
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Only from this time on: m:ss.", show_default=False)
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only up to this time: m:ss.", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find every stretch in which something holds, or none. “First”, “last”, “until” and “never” are understood."""
    with common_options(context).scout() as scout, interruptible(), ProgressBars() as bars:
        videos = [one.id for one in scout.videos()] if video == "all" else [video, *(also or [])]
        if not videos:
            raise UsageError("no video has been read yet: vidscout ingest VIDEO")
        found = scout.grounded(videos, query, time_range(start, end), bars.show)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    if json:
        print_json(found.as_dict())
    else:
        print_spans(found, several=len(videos) > 1)


def print_spans(found: "Grounded", several: bool) -> None:
    """The stretches, a line each; of several videos by video."""
    order = list(dict.fromkeys(one.video for one in found.spans))
    for one in sorted(found.spans, key=lambda span: order.index(span.video)) if several else found.spans:
        name = f"{one.name}  " if several else ""
        text = " ".join(one.evidence[0].text.split()) if one.evidence else ""
        text = text if len(text) <= 100 else text[:99] + "…"
        print(f"{name}{clock(one.start)}–{clock(one.end)}  {one.score:.2f}  {text}".rstrip())
    if not found.spans:
        print("nowhere", file=sys.stderr)


def clip(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    rest: Annotated[
        list[str],
        typer.Argument(metavar="START-END... OUT", help="Stretches, as 0:31-0:40, and the file or folder to write."),
    ],
    exact: Annotated[bool, typer.Option("--exact", help="Begin with the very frame; encodes anew.")] = False,
    subtitles: Annotated[
        Subtitles | None, typer.Option("--subtitles", help="Drawn into the picture, or as SRT beside it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over another file; never over the video.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Cut stretches out of a video, as .mp4, .mkv, .webm, .mov, .ts, .avi, .gif, .webp, or .jpg for a contact sheet."""
    *stretches, out = rest
    if not stretches:
        raise UsageError("give stretches and then the file to write: vidscout clip VIDEO 0:31-0:40 out.mp4")
    spans = [stretch(text) for text in stretches]
    with common_options(context).scout() as scout, interruptible():
        made = scout.clip(video, spans, out, exact, subtitles=subtitles and subtitles.value, force=force)
    if json:
        print_json(clip_fields(made))
        return
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)
    print(made.path)
    for one in made.cuts:
        if abs(one.span.start - one.asked.start) > 0.05:
            print(
                f"{clock(one.asked.start)} lies between key frames: the clip begins at {one.span.start:.2f} s;"
                " --exact begins with the very frame",
                file=sys.stderr,
            )


def clip_fields(made: "Clip") -> dict[str, Any]:
    """A clip as plain values."""
    return {
        "path": str(made.path),
        "duration": round(made.duration, 3),
        "reencoded": made.reencoded,
        "subtitles": made.beside and str(made.beside),
        "cuts": [
            {
                "asked": [one.asked.start, one.asked.end],
                "start": round(one.span.start, 3),
                "end": round(one.span.end, 3),
                "at": round(one.at, 3),
            }
            for one in made.cuts
        ],
        "notes": list(made.notes),
    }


def stretch(text: str) -> tuple[float, float]:
    """A stretch on the command line: `0:31-0:40`, or plain seconds.

    Raises:
        UsageError: it is none.
    """
    found = _STRETCH.match(text)
    if found is None:
        raise UsageError(f"{text!r} is not a stretch; write it as 0:31-0:40, and the file to write last")
    return seconds(found[1]), seconds(found[2])


def highlights(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    query: Annotated[
        str | None, typer.Argument(help="What is to be seen; by default what stands out.", show_default=False)
    ] = None,
    length: Annotated[float, typer.Option("--seconds", help="Of the reel.")] = 60.0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the reel there.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over another file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score each two seconds of a video, and choose the reel that fits."""
    with common_options(context).scout() as scout, interruptible(), ProgressBars() as bars:
        found = scout.highlights(video, query, length, bars.show)
        bars.stop()
        if out is not None and not found.reel:
            raise UsageError("there is nothing to put into a reel")
        made = scout.clip(video, found.reel, out, exact=True, force=force) if out is not None else None
    if json:
        print_json({**found.as_dict(), **({"clip": clip_fields(made)} if made else {})})
        return
    for one in found.reel:
        print(f"{clock(one.start)}–{clock(one.end)}  {one.score:.2f}")
    if made is not None:
        print(made.path)
