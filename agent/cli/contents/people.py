"""`vidscout people`: whose face is seen and who speaks in a video, and what they are called."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ....tools.records import clock
from ..common import Common, print_json

SHOWN = 4
"""Stretches that are printed of each person."""


class _OrVideo(TyperGroup):
    """A first argument that is no subcommand is a video: `vidscout people meeting.mp4`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help"}):
            args = ["list", *args]
        return super().parse_args(ctx, args)


people_app = typer.Typer(
    cls=_OrVideo,
    help="Whose face is seen and who speaks in a video: `vidscout people VIDEO` lists them.",
    subcommand_metavar="VIDEO | add | name | merge | forget",
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
    """List whose face is seen and who speaks, for how long and when."""
    with _options(context).scout() as scout:
        listed = scout.people.list(video)
        names = {known.id: known.name for known in scout.videos()}
    if json:
        print_json(listed.as_dict())
        return
    for what, there in (("seen", listed.people), ("speaks", listed.speakers)):
        for one in there:
            times = ", ".join(f"{clock(start)}–{clock(end)}" for start, end in one.spans[:SHOWN])
            more = " …" if len(one.spans) > SHOWN else ""
            where = f"  {names.get(one.video, one.video[:12])}" if one.video else ""
            print(f"{one.name:<20} {what:<6} {clock(one.seconds):>8}{where}  {times}{more}")
    if not (listed.people or listed.speakers):
        print("nobody is seen or heard to speak", file=sys.stderr)


@people_app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What he is called.")],
    file: Annotated[str, typer.Argument(help="A picture or a clip of him alone.")],
) -> None:
    """Show somebody: whose face is like his in any video is called so. This is biometric data, kept in the home."""
    with _options(context).scout() as scout:
        scout.people.add(name, file)
    print(f"{name} was shown", file=sys.stderr)


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
def forget(
    context: typer.Context,
    who: Who,
    video: Annotated[
        str | None, typer.Argument(help="Where he is called so; without, what he looks like.", show_default=False)
    ] = None,
) -> None:
    """Take a name back, or without a video forget what somebody looks like who was shown."""
    with _options(context).scout() as scout:
        scout.people.forget(who, video)
    print(f"forgot who {who} is", file=sys.stderr)


def _options(context: typer.Context) -> Common:
    """The options before the command, from inside a subcommand."""
    found = context.find_object(Common)
    assert found is not None
    return found
