"""`vidscout bench events` and `vidscout bench due`: public sets that a judge grades."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ...agent.cli.common import ProgressBars, common_options
from ...graphs.events import Progress

Folder = Annotated[Path, typer.Option("--set", help="Your copy of the public set.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of the results; an interrupted run goes on there.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only so many.", show_default=False)]
Partial = Annotated[bool, typer.Option("--partial", help="Leave out what has no video.")]


def events(context: typer.Context, folder: Folder, out: Out, limit: Limit = None, partial: Partial = False) -> None:
    """Caption the clips of DREAM-1K, and print how well the captions tell the events, as the profile's judge says."""
    from .events import load, run
    from .judged import Judge

    clips = load(folder, partial)[:limit]
    with common_options(context).scout() as scout, ProgressBars() as bars:
        judge = Judge(scout.role("judge"))
        scores = run(clips, scout, judge, out, lambda what, n, of: bars.show(Progress("", what, n, of, "clips")))
    _print(scores, judge.unread)


def due(context: typer.Context, folder: Folder, out: Out, limit: Limit = None, partial: Partial = False) -> None:
    """Answer MAGQA's questions while their answers are due, and print the score that the profile's judge gives."""
    from .due import load, run
    from .judged import Judge

    asked = load(folder, partial)[:limit]
    with common_options(context).scout() as scout, ProgressBars() as bars:
        judge = Judge(scout.role("judge"))
        scores = run(asked, scout, judge, out, lambda what, n, of: bars.show(Progress("", what, n, of, "questions")))
    _print(scores, judge.unread)


def _print(scores: Mapping[str, float], unread: int) -> None:
    for name, value in scores.items():
        print(f"{name:<14} {value:6.3f}")
    if unread:
        print(f"{unread} of the judge's replies could not be read")
