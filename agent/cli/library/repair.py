"""`vidscout repair`: vectors that were damaged, made again."""

import sys
from typing import Annotated

import typer

from ..common import ProgressBars, common_options, print_json
from ..interrupts import interruptible


def repair(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Look at every vector that was kept, and make again what Chroma has lost or cannot read any more."""
    with common_options(context).scout() as scout, interruptible(), ProgressBars() as bars:
        repaired = scout.repair(bars.show)
        names = {video.id: video.name for video in scout.videos()}
    if json:
        from dataclasses import asdict

        print_json({"repaired": [asdict(one) for one in repaired]})
        return
    for one in repaired:
        lost = f"; {one.lost} were lost: `vidscout ingest {names.get(one.video, one.video)}`" if one.lost else ""
        print(f"{names.get(one.video, one.video)}: {one.again} vectors of {one.collection} made again{lost}")
    if not repaired:
        print("nothing was damaged", file=sys.stderr)
