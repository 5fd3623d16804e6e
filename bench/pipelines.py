"""What is measured side by side: ways to answer a question about a video that share every model.

A pipeline is a class with a `name`, constructed with the `VideoScout` whose models and index it may use, and registered
by `@pipeline`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ..agent.scout import VideoScout
from ..graphs.answer.packers import opening
from ..tools.errors import UsageError
from ..tools.videollm.base import Message, with_options
from .sets import Subtitle


@dataclass(frozen=True, slots=True)
class Reply:
    """What a pipeline answers, and what it put before the model to get there."""

    answer_text: str
    """What was answered, word for word; read by `parse.choice` when there is no `choice`."""
    choice: str | None = None
    """The letter, when the pipeline chooses among the options rather than writes."""
    frame_times: Sequence[float] = ()
    """Seconds of the frames that reached the prompt, the best first; in order of time where none is better."""
    records: Sequence[tuple[float, float, str, str]] = ()
    """Start, end (seconds), modality and text of the records that reached the prompt, the best first."""
    tokens: dict[str, int] = field(default_factory=dict)
    """`auxiliary`, `visual` and `prompt` (all of it)."""
    seconds: dict[str, float] = field(default_factory=dict)
    """`first_token`: from the question to the answer's first token, or to the choice; `before_answer`: to the moment
    when the answerer is asked. What is left out is filled in with the time of the whole call."""
    at: float | None = None
    """Seconds in the video to which the answer points, if it points anywhere."""
    trace: Any = None
    """Whatever tells how the answer came about; must be JSON."""


class Pipeline(Protocol):
    """One way to answer. `prepare` is called once for each video in each process, before its questions."""

    name: ClassVar[str]

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        """Do what is done once a video; timed as part of a cold question.

        Args:
            video: the file.
            subtitles: what the set itself says is spoken, when it is run with subtitles.
        """
        ...

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        """Answer a question by one of its options."""
        ...


PIPELINES: dict[str, Callable[[VideoScout], Pipeline]] = {}
"""Every pipeline by its name."""


def pipeline(kind: type) -> type:
    """Register a pipeline under its `name`."""
    PIPELINES[kind.name] = kind
    return kind


def build(name: str, scout: VideoScout) -> Pipeline:
    """A pipeline by its name.

    Raises:
        UsageError: there is none of that name.
    """
    import_module(".baselines", __package__)  # registers those that this module's are measured against
    if name not in PIPELINES:
        raise UsageError(f"no pipeline {name!r}; there are {', '.join(sorted(PIPELINES))}")
    return PIPELINES[name](scout)


@pipeline
class Blind:
    """The answerer from the question alone: what a set gives away without its videos."""

    name = "blind"

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del video, subtitles

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        del video
        began = time.perf_counter()
        model = self._scout.role("answerer")
        messages = [opening(), Message("user", (f"Question: {question}",))]
        weights = model.choose(messages, list(options))
        best = max(range(len(weights)), key=weights.__getitem__)
        return Reply(
            answer_text=f"{chr(ord('A') + best)}. {options[best]}",
            choice=chr(ord("A") + best),
            tokens={"auxiliary": 0, "visual": 0, "prompt": model.count_tokens(with_options(messages, options))},
            seconds={"before_answer": 0.0, "first_token": time.perf_counter() - began},
            trace={"weights": [round(weight, 4) for weight in weights]},
        )


@pipeline
class Vidscout:
    """The answer graph as it is shipped."""

    name = "vidscout"

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del subtitles  # it listens for itself
        self._scout.ingest(video)

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        answer = self._scout.ask(video, question, list(options))
        frames = sorted(answer.frames, key=lambda frame: -frame.score)
        before = answer.timings["before_answer"]
        return Reply(
            answer_text=answer.text,
            choice=answer.choice,
            frame_times=[frame.time for frame in frames],
            records=[(item.start, item.end, item.modality, item.text) for item in answer.evidence],
            tokens={name: answer.tokens[name] for name in ("auxiliary", "visual", "prompt")},
            seconds={"before_answer": before, "first_token": before + answer.timings.get("respond", 0.0)},
            at=answer.evidence[0].start if answer.evidence else None,
            trace={"route": answer.route, "notes": answer.notes, "timings": answer.timings},
        )
