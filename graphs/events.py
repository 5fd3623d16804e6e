"""What a running graph tells whoever watches it: steps, tools, tokens and progress, as small dataclasses.

The command line, the web page and the Python API each show them in their own way. They travel through LangGraph's
`custom` stream.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from langgraph.config import get_stream_writer

Update = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A node of the graph begins."""

    step: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """One branch of the fan-out is done."""

    tool: str
    found: int
    seconds: float
    note: str = ""
    """Why the tool found nothing, when that is not simply that nothing was there."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer, as the answerer writes it."""

    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage of ingest has come; `done` and `total` are seconds of video or a number of records."""

    video: str
    stage: str
    done: float
    total: float
    unit: str = "s"


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well each moment of one video fits the question; a later one, of another round, takes its place."""

    video: str
    points: tuple[tuple[float, float], ...]
    """Seconds and relevance (0..1), in order of time; each stands until the next."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the confidence in a quoted answer is computed from."""

    similarity: float
    """Cosine of the question and the nearest record."""
    said: float | None
    """The judge's probability that a record says the answer; None where nobody judged."""
    lacks_number: bool
    """A number is asked for, and the record that would be quoted first has none."""
    probed: bool = False
    """Whether the judge's probability was read off its state, and not off its next word."""


Event = StepStarted | ToolFinished | Token | Progress | Relevance | Weighed


def merge(left: dict[str, float], right: dict[str, float]) -> dict[str, float]:
    """Reducer for seconds by step: a step that runs again adds to its time."""
    return {key: left.get(key, 0.0) + right.get(key, 0.0) for key in [*left, *(k for k in right if k not in left)]}


def timed(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function as a graph's step: announce it, and add it to the state's `route` and `timings`."""

    def begin() -> float:
        get_stream_writer()(StepStarted(name))
        return time.perf_counter()

    def end(update: Update | None, began: float) -> Update:
        update = update or {}
        seconds = {**update.get("timings", {}), name: time.perf_counter() - began}
        return {**update, "route": [name], "timings": seconds}

    def decorate(node: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(node)
        def run(state: Any, runtime: Any) -> Update:
            began = begin()
            return end(node(state, runtime), began)

        return run

    return decorate
