"""How a question becomes an answer. Read this file beside the picture in the README.

START ─► plan ─► gather (one branch a modality) ─► select ─► find_objects ─► answer_from_records ─┐
          ▲                                                                                       │
          │      ┌────────────────────────────────────────────────────────────────────────────────┤
          │      ├─► pack ─┬─► (think) ─► respond ─► (correct) ─► verify ◄────────────────────────┘
          │      │         └──────────────►   ▲                    │ │   (the records tell, or nothing was found)
          │      └─► (summarise) ─────────────┘                    │ └─► remember ─► END
          ├── other words, while rounds are left ◄─────────────────┤
          └── observe: a part decoded anew, to find_objects ◄──────┘

Where no branch could search, `select` leads to `unsearched`, which says so. A step that fails is a note, and something
simpler stands in for it (`nodes/instead.py`).
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from ..guarded import guarded
from .nodes.answer_from_records import answer_from_records, answerable, would_see
from .nodes.correct import correct
from .nodes.find_objects import find_objects
from .nodes.gather import RETRY, gather
from .nodes.instead import GUARDS, found_or_unsearched, unsearched
from .nodes.observe import may_observe, observe
from .nodes.pack import pack
from .nodes.plan import plan
from .nodes.respond import respond
from .nodes.select import select
from .nodes.summarise import summarise
from .nodes.think import think
from .nodes.verify import remember, verify
from .state import Answering, AnswerState, Retrieval

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

    Compiled = CompiledStateGraph[AnswerState, Answering, AnswerState, AnswerState]


def one_branch_a_request(state: AnswerState) -> list[Send]:
    """A branch for each request of the plan."""
    return [Send("gather", request) for request in state.plan.requests] if state.plan else []


def told_or_prompt(state: AnswerState, runtime: Runtime[Answering]) -> str:
    """What the records tell by themselves needs no prompt and no model; nor does what nothing can show."""
    hopeless = not answerable(state) and not would_see(state, runtime.context)
    if state.cited or state.abstained or (not state.options and hopeless):
        return "verify"
    return "summarise" if runtime.context.route.summarises else "pack"


def think_or_respond(state: AnswerState, runtime: Runtime[Answering]) -> str:
    """Whether evidence is written down before the answer."""
    return "think" if runtime.context.route.thinks else "respond"


def correct_or_verify(state: AnswerState, runtime: Runtime[Answering]) -> str:
    """Whether sentences that nothing supports are written anew."""
    return "correct" if runtime.context.corrects and state.sentences else "verify"


def settled_or_look_again(state: AnswerState, runtime: Runtime[Answering]) -> str:
    """The end where the answer is supported or withdrawn; otherwise a closer look, and where none is left other
    words."""
    if state.supported or state.abstained:
        return "remember"
    return "observe" if may_observe(state, runtime.context) else "plan"


def build() -> "StateGraph[AnswerState, Answering, AnswerState, AnswerState]":
    """The graph, not yet compiled: a question in, an answer with its evidence out."""
    graph = StateGraph(AnswerState, context_schema=Answering)
    graph.add_node("plan", guarded("plan", plan))
    graph.add_node("gather", gather, input_schema=Retrieval, retry_policy=RETRY)
    graph.add_node("select", guarded("select", select, *GUARDS["select"]), defer=True)  # waits for every branch
    graph.add_node("unsearched", unsearched)
    for node in (find_objects, answer_from_records, pack, summarise, think, respond, correct, verify, observe):
        graph.add_node(node.__name__, guarded(node.__name__, node, *GUARDS[node.__name__]))
    graph.add_node("remember", remember)

    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", one_branch_a_request, ["gather"])
    graph.add_edge("gather", "select")
    graph.add_conditional_edges("select", found_or_unsearched, ["find_objects", "unsearched"])
    graph.add_edge("unsearched", "remember")
    graph.add_edge("find_objects", "answer_from_records")
    graph.add_conditional_edges("answer_from_records", told_or_prompt, ["pack", "summarise", "verify"])
    graph.add_conditional_edges("pack", think_or_respond, ["think", "respond"])
    graph.add_edge("summarise", "respond")
    graph.add_edge("think", "respond")
    graph.add_conditional_edges("respond", correct_or_verify, ["correct", "verify"])
    graph.add_edge("correct", "verify")
    graph.add_conditional_edges("verify", settled_or_look_again, ["plan", "observe", "remember"])
    graph.add_edge("observe", "find_objects")
    graph.add_edge("remember", END)
    return graph


def compiled(checkpointer: "BaseCheckpointSaver[Any] | None" = None) -> "Compiled":
    """The graph ready to run, for any number of threads; a process compiles it once (15 to 80 ms).

    Args:
        checkpointer: where the states of a conversation are kept; it is put into a shallow copy.
    """
    graph = _compiled()
    return graph if checkpointer is None else graph.copy({"checkpointer": checkpointer})


@cache
def _compiled() -> "Compiled":
    return build().compile()
