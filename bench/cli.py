"""`vidscout bench`: make needle sets, and run pipelines over them or over public sets."""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..agent.cli.common import ProgressBars, common_options
from ..graphs.events import Progress
from ..tools.runtime.cores import cores
from .grounding.cli import ground
from .moments.cli import moments_app
from .questions.cli import questions_app

app = typer.Typer(
    name="bench",
    help="Make needle sets, and measure pipelines on them or on public sets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
needles_app = typer.Typer(help="Needle sets: what must be found in long real videos.", no_args_is_help=True)
app.add_typer(needles_app, name="needles")
app.add_typer(questions_app, name="questions")
app.add_typer(moments_app, name="moments")
app.command()(ground)


@app.callback()
def bench() -> None:
    """Make needle sets, and measure pipelines on them or on public sets."""


@needles_app.callback()
def needles() -> None:
    """Needle sets: what must be found in long real videos."""


@needles_app.command("make")
def needles_make(
    haystack: Annotated[list[Path], typer.Option("--haystack", help="A real video; give it once for each.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the set.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same questions.")],
    length: Annotated[str, typer.Option("--length", help="Of each video: 60s, 10m, 60m.")] = "10m",
    size: Annotated[str, typer.Option("--size", help="small: 15 questions a type; full: 60.")] = "small",
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Your own photos as LABEL/NAME.jpg.", show_default=False)
    ] = None,
) -> None:
    """Hide needles in real videos, and write the questions about them. A set that was begun is finished."""
    from .needles.make import make

    with ProgressBars() as bars:
        made = make(haystack, length, seed, out, size, photos, _shown(bars, "pieces"))
    print(f"{made.folder}: {made.questions} questions in {made.videos} videos, made in {made.seconds:.0f} s")
    for type, count in made.short.items():
        print(f"{type}: only {count} questions, since no photo is used twice; bring more with --photos")


@app.command()
def run(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--set", help="A needle set, or your copy of a public set.")],
    pipeline: Annotated[list[str], typer.Option("--pipeline", help="What to measure; give it once for each.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the results; an interrupted run goes on there.")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="Which set it is, when its files do not tell.", show_default=False)
    ] = None,
    tries: Annotated[int, typer.Option("--tries", min=1, max=4, help="Rotations of the options that are asked.")] = 4,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only so many questions of each type.", show_default=False)
    ] = None,
    subtitles: Annotated[bool, typer.Option("--subtitles", help="Give pipelines the set's own subtitles.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out questions whose video is missing.")] = False,
) -> None:
    """Ask every question through each pipeline, and write results.jsonl, report.md and report.png."""
    from .pipelines.registry import build
    from .run import load as sets
    from .run import report
    from .run.figures import split
    from .run.runner import run as ask_all

    questions = [question for question in sets.load(folder, kind, partial=partial) if question.turn < tries]
    if limit is not None:
        questions = sets.first_of_each_type(questions, limit)
    with common_options(context).scout() as scout, ProgressBars() as bars:
        pipelines = [build(name, scout) for name in dict.fromkeys(pipeline)]
        lines = ask_all(questions, pipelines, out, _shown(bars, "questions"), subtitles=subtitles)
        machine = f"{platform.machine()}, {cores()} cores, profile {scout.profile.name}"
    path = report.write(lines, out, f"{folder.name}: {len(questions)} questions ({machine})")
    print(report.overall(split(lines, lambda line: line["pipeline"])))
    print(f"\n{path}")


def _shown(bars: ProgressBars, unit: str) -> Callable[[str, float, float], None]:
    """What draws a bar a stage or pipeline: how much is done, of how much."""
    return lambda stage, done, total: bars.show(Progress("", stage, done, total, unit))
