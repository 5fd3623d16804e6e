"""`vidscout people`: who speaks in a video, and what they are called."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ...tools.records import clock
from .common import Common, print_json

SHOWN = 4
"""Stretches that are printed of each speaker."""


class _OrVideo(TyperGroup):
    """A first argument that is no subcommand is a video: `vidscout people meeting.mp4`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help"}):
            args = ["list", *args]
        return super().parse_args(ctx, args)


people_app = typer.Typer(
    cls=_OrVideo,
    help="Who speaks in a video, and what they are called: `vidscout people VIDEO` lists them.",
    subcommand_metavar="VIDEO | name | merge | forget",
)

Who = Annotated[str, typer.Argument(help="As `vidscout people VIDEO` names him, as in 'Speaker 2'.")]
Video = Annotated[str, typer.Argument(help="A video that has been read: file, id or name.")]


@people_app.command("list")
def list_(
    context: typer.Context,
    video: Annotated[
        str | None, typer.Argument(help="A video that has been read; by default every one.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List who speaks, how long and when."""
    with _options(context).scout() as scout:
        listed = scout.people.list(video)
        names = {known.id: known.name for known in scout.videos()}
    if json:
        print_json(listed.as_dict())
        return
    for speaker in listed.speakers:
        times = ", ".join(f"{clock(start)}–{clock(end)}" for start, end in speaker.spans[:SHOWN])
        more = " …" if len(speaker.spans) > SHOWN else ""
        where = f"  {names.get(speaker.video, speaker.video[:12])}" if speaker.video else ""
        print(f"{speaker.name:<20} {clock(speaker.seconds):>8}{where}  {times}{more}")
    if not listed.speakers:
        print("nobody is heard to speak", file=sys.stderr)


@people_app.command("name")
def name(
    context: typer.Context, who: Who, name: Annotated[str, typer.Argument(help="What he is called.")], video: Video
) -> None:
    """Say what a speaker is called; who has that name already is the same person from then on."""
    with _options(context).scout() as scout:
        scout.people.name(who, name, video)
    print(f"{who} is {name}", file=sys.stderr)


@people_app.command("merge")
def merge(
    context: typer.Context, who: Who, into: Annotated[str, typer.Argument(help="The same person.")], video: Video
) -> None:
    """Say that two speakers are one person, who is then called like the second."""
    with _options(context).scout() as scout:
        scout.people.merge(who, into, video)
    print(f"{who} is {into}", file=sys.stderr)


@people_app.command("forget")
def forget(context: typer.Context, who: Who, video: Video) -> None:
    """Take a name back; those who were merged by it are apart again."""
    with _options(context).scout() as scout:
        scout.people.forget(who, video)
    print(f"forgot who {who} is", file=sys.stderr)


def _options(context: typer.Context) -> Common:
    """The options before the command, from inside a subcommand."""
    found = context.find_object(Common)
    assert found is not None
    return found
