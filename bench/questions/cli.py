"""`vidscout bench questions`: make a set of recordings with questions, ask them, and add up the answers."""

from pathlib import Path
from typing import Annotated

import typer

from ...agent.cli.common import ProgressBars, common_options
from ...graphs.events import Progress
from ...tools.errors import UsageError
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
    from .recording import load_half

    recordings = load_half(half)
    if only:
        if unknown := set(only) - {recording.name for recording in recordings}:
            names = ", ".join(recording.name for recording in recordings)
            raise UsageError(f"no recording {min(unknown)!r}; there are {names}")
        recordings = [recording for recording in recordings if recording.name in only]
    with ProgressBars() as bars:
        made = make(recordings, half, out, lambda name, done, total: bars.show(Progress("", name, done, total, "")))
    for name, seconds in made.seconds.items():
        print(f"{name}: {seconds:.1f} s")
    print(f"{made.folder}: {made.questions} questions in {made.videos} videos")


@questions_app.command("run")
def questions_run(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--set", help="Folder of a set that was made.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the answers; an interrupted run goes on there.")],
    profile: Annotated[str | None, typer.Option("--profile", help="As before the command.", show_default=False)] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="A kind of question; give it once for each.", show_default=False),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only so many questions of each kind.", show_default=False)
    ] = None,
) -> None:
    """Read the videos of a set, ask its questions, and write results.jsonl. Nothing is read or asked twice."""
    from ...agent.scout import VideoScout
    from .report import table
    from .run import HOME, Scout, run

    with VideoScout(profile or common_options(context).profile, out / HOME) as scout, ProgressBars() as bars:
        lines = run(
            folder,
            Scout(scout),
            out,
            lambda what, done, total: bars.show(Progress("", what, done, total, "")),
            profile=scout.profile.name,
            kinds=only or (),
            limit=limit,
        )
    print(table(lines))


@questions_app.command("report")
def questions_report(
    out: Annotated[Path, typer.Argument(help="Folder of a run.")],
    failures: Annotated[
        bool, typer.Option("--failures", help="Print what was not answered rightly; the development half only.")
    ] = False,
) -> None:
    """Tell what the answers of a run add up to, by kind and language."""
    from . import report

    about, lines = report.load(out)
    if failures and about["half"] != Half.development:
        raise UsageError("the failures of the report half are not shown: nobody is to work with them in view")
    print(report.failures(lines) if failures else report.table(lines))
