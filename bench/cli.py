"""`vidscout bench`: make needle sets, and run pipelines over them or over public sets."""

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ..agent.cli.common import ProgressBars, common_options
from ..graphs.events import Progress
from ..tools.runtime.cores import cores
from .grounding.cli import captions, ground, retrieve
from .measure.device.latency import latency
from .moments.cli import moments_app
from .pairs.cli import pairs_app
from .questions.cli import questions_app
from .telling.cli import due, events

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
app.add_typer(pairs_app, name="pairs")
app.command()(ground)
app.command()(captions)
app.command()(retrieve)
app.command()(events)
app.command()(due)
app.command()(latency)


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
    wordings: Annotated[
        str, typer.Option("--wordings", help="first, or second: the same questions put in other words, to report on.")
    ] = "first",
) -> None:
    """Hide needles in real videos, and write the questions about them. A set that was begun is finished."""
    from .needles.make import make

    with ProgressBars() as bars:
        made = make(haystack, length, seed, out, size, photos, _shown(bars, "pieces"), wordings)
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
    subtitles: Annotated[
        bool, typer.Option("--subtitles", help="Give pipelines the set's own subtitles; the index is then OUT/home.")
    ] = False,
    parallel: Annotated[
        int, typer.Option("--parallel", min=1, max=256, help="Questions at once, where a server answers them.")
    ] = 1,
    references: Annotated[
        bool, typer.Option("--references/--no-references", help="Also run text-only and frames-only.")
    ] = True,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out questions whose video is missing.")] = False,
) -> None:
    """Ask every question through each pipeline, and write results.jsonl, report.md and report.png."""
    from .run import load as sets
    from .run.whole import whole_run

    questions = [question for question in sets.load(folder, kind, partial=partial) if question.turn < tries]
    if limit is not None:
        questions = sets.first_of_each_type(questions, limit)
    common = common_options(context)
    if subtitles:  # what was read with a set's subtitles is no index for questions without them
        common = replace(common, home=out / "home")
    with common.scout() as scout, ProgressBars() as bars:
        machine = f"{platform.machine()}, {cores()} cores, profile {scout.profile.name}"
        title = f"{folder.name}: {len(questions)} questions ({machine})"
        shown = _shown(bars, "questions")
        options: dict[str, Any] = {"subtitles": subtitles, "at_once": parallel, "references": references}
        path, table = whole_run(questions, pipeline, scout, out, title, shown, **options)
    print(table)
    print(f"\n{path}")


@app.command()
def judge(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Folder of a run with open questions.")],
    predictions: Annotated[
        bool, typer.Option("--predictions", help="Only write what the authors' scripts of VCGBench-Diverse read.")
    ] = False,
) -> None:
    """Have the profile's answerer grade open answers against the reference answers, and write the report anew."""
    from .run.whole import graded_run, write_predictions

    if predictions:
        for path in write_predictions(out):
            print(path)
        return
    with common_options(context).scout() as scout, ProgressBars() as bars:
        shown = _shown(bars, "grades")
        path = graded_run(out, scout.role("answerer"), lambda done, total: shown("judge", done, total))
    print(path)


@app.command("make-textvideo")
def make_textvideo(
    text: Annotated[Path, typer.Option("--text", help="A long text, UTF-8.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the set.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed and text give the same questions.")],
    questions: Annotated[int, typer.Option("--questions", min=1, help="At most so many.")] = 40,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=60, help="How long each page stands.")] = 3.0,
) -> None:
    """Turn a text into a video of a page a picture, with questions about it, for `bench run --set OUT`."""
    from .textvideo.make import make

    made = make(text, out, seed, questions, seconds)
    print(f"{made.folder}: {made.questions} questions about {made.pages} pages ({made.seconds:.0f} s of video)")


def _shown(bars: ProgressBars, unit: str) -> Callable[[str, float, float], None]:
    """What draws a bar a stage or pipeline: how much is done, of how much."""
    return lambda stage, done, total: bars.show(Progress("", stage, done, total, unit))
