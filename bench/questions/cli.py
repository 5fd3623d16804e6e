"""`vidscout bench questions`: make a set of recordings with questions, ask them, and add up the answers."""

from pathlib import Path
from typing import Annotated

import typer

from ...agent.cli.common import ProgressBars
from ...graphs.events import Progress
from .recording import Half

questions_app = typer.Typer(
    help="Questions as strangers ask them, about made meetings, tutorials, news shows and lectures.",
    no_args_is_help=True,
)


@questions_app.callback()
def questions() -> None:
    """Questions as strangers ask them, about made meetings, tutorials, news shows and lectures."""


@questions_app.command("make")
def questions_make(
    half: Annotated[Half, typer.Option("--half", help="Which half of the recordings.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the set.")],
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="A recording by its name; give it once for each.", show_default=False),
    ] = None,
) -> None:
    """Render a half's recordings as videos, with questions.json beside them. A set that was begun is finished."""
    from .make import make
    from .recording import MADE, load, load_half

    recordings = [load(MADE / half / f"{name}.toml") for name in only] if only else load_half(half)
    with ProgressBars() as bars:
        made = make(recordings, half, out, lambda name, done, total: bars.show(Progress("", name, done, total, "")))
    for name, seconds in made.seconds.items():
        print(f"{name}: {seconds:.1f} s")
    print(f"{made.folder}: {made.questions} questions in {made.videos} videos")
