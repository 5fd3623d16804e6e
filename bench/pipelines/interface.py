"""What a pipeline is: a way to answer a question about a video, and what it says of how it got there.

A pipeline is a class with a `name`, constructed with the `VideoScout` whose models and index it may use, and registered
by `@pipeline`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from ...agent.scout import VideoScout
from ..sets.question import Subtitle


@dataclass(frozen=True, slots=True)
class Reply:
    """What a pipeline answers, and what it put before the model to get there."""

    answer_text: str
    """What was answered, word for word; read by `parse.choice` when there is no `choice`."""
    choice: str | None = None
    """The letter, when the pipeline chooses among the options rather than writes."""
    frame_times: Sequence[float] = ()
    """Seconds of the frames that reached the prompt, the best first; in order of time where none is better."""
    pictures: int = 0
    """How many of those frames the answerer saw, rather than read about."""
    pixels: int = 0
    """Width times height of these pictures, all together."""
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
    """One way to answer. `prepare` is called once for each video in each process, before its questions.

    `ask` may be called from several threads, and while another video is prepared, where questions run side by side.
    """

    name: ClassVar[str]
    takes_subtitles: ClassVar[bool]
    """Whether a set's own subtitles change what it does."""

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        """Do what is done once a video; timed as part of a cold question.

        Args:
            video: the file.
            subtitles: what the set itself says is spoken, when it is run with subtitles.
        """
        ...

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        """Answer a question by one of its options, or in words where it has none."""
        ...


PIPELINES: dict[str, Callable[[VideoScout], Pipeline]] = {}
"""Every pipeline by its name."""


def pipeline(kind: type) -> type:
    """Register a pipeline under its `name`."""
    PIPELINES[kind.name] = kind
    return kind
