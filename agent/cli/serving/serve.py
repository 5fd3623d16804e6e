"""`vidscout serve`: the profile's tools on a Ray cluster, for any number of processes to use."""

import contextlib
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from ..common import common_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ....tools.serving.ray_serve import Deployed
    from ....tools.serving.replica import About


def serve(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of a Ray cluster, or `auto`.", show_default="a new one on this machine"),
    ] = None,
    replicas: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=N", help="How many copies of a tool.", show_default=False)
    ] = None,
    most: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=N", help="Copies at most, while calls need more.", show_default=False),
    ] = None,
    gpus: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=SHARE", help="What part of a GPU each copy gets, as 0.25.", show_default=False),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Most requests that are run together.")] = 8,
    queue: Annotated[
        int, typer.Option(min=1, max=100_000, help="Most requests that wait for a tool; more are told to come again.")
    ] = 128,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the tools on the cluster and return.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Take the tools off the cluster.")] = False,
) -> None:
    """Run the profile's tools on a Ray cluster; others use them with VIDSCOUT_SERVING=ADDRESS."""
    from ....tools.errors import UsageError
    from ...distributed.deployments import by_role, deployments
    from ...profiles.profile import profile
    from ...settings import load

    if address is None and (detach or stop):
        raise UsageError("--detach and --stop need --address: a cluster started here ends with this command")
    options = common_options(context)
    chosen = profile(load(profile=options.profile).profile)
    placed = partial(
        deployments,
        chosen,
        replicas=by_role(replicas or [], int),
        gpus=by_role(gpus or [], float),
        batch=batch,
        most=by_role(most or [], int),
        queue=queue,
    )
    placed(0)  # says what is wrong with them before a cluster is started
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # Ray prints there when a machine is busy; the address alone is ours
        _serve(address, placed, stop, detach, out)


def _serve(
    address: str | None, placed: "Callable[[float], list[Deployed]]", stop: bool, detach: bool, out: TextIO
) -> None:
    """Deploy the tools that are `placed` on so many GPUs, and say at which address; or take them off."""
    from ....tools.serving.ray_cluster import connect
    from ....tools.serving.ray_serve import deploy, withdraw

    done = threading.Event()
    at = connect(address)
    signal.signal(signal.SIGTERM, lambda *_: done.set())  # after Ray has set its own, which aborts
    import ray

    try:
        if stop:
            gone = withdraw()
            print(f"no longer served at {at}: {', '.join(gone) or 'nothing was'}", file=sys.stderr)
            return
        tools = placed(ray.cluster_resources().get("GPU", 0))
        _tell(tools, deploy(tools))
        print(f"VIDSCOUT_SERVING={at}", file=out, flush=True)
        if detach:
            return
        _wait(done)
        if address is not None:
            withdraw([tool.role for tool in tools])
    finally:
        ray.shutdown()


def _tell(tools: "list[Deployed]", known: "list[About]") -> None:
    for tool, one in zip(tools, known, strict=True):
        share = f", {tool.placement.gpus:g} of a GPU each" if tool.placement.gpus else ""
        upto = f" to {tool.placement.most}" if tool.placement.most else ""
        copies = f"{tool.placement.replicas}{upto} replica(s){share}"
        print(f"{tool.role:<16} {one.source:<40} {copies}", file=sys.stderr)


def _wait(done: threading.Event) -> None:
    print("serving; stop with Ctrl-C", file=sys.stderr)
    try:
        done.wait()
    except KeyboardInterrupt:
        print("stopping", file=sys.stderr)
