"""How the stretches are found in which something holds. Read this file beside the picture:

    START ─► understand ─► search (a branch a video) ─► choose ─► END

`understand` tells which stretches are wanted and by which sense, `search` scores every sentence, text on screen, sound,
object and frame, joins those that hold and looks for their edges in the file, and `choose` keeps what is wanted, best
first, or nothing.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from ...tools.errors import CancelledError
from ...tools.records import Span
from ..events import Update, timed
from . import asks, decide, edges, look, pieces, stretches
from .asks import Sense
from .state import Grounding, GroundState, Search, Sought, Stretch

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    Compiled = CompiledStateGraph[GroundState, Grounding, GroundState, GroundState]

_QUOTED = re.compile(r"“([^”]{2,})”|\"([^\"]{2,})\"|«\s*([^»]{2,}?)\s*»|„([^“”]{2,})[“”]|「([^」]+)」|《([^》]+)》")


@timed("understand")
def understand(state: GroundState, runtime: Runtime[Grounding]) -> Update:
    """Which stretches the query wants, by which sense, and what it is about."""
    within = None
    if state.time_range is not None:
        longest = max(state.durations.values(), default=state.time_range[1])
        within = Span(state.time_range[0], min(state.time_range[1], max(longest, state.time_range[0])))
    return {"sought": understood(state.query, within, runtime.context)}


def understood(query: str, within: Span | None, grounding: Grounding) -> Sought:
    """A query as it is understood, by its words and its embedding."""
    quoted = tuple(next(filter(None, found)) for found in _QUOTED.findall(query))
    topic = asks.topic_of(query)
    which, sense = (
        np.stack([grounding.vector(text) for text in asks.wordings(table, query)]) for table in ("which", "sense")
    )
    source = grounding.source
    return Sought(query, topic, quoted, asks.which(which, source), asks.sense(sense, source), within)


def one_branch_a_video(state: GroundState) -> list[Send]:
    """A branch for each video."""
    assert state.sought is not None
    return [Send("search", Search(video, state.durations[video], state.sought)) for video in state.videos]


@timed("search")
def search(state: Search, runtime: Runtime[Grounding]) -> Update:
    """Where it holds in one video."""
    grounding, sought = runtime.context, state.sought
    if grounding.stop.is_set():
        raise CancelledError("the search was given up")
    found: list[Stretch] = []
    for group in pieces.near(state.video, sought, grounding):
        scored = decide.decided(group, sought)
        found += stretches.adjoining(
            state.video, scored, [piece.probability >= decide.holds_from() for piece in scored]
        )
    if sought.sense in (None, Sense.SHOWN) and not sought.quoted:
        for scored in (
            look.objects(state.video, sought, grounding),
            look.frames(state.video, state.duration, sought, grounding),
        ):
            holds = [piece.probability >= decide.holds_from("frames") for piece in scored]
            found += stretches.adjoining(state.video, scored, holds)
    found = edges.refined(found, _file(state.video, grounding), grounding.every, state.duration)
    if sought.within is not None:
        found = [one for one in found if one.span.overlaps(sought.within)]
    return {"found": stretches.together(found)}


def _file(video: str, grounding: Grounding) -> Path | None:
    """The file of a video, where it is still there."""
    known = grounding.index.library.get(video)
    return known.path if known is not None and known.path.is_file() else None


@timed("choose")
def choose(state: GroundState, runtime: Runtime[Grounding]) -> Update:
    """The stretches that are wanted, best first; of equals the earlier."""
    assert state.sought is not None
    chosen: list[Stretch] = []
    for video in state.videos:
        mine = sorted((one for one in state.found if one.video == video), key=lambda one: one.span)
        whole = state.sought.within or Span(0.0, state.durations[video])
        chosen += stretches.wanted(state.sought.which, mine, video, whole)
    order = {video: number for number, video in enumerate(state.videos)}
    return {"stretches": sorted(chosen, key=lambda one: (-round(one.score, 3), order[one.video], one.span))}


def build() -> "StateGraph[GroundState, Grounding, GroundState, GroundState]":
    """The graph, not yet compiled: a query in, stretches with what they were found by out."""
    graph = StateGraph(GroundState, context_schema=Grounding)
    graph.add_node("understand", understand)
    graph.add_node("search", search, input_schema=Search)
    graph.add_node("choose", choose, defer=True)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", one_branch_a_video, ["search"])
    graph.add_edge("search", "choose")
    graph.add_edge("choose", END)
    return graph


@cache
def compiled() -> "Compiled":
    """The graph ready to run, for any number of threads."""
    return build().compile()
