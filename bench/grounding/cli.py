"""`vidscout bench ground`: measure `ground` and `highlights` on a public set."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ...agent.cli.common import ProgressBars, common_options
from ...graphs.events import Progress


def ground(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--set", help="Your copy of a public set.")],
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help="qvhighlights, charades-sta, activitynet, timelens, extremewhen, omtg or cg-bench."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the results; an interrupted run goes on there.")],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only so many queries.", show_default=False)
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out queries whose video is missing.")] = False,
) -> None:
    """Find the stretches of a public set of time grounding, and print the scores of its authors."""
    from .run import run
    from .sets import load

    queries = load(folder, kind, partial)[:limit]
    with common_options(context).scout() as scout, ProgressBars() as bars:
        scores = run(
            queries, kind, scout, out, lambda what, done, total: bars.show(Progress("", what, done, total, "queries"))
        )
    for name, value in scores.items():
        print(f"{name:<14} {100 * value:6.2f}")


def captions(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--set", help="Your copy of a public set.")],
    kind: Annotated[str, typer.Option("--kind", help="activitynet or youcook2.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the results; an interrupted run goes on there.")],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only so many videos.", show_default=False)
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out videos that are missing.")] = False,
) -> None:
    """Caption the videos of a public set of dense captions, and print how well stretches and sentences fit."""
    from .dense import load, run
    from .soda import LACKING

    told = load(folder, kind, partial)[:limit]
    with common_options(context).scout() as scout, ProgressBars() as bars:
        scores = run(
            told, kind, scout, out, lambda what, done, total: bars.show(Progress("", what, done, total, "videos"))
        )
    for name, value in scores.items():
        print(f"{name:<14} {value:6.3f}")
    if "METEOR" not in scores:
        print(LACKING, file=sys.stderr)


def retrieve(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--set", help="Your copy of a public set.")],
    kind: Annotated[str, typer.Option("--kind", help="msrvtt or activitynet.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the results; an interrupted run goes on there.")],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only so many texts and their videos.", show_default=False)
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out videos that are missing.")] = False,
) -> None:
    """Search all videos of a public set for each text, and print how often its own is among the first."""
    from .retrieval import load, run

    pairs = load(folder, kind, partial)[:limit]
    with common_options(context).scout() as scout, ProgressBars() as bars:
        scores = run(pairs, scout, out, lambda what, done, total: bars.show(Progress("", what, done, total, "videos")))
    for name, value in scores.items():
        print(f"{name:<14} {value:6.3f}")
