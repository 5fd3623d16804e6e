"""A guard around a graph's nodes: what a node raises becomes a note and another way on, or an error of one line."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from langgraph.errors import GraphBubbleUp

from ..tools.errors import BackendUnavailableError, CancelledError, StepError, VidscoutError, WeightsError
from .events import Update

MUST_END = (BackendUnavailableError, CancelledError, WeightsError)
"""What nothing else can stand in for: a user has asked for it, or must install something first."""

WayOn = Callable[[Any, Any], Update]
"""What a node's work is replaced by, from its state and its runtime."""


def why(error: BaseException) -> str:
    """An error in one line, with its class where the message does not come from this program."""
    said = " ".join(str(error).split())
    if isinstance(error, VidscoutError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def guarded(name: str, node: Callable[..., Update], instead: WayOn | None = None, note: str = "") -> Callable[..., Any]:
    """A node that never raises what its callers do not expect.

    Args:
        name: of the node.
        node: does the work.
        instead: makes the update where the node fails; without it, the error ends the graph.
        note: what is told then, before the reason.

    Raises:
        StepError: the node, or what stands in for it, failed in a way that was not foreseen.
        VidscoutError: of the node itself, where nothing stands in for it, and any of `MUST_END`.
    """

    @wraps(node)
    def run(state: Any, runtime: Any) -> Update:
        try:
            return node(state, runtime)
        except (*MUST_END, GraphBubbleUp):
            raise
        except Exception as error:
            if instead is not None:
                return _instead(name, instead, f"{note} ({why(error)})", state, runtime)
            if isinstance(error, VidscoutError):
                raise
            raise StepError(f"{name} failed ({why(error)})") from error

    return run


def _instead(name: str, instead: WayOn, note: str, state: Any, runtime: Any) -> Update:
    try:
        update = instead(state, runtime)
    except Exception as error:
        raise StepError(f"{name} failed: {note}, and so did what stands in for it ({why(error)})") from error
    return {**update, "notes": [note, *update.get("notes", [])], "route": [name]}
