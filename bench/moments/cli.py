"""`vidscout bench moments`: make videos in which events come back, and measure `ground` on them."""

from pathlib import Path
from typing import Annotated

import typer

from ...agent.cli.common import ProgressBars, common_options
from ...graphs.events import Progress

moments_app = typer.Typer(
    help="Made videos in which spoken sentences, written lines, photographs and sounds come back.",
    no_args_is_help=True,
)


@moments_app.callback()
def moments() -> None:
    """Made videos in which spoken sentences, written lines, photographs and sounds come back."""


@moments_app.command("make")
def moments_make(
    seed: Annotated[list[int], typer.Option("--seed", help="0–99 to develop on, 200–299 to report on; one each.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the set.")],
) -> None:
    """Make a video a seed, with moments.json beside them. A set that was begun is finished."""
    from .make import make

    with ProgressBars() as bars:
        path = make(seed, out, lambda what, done, total: bars.show(Progress("", what, done, total, "")))
    print(path)


@moments_app.command("run")
def moments_run(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--set", help="Folder of a set that was made.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the results.")],
) -> None:
    """Read the videos of a set, ask its queries, and print how well the stretches fit."""
    from .run import run, table

    with common_options(context).scout() as scout, ProgressBars() as bars:
        results = run(folder, scout, out, lambda what, done, total: bars.show(Progress("", what, done, total, "")))
    print(table(results))
