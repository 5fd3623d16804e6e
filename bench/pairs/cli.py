"""`vidscout bench pairs`: question–answer pairs and preferences as JSON Lines, with how many were rejected."""

from pathlib import Path
from typing import Annotated

import typer

from ...agent.cli.common import ProgressBars, common_options
from ...graphs.events import Progress
from ...tools.errors import UsageError
from .bootstrap import Made

pairs_app = typer.Typer(help="Question–answer pairs and preferences, made from videos.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="The file to write, JSON Lines.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]


@pairs_app.callback()
def pairs() -> None:
    """Question–answer pairs and preferences, made from videos."""


@pairs_app.command("bootstrap")
def bootstrap_command(
    context: typer.Context,
    clips: Annotated[Path, typer.Option("--clips", help='JSON Lines: {"video": …, "label": …}.')],
    out: Out,
    force: Force = False,
) -> None:
    """Ask about labelled clips, and keep the answers that hold the clip's label."""
    from .bootstrap import bootstrap
    from .bootstrap import clips as listed

    _check_free(out, force)
    known = listed(clips)
    with common_options(context).scout() as scout, ProgressBars() as bars:
        made = bootstrap(known, scout, out, lambda done, all: bars.show(Progress("", "asked", done, all, "")))
    _print(made, out)


@pairs_app.command("preferences")
def preferences_command(
    context: typer.Context,
    out: Out,
    videos: Annotated[list[str] | None, typer.Argument(help="Videos whose suggested questions are asked.")] = None,
    questions: Annotated[
        Path | None, typer.Option("--questions", help='JSON Lines: {"video": …, "question": …}.', show_default=False)
    ] = None,
    best_of: Annotated[int, typer.Option("--best-of", min=2, max=16, help="Answers to each question.")] = 4,
    force: Force = False,
) -> None:
    """Write several answers to each question, and keep the best and the worst where the evidence tells them apart."""
    from .preferences import preferences, suggested
    from .preferences import questions as listed

    _check_free(out, force)
    if bool(videos) == (questions is not None):
        raise UsageError("give either videos or --questions")
    with common_options(context).scout(best_of=best_of) as scout, ProgressBars() as bars:
        posed = listed(questions) if questions is not None else suggested(scout, videos or [])
        made = preferences(posed, scout, out, lambda done, all: bars.show(Progress("", "asked", done, all, "")))
    _print(made, out)


def _check_free(out: Path, force: bool) -> None:
    if out.exists() and not force:
        raise UsageError(f"{out} is there already; write over it with --force")


def _print(made: Made, out: Path) -> None:
    print(f"{out}: {made.kept} of {made.asked} kept, {made.rejection:.0%} rejected")
    for why, count in sorted(made.rejected.items()):
        print(f"  {why}: {count}")
