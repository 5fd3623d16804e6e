"""Questions and answers about labelled clips, of which those are kept whose answer holds the clip's label.

The first two steps of Video-STaR (Zohar et al., 2024): generate, and verify by the label that somebody gave the clip.
Nothing is trained. A list of clips is JSON Lines: `{"video": "a.mp4", "label": "bicycle"}`, with `"questions"` where
the clip has some of its own.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agent.answer import Answer
from ...agent.scout import VideoScout
from ...tools.errors import MediaError, UsageError
from ...tools.words import stem, words

QUESTIONS = ("What is shown in this video?", "What happens in this video?")
"""Asked of every clip that brings no questions of its own."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip, and what somebody says is in it."""

    video: Path | str
    label: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a list of clips."""

    asked: int
    kept: int
    rejected: dict[str, int]
    """By why."""

    @property
    def rejection(self) -> float:
        """Share of what was asked that was not kept."""
        return 1 - self.kept / self.asked if self.asked else 0.0


def clips(path: Path) -> list[Clip]:
    """The clips of a list; paths in it are seen from where it lies.

    Raises:
        UsageError: it is no such list.
    """
    found = []
    for number, line in enumerate(lines_of(path), 1):
        video, label = line.get("video"), line.get("label")
        questions = line.get("questions", list(QUESTIONS))
        fits = isinstance(questions, list) and questions and all(isinstance(one, str) and one for one in questions)
        if not (isinstance(video, str) and isinstance(label, str) and words(label) and fits):
            raise UsageError(f"{path}, line {number}: a clip has a video, a label, and questions if any, as texts")
        found.append(Clip(path.parent / video, label, tuple(questions)))
    return found


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON Lines.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        read = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: is no list of JSON objects, one a line ({error})") from error
    if not read or not all(isinstance(one, dict) for one in read):
        raise UsageError(f"{path}: is no list of JSON objects, one a line")
    return read


def holds(answer: str, label: str) -> bool:
    """Whether an answer holds all words of a label, in whatever number or order.

    >>> holds("Two people ride bicycles.", "bicycle"), holds("A boat.", "bicycle")
    (True, False)
    """
    return {stem(word) for word in words(label)} <= {stem(word) for word in words(answer)}


def bootstrap(
    listed: list[Clip], scout: VideoScout, out: Path, on_progress: Callable[[int, int], None] = lambda *_: None
) -> Made:
    """Ask about every clip, and write what its label confirms.

    Args:
        listed: the clips.
        scout: who is asked; videos are read first.
        out: file of JSON Lines; written anew.
        on_progress: told how many questions were asked, of how many.

    Returns:
        How many were asked and kept, and why the others were not.
    """
    rejected: Counter[str] = Counter()
    total = sum(len(clip.questions) for clip in listed)
    asked = kept = 0
    with out.open("w", encoding="utf-8") as file:
        for clip, question, answer, trouble in _answers(listed, scout):
            asked += 1
            why = trouble or _why_not(answer, clip.label)
            if why or answer is None:
                rejected[why] += 1
            else:
                kept += 1
                file.write(json.dumps(_line(clip, question, answer), ensure_ascii=False) + "\n")
                file.flush()
            on_progress(asked, total)
    return Made(asked, kept, dict(rejected))


def _answers(listed: list[Clip], scout: VideoScout) -> Iterator[tuple[Clip, str, Answer | None, str]]:
    for clip in listed:
        for question in clip.questions:
            try:
                yield clip, question, scout.ask(clip.video, question), ""
            except MediaError:
                yield clip, question, None, "the video cannot be read"


def _why_not(answer: Answer | None, label: str) -> str:
    if answer is None or answer.abstained:
        return "no answer"
    return "" if holds(answer.text, label) else "the answer lacks the label"


def _line(clip: Clip, question: str, answer: Answer) -> dict[str, Any]:
    return {
        "video": Path(clip.video).name,
        "question": question,
        "answer": answer.text,
        "label": clip.label,
        "confidence": answer.confidence,
        "evidence": [[one.start, one.end, one.modality] for one in answer.evidence],
    }
