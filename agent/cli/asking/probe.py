"""`vidscout probe`, `vidscout suggest`: which side of the evidence fails a question, and what may be asked."""

from dataclasses import asdict
from typing import Annotated

import typer

from ....tools.records import clock
from ..common import common_options, print_json
from ..interrupts import interruptible


def probe(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="A choice; give it once for each.", show_default=False)
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", help="The right answer, where it is known.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask a question from words alone and from frames alone, and tell which side fails it."""
    with common_options(context).scout() as scout, interruptible():
        probed = scout.probe(video, question, option, answer)
    if json:
        print_json(probed.as_dict())
        return
    print(f"from words:  {probed.text.text}\nfrom frames: {probed.frames.text}")
    print(f"fails: {probed.fails} ({probed.why})")


def suggest(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video that has been read: its file, id or name.")],
    checked: Annotated[bool, typer.Option("--checked", help="Only those that hold when they are asked.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List questions that a video can answer."""
    with common_options(context).scout() as scout, interruptible():
        made = scout.suggest(video, checked=checked)
    if json:
        print_json({"suggestions": [asdict(one) for one in made]})
        return
    for one in made:
        print(f"{clock(one.start)}  {one.question}")
