"""Write the evidence down before the answer: time, what is there, what is written or said (VideoEspresso)."""

from langgraph.runtime import Runtime

from ....tools.errors import AnswererError
from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message
from ...events import Update, timed
from ..packers.base import prompt
from ..state import Answering, AnswerState

THOUGHT = 120
"""Tokens of the list."""


@timed("think")
def think(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """The prompt goes on with the list of evidence that the model made of it."""
    answering = runtime.context
    ask = [*state.messages[:-1], Message("user", (*state.messages[-1].parts, "\n" + prompt("think")))]
    count("llm_calls")
    try:
        thought = "".join(answering.answerer.generate(ask, max_tokens=THOUGHT)).strip()
    except AnswererError as error:
        return {"notes": [f"the evidence could not be written down first: {error}"]}
    again = Message("user", (f"Now answer from this evidence, in a few words: {state.asked}",))
    messages = [*ask, Message("assistant", (thought,)), again]
    return {
        "messages": messages,
        "tokens": {**state.tokens, "prompt": answering.answerer.count_tokens(messages)},
    }
