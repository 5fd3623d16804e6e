"""`vidscout bench latency`: how long an answerer takes to its first token over so many frames, and how fast it writes.

Whichever backend plays the role is asked as a question asks it, by its own stream; so one in this process, one in
llama.cpp and one behind a server are measured alike.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ....agent.cli.common import common_options
from ....tools.videollm import FramePart, Message, VideoLLM
from .gpu import asked, pictures


@dataclass(frozen=True, slots=True)
class Latency:
    """What an answer over so many frames took."""

    frames: int
    tokens: int
    """Of the prompt."""
    first: float
    """Seconds to the first piece, of a first question about these frames."""
    second: float
    """The same of a second question about them."""
    speed: float
    """Pieces a second after the first; 0 where there was one only."""


def latencies(answerer: VideoLLM, folder: Path, counts: Sequence[int], new: int) -> Iterator[Latency]:
    """Each number of frames in turn, after a question that is not counted.

    Args:
        answerer: whoever plays the role.
        folder: where made frames are put.
        counts: numbers of frames; one that reads none is asked without.
        new: most tokens to write.
    """
    answerer.ready()
    timed(answerer, [Message("user", ("Say yes.",))], 1)
    for count in counts if answerer.accepts_frames else [0]:
        frames: list[FramePart] = pictures(folder, count)
        prompt = asked(frames, "What is seen?")
        first, speed = timed(answerer, prompt, new)
        second, _ = timed(answerer, asked(frames, "Who speaks at the end?"), 1)
        yield Latency(count, answerer.count_tokens(prompt), first, second, speed)


def timed(answerer: VideoLLM, messages: Sequence[Message], new: int) -> tuple[float, float]:
    """Seconds to the first piece of an answer, and pieces a second after it."""
    began = time.perf_counter()
    pieces = answerer.generate(messages, max_tokens=new)
    with suppress(StopIteration):
        next(pieces)
    first = time.perf_counter() - began
    rest = sum(1 for _ in pieces)
    took = time.perf_counter() - began - first
    return first, rest / took if rest and took > 0 else 0.0


def latency(
    context: typer.Context,
    frames: Annotated[
        list[int] | None, typer.Option("--frames", min=0, help="Number of frames; once for each.")
    ] = None,
    new: Annotated[int, typer.Option("--new", min=1, help="Tokens to write.")] = 32,
) -> None:
    """Seconds to the first token of the profile's answerer, by number of frames."""
    with common_options(context).scout() as scout, tempfile.TemporaryDirectory() as folder:
        answerer = scout.role("answerer")
        answerer.ready()
        print("| answerer | frames | prompt tokens | first token, s | second question, s | tokens a second |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for one in latencies(answerer, Path(folder), frames or [8, 32], new):
            print(
                f"| {answerer.source} | {one.frames} | {one.tokens:,} | {one.first:.2f} | {one.second:.2f} "
                f"| {one.speed:.1f} |"
            )
