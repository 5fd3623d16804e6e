"""How a video is described.

START ─► gather ─► divide ─┬─► digest (one branch a chapter) ─► assemble ─► END
                           └─► (chapters, captions) ──────────────▲

`divide` makes the chapters; `digest` makes what one chapter gives: sentences, notes or a scene; `assemble` puts the
parts in order and, where a model writes, summarises summaries until few enough are left.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from ..events import Update, timed
from .brief import divided, key_of, rows_of
from .digest import assemble, digest
from .extract import Spoken
from .material import gather as gathered
from .results import Chapter, Style
from .roles import scores
from .sizes import budgets
from .state import DescribeState, Describing, Part

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    Compiled = CompiledStateGraph[DescribeState, Describing, DescribeState, DescribeState]

WHOLE = (Style.CHAPTERS, Style.CAPTIONS)
"""Styles that are not made chapter by chapter."""


@timed("gather")
def gather(state: DescribeState, runtime: Runtime[Describing]) -> Update:
    """The findings of the stretch; captions read theirs by themselves."""
    context = runtime.context
    context.goes_on()
    if state.style is Style.CAPTIONS:
        return {}
    material = gathered(context.index, state.video, state.span, context.text_embedding.run)
    return {"material": material, "remarks": list(material.remarks)}


@timed("divide")
def divide(state: DescribeState, runtime: Runtime[Describing]) -> Update:
    """The chapters: what an earlier description of the same stretch kept, the file's own, or topics."""
    context, material = runtime.context, state.material
    context.goes_on()
    if material is None:
        return {}
    key = key_of(state.span)
    if (kept := context.stored(key, list[Chapter])) is not None:
        return {"chapters": kept}
    made = divided(context.index, state.video, material, context.text_embedding)
    context.store(key, list[Chapter], made)
    return {"chapters": made}


def one_branch_a_chapter(state: DescribeState, runtime: Runtime[Describing]) -> list[Send] | str:
    """A branch for each chapter, with what is said in it; none where the style needs none."""
    material = state.material
    if state.style in WHOLE or material is None:
        return "assemble"
    told = scores(material.vectors, runtime.context.text_embedding.source)
    spoken = Spoken(material.passages, material.vectors, told)
    rows = [rows_of(spoken, chapter) for chapter in state.chapters]
    sizes = budgets(state.chapters, [bool(one) for one in rows], state.length, runtime.context.writer is not None)
    parts = [
        Part(state.video, number, len(rows), chapter, material, spoken.part(these), state.style, state.length, *size)
        for number, (chapter, these, size) in enumerate(zip(state.chapters, rows, sizes, strict=True))
    ]
    return [Send("digest", part) for part in parts] or "assemble"


def build() -> "StateGraph[DescribeState, Describing, DescribeState, DescribeState]":
    """The graph, not yet compiled: a video that has been read in, its description out."""
    graph: Any = StateGraph(DescribeState, context_schema=Describing)
    graph.add_node("gather", gather)
    graph.add_node("divide", divide)
    graph.add_node("digest", digest, input_schema=Part)
    graph.add_node("assemble", assemble, defer=True)  # waits for every branch
    graph.add_edge(START, "gather")
    graph.add_edge("gather", "divide")
    graph.add_conditional_edges("divide", one_branch_a_chapter, ["digest", "assemble"])
    graph.add_edge("digest", "assemble")
    graph.add_edge("assemble", END)
    return graph


@cache
def compiled() -> "Compiled":
    """The graph ready to run, for any number of threads."""
    return build().compile()
