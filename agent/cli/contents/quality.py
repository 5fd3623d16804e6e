"""`vidscout quality`: how good a video's picture and sound are."""

from typing import Annotated

import typer

from ....tools.errors import UsageError
from ..common import common_options, print_json


def quality(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    seconds: Annotated[
        float | None, typer.Option(help="Seconds of picture that are looked at, at most.", show_default="120")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how good picture and sound are: a level, and what was measured, with the worst moments."""
    from ...library.quality import SECONDS

    seconds = SECONDS if seconds is None else seconds
    if not seconds > 0:
        raise UsageError(f"--seconds must be above zero, got {seconds:g}")
    with common_options(context).scout() as scout:
        found = scout.quality(video, seconds=seconds)
    print_json(found.as_dict()) if json else print(found)
