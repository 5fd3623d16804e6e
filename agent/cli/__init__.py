"""The command line. Each command is a thin layer over `VideoScout`; heavy libraries load inside the commands."""

import io
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ... import __version__
from .asking.ask import ask
from .asking.estimate import estimate
from .asking.probe import probe, suggest
from .asking.remember import recall, remember
from .common import Common, reported
from .contents.describe import describe
from .contents.detect import detect_app
from .contents.export import export
from .contents.moments import clip, ground, highlights
from .contents.people import people_app
from .contents.quality import quality
from .interrupts import whole_program
from .library.compact import compact
from .library.repair import repair
from .library.videos import forget, ingest, search, videos
from .library.watch import watch
from .serving.api import api
from .serving.mcp import mcp
from .serving.serve import serve
from .setup.doctor import doctor
from .setup.graph import graph
from .setup.models import models_app

app = typer.Typer(
    name="vidscout",
    help="Answers questions about long videos, and shows when in the video the answer is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"vidscout {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(envvar="VIDSCOUT_HOME", help="Folder of the index.", show_default="user data folder")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(envvar="VIDSCOUT_PROFILE", help="Which models play the roles.", show_default="auto")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Answers questions about long videos, and shows when in the video the answer is."""
    context.obj = Common(home, profile)


app.command()(ingest)
app.command()(ask)
app.command()(describe)
app.command()(export)
app.command()(search)
app.command()(ground)
app.command()(highlights)
app.command()(clip)
app.command()(videos)
app.command()(forget)
app.command()(repair)
app.command()(compact)
app.command()(quality)
app.command()(probe)
app.command()(suggest)
app.command()(estimate)
app.command()(remember)
app.command()(recall)
app.command()(doctor)
app.command()(graph)
app.command()(watch)
app.command()(serve)
app.command()(api)
app.command()(mcp)


def from_the_floor_above(name: str, module: str, about: str) -> None:
    """Attach a command that lives above this floor: it is imported, by name, when it is called."""

    def call(context: typer.Context) -> None:
        from typer.main import get_command

        command = get_command(import_module(module, __package__).app)
        command.main(args=context.args, prog_name=f"vidscout {name}", obj=context.obj, standalone_mode=False)

    rest = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(name, help=about, add_help_option=False, context_settings=rest)(call)


from_the_floor_above("web", "...web.cli", "Watch, ask and click through videos in a browser.")
from_the_floor_above("bench", "...bench.cli", "Make needle sets, and measure pipelines on them or on public sets.")
app.add_typer(detect_app, name="detect")
app.add_typer(people_app, name="people")
app.add_typer(models_app, name="models")


def main() -> None:
    """Entry point of the `vidscout` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that a terminal's encoding lacks is no reason to say nothing
            stream.reconfigure(errors="backslashreplace")
    with whole_program(), reported():
        app()
