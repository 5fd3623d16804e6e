"""`vidscout describe`: what a whole video holds."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ....graphs.describe.results import Length, Style
from ....tools.errors import UsageError
from ....tools.runtime.notes import noting
from ..common import ProgressBars, common_options, print_json, time_range
from ..interrupts import interruptible

if TYPE_CHECKING:
    from ....graphs.describe.results import Description


def describe(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or one that has been read; `all` takes every one.")],
    style: Annotated[Style, typer.Option("--style", help="What is wanted.")] = Style.SUMMARY,
    start: Annotated[
        str | None, typer.Option("--from", help="Only from this time on: m:ss.", show_default=False)
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only up to this time: m:ss.", show_default=False)] = None,
    length: Annotated[
        Length | None,
        typer.Option("--length", help="Of a summary or story.", show_default="paragraph; a line of `all`"),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="NAME", help="In which to write, as de or German.")
    ] = None,
    every: Annotated[
        float | None, typer.Option("--every", metavar="SECONDS", help="Seconds of each caption; by default the shots.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Describe a video: summary, chapters, captions, notes or story. It is read first if it has not been."""
    span = time_range(start, end)
    if video == "all" and (span is not None or every is not None):
        raise UsageError("--from, --to and --every are of one video: name it instead of `all`")
    with (
        common_options(context).scout() as scout,
        interruptible(),
        ProgressBars() as bars,
        noting() as notes,
    ):
        if video == "all":
            found = scout.describe_library(None, style, language, length or Length.LINE, on_event=bars.show)
        else:
            options = (video, style, span, language, length or Length.PARAGRAPH)
            found = [scout.describe(*options, every=every, on_event=bars.show)]
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if json:
        print_json({"videos": [one.as_dict() for one in found]} if video == "all" else found[0].as_dict())
        return
    for one in found:
        if video == "all":
            print(one.name)
        show(one, indent="  " if video == "all" else "")
    if not found:
        print("no video has been read yet: vidscout ingest VIDEO", file=sys.stderr)


def show(description: "Description", indent: str = "") -> None:
    """Print a description for people, and on stderr what it lacks."""
    from ...moments.describing import told

    for line in told(description):
        print(f"{indent}{line}")
    for remark in description.remarks:
        print(f"note: {remark}", file=sys.stderr)
