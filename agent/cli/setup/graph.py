"""`vidscout graph`: the picture of a graph, drawn from the compiled graph itself."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from ..common import common_options


class Drawn(StrEnum):
    """Graphs that can be drawn."""

    answer = "answer"
    ingest = "ingest"
    ground = "ground"


def graph(context: typer.Context, name: Annotated[Drawn, typer.Argument(help="Which graph.")] = Drawn.answer) -> None:
    """Print a graph as Mermaid text; the one that reads videos has the profile's stages."""
    if name is Drawn.ingest:
        built = _ingest(common_options(context).profile)
    else:
        built = _answer() if name is Drawn.answer else _ground()
    print(built.compile().get_graph().draw_mermaid())


def _answer() -> Any:
    from ....graphs.answer.graph import build

    return build()


def _ground() -> Any:
    from ....graphs.ground.graph import build

    return build()


def _ingest(profile_name: str | None) -> Any:
    from ....graphs.ingest.graph import build
    from ....graphs.ingest.stage import Parts, Sampling
    from ....graphs.ingest.stages import build as build_stages
    from ...profiles.profile import build as build_role
    from ...profiles.profile import profile
    from ...settings import load

    settings = load(profile=profile_name)
    chosen = profile(settings.profile, settings.profiles)

    def optional(role: str) -> Any:
        return build_role(chosen, role) if role in chosen.roles else None

    return build(build_stages(Parts(lambda role: build_role(chosen, role), optional, Sampling(), chosen.stages)))
