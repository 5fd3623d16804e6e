"""How a question becomes an answer. Read this file beside the picture in the README.

START ─► plan ─► gather (one branch a modality) ─► select ─► read ─┬─► pack ─► respond ─┬─► verify ─► END
           ▲                          (the records tell, or nothing was found) └────────┘     │
           └────────────────── look again, while rounds are left ◄────────────────────────────┘
"""

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from .gather import gather
from .pack import pack
from .plan import plan
from .read import answerable, read
from .respond import respond
from .select import select
from .state import Answering, AnswerState, Request
from .verify import verify


def one_branch_a_request(state: AnswerState) -> list[Send]:
    return [Send("gather", request) for request in state.plan.requests] if state.plan else []


def told_or_prompt(state: AnswerState) -> str:
    """What the records tell by themselves needs no prompt and no model; nor does what was not found at all."""
    if state.cited or (not state.options and not answerable(state)):
        return "verify"
    return "pack"


def settled_or_look_again(state: AnswerState) -> str:
    return END if state.supported or state.abstained else "plan"


def build() -> "StateGraph[AnswerState, Answering, AnswerState, AnswerState]":
    graph = StateGraph(AnswerState, context_schema=Answering)
    graph.add_node("plan", plan)
    graph.add_node("gather", gather, input_schema=Request)
    graph.add_node("select", select, defer=True)  # waits for every branch
    graph.add_node("read", read)
    graph.add_node("pack", pack)
    graph.add_node("respond", respond)
    graph.add_node("verify", verify)

    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", one_branch_a_request, ["gather"])
    graph.add_edge("gather", "select")
    graph.add_edge("select", "read")
    graph.add_conditional_edges("read", told_or_prompt, ["pack", "verify"])
    graph.add_edge("pack", "respond")
    graph.add_edge("respond", "verify")
    graph.add_conditional_edges("verify", settled_or_look_again, ["plan", END])
    return graph
