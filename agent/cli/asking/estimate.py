"""`vidscout estimate`: what a question will take, before it is asked."""

from typing import Annotated

import typer

from ..common import common_options, print_json


def estimate(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="The id or name of a video that has been read.")],
    frames: Annotated[
        int | None, typer.Option(min=1, max=512, help="Frames to show.", show_default="the profile's")
    ] = None,
    budget: Annotated[
        int | None, typer.Option(min=32, help="Most tokens of evidence.", show_default="the profile's")
    ] = None,
    compress: Annotated[
        str | None, typer.Option(metavar="NAME[:AMOUNT]", help="Fewer visual tokens.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what tokens and memory a question will take at most; past the model's limit is one line and exit code 2."""
    with common_options(context).scout(frames=frames, token_budget=budget, compress=compress) as scout:
        found = scout.estimate(video)
    print_json(found.as_dict()) if json else print(found)
