"""`vidscout export`: a transcript, chapters or another description as a file for other programs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ....tools.errors import UsageError
from ..common import ProgressBars, common_options
from ..interrupts import interruptible


def export(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="srt, vtt, vtt-words, txt, json, csv, md, html; of chapters youtube, ffmetadata, podlove; for editors "
            "edl, fcpxml, otio.",
        ),
    ] = "srt",
    of: Annotated[
        str,
        typer.Option("--of", metavar="WHAT", help="transcript, chapters, summary, notes, captions or story."),
    ] = "transcript",
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write; by default standard output.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write what was found in a video for players, editors and tables. It is read first if it has not been."""
    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} is there already; write over it with --force")
    with common_options(context).scout() as scout, interruptible(), ProgressBars() as bars:
        text = scout.export(video, format, of, on_event=bars.show)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{out} cannot be written ({error.strerror or error})") from error
    print(f"{out}: {len(text.encode()):,} bytes", file=sys.stderr)
