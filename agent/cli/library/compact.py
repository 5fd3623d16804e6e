"""`vidscout compact`: fewer kept frames of a video, and what is still found by them."""

from dataclasses import asdict
from typing import Annotated

import typer

from ..common import common_options, print_json
from ..interrupts import interruptible


def compact(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video that has been read: its file, id or name.")],
    keep: Annotated[float, typer.Option("--keep", help="Share of the kept frames that stays.")] = 0.25,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be found; remove nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Keep only the frames that stand for the others, and tell what is found before and after."""
    with common_options(context).scout() as scout, interruptible():
        made = scout.compact(video, keep, dry_run=dry_run)
    if json:
        print_json(asdict(made))
        return
    print(f"{made.after} of {made.before} frames {'kept' if made.written else 'would be kept'}")
    if made.recall_before is not None and made.recall_after is not None:
        print(f"recall at 8 over {made.queries} queries: {made.recall_before:.1%}, then {made.recall_after:.1%}")
