"""`vidscout graph`: the picture of a graph, drawn from the compiled graph itself."""

from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer


class Drawn(StrEnum):
    """Graphs that can be drawn."""

    answer = "answer"
    ingest = "ingest"


HOMES = {Drawn.answer: "...graphs.answer.graph", Drawn.ingest: "...graphs.ingest.graph"}


def graph(name: Annotated[Drawn, typer.Argument(help="Which graph.")] = Drawn.answer) -> None:
    """Print a graph as Mermaid text."""
    build = import_module(HOMES[name], __package__).build
    print(build().compile().get_graph().draw_mermaid())
