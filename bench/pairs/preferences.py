"""Pairs of answers to one question, of which the evidence supports one clearly better than the other.

What VideoSAVi (Kulkarni and Fazli, 2024) trains on, without the training: several answers are written to a question,
each is held against records and frames, and the best and the worst make a pair. Questions are those that a video
suggests itself, or a list in JSON Lines: `{"video": "a.mp4", "question": "…"}`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agent.answer import Answer
from ...agent.scout import VideoScout
from ...tools.errors import MediaError, UsageError
from .bootstrap import Made, lines_of

APART = 0.2
"""By how much the support of the two must differ. A choice of ours; nothing was trained to measure it."""
FEWEST = 2
"""Answers that must be written for one to be better than another."""


@dataclass(frozen=True, slots=True)
class Posed:
    """A question about a video."""

    video: Path | str
    question: str


def questions(path: Path) -> list[Posed]:
    """The questions of a list; paths in it are seen from where it lies.

    Raises:
        UsageError: it is no such list.
    """
    found = []
    for number, line in enumerate(lines_of(path), 1):
        video, question = line.get("video"), line.get("question")
        if not (isinstance(video, str) and isinstance(question, str) and question.strip()):
            raise UsageError(f"{path}, line {number}: a question has a video and a question, as texts")
        found.append(Posed(path.parent / video, question))
    return found


def suggested(scout: VideoScout, names: Sequence[str]) -> list[Posed]:
    """The questions that videos suggest themselves; they are read first if they have not been."""
    found = []
    for name in names:
        [read] = scout.ingest([name])
        found += [Posed(read.video, one.question) for one in scout.suggest(read.video)]
    return found


def preferences(
    posed: Sequence[Posed], scout: VideoScout, out: Path, on_progress: Callable[[int, int], None] = lambda *_: None
) -> Made:
    """Write the pairs of answers to these questions.

    Args:
        posed: the questions.
        scout: who is asked, with the setting `best_of` above 1.
        out: file of JSON Lines; written anew.
        on_progress: told how many questions were asked, of how many.

    Returns:
        How many were asked and kept, and why the others were not.

    Raises:
        UsageError: one answer alone would be written to each question.
    """
    if scout.settings.best_of < FEWEST:
        raise UsageError(f"pairs take at least {FEWEST} answers to a question (best_of)")
    rejected: Counter[str] = Counter()
    kept = 0
    with out.open("w", encoding="utf-8") as file:
        for number, (one, answer) in enumerate(_asked(posed, scout), 1):
            why = _why_not(answer)
            if why or answer is None:
                rejected[why] += 1
            else:
                kept += 1
                file.write(json.dumps(_line(one, answer), ensure_ascii=False) + "\n")
                file.flush()
            on_progress(number, len(posed))
    return Made(len(posed), kept, dict(rejected))


def _asked(posed: Sequence[Posed], scout: VideoScout) -> Iterator[tuple[Posed, Answer | None]]:
    for one in posed:
        try:
            yield one, scout.ask(one.video, one.question)
        except MediaError:
            yield one, None


def _why_not(answer: Answer | None) -> str:
    if answer is None:
        return "the video cannot be read"
    if not answer.drafts:
        return "nothing was written"
    if len(answer.drafts) < FEWEST:
        return "all answers are the same"
    if answer.drafts[0].score - answer.drafts[-1].score < APART:
        return "none is supported clearly better"
    return ""


def _line(one: Posed, answer: Answer) -> dict[str, Any]:
    best, worst = answer.drafts[0], answer.drafts[-1]
    return {
        "video": Path(one.video).name,
        "prompt": one.question,
        "chosen": best.text,
        "rejected": worst.text,
        "chosen_score": best.score,
        "rejected_score": worst.score,
        "frames": [frame.time for frame in answer.frames],
        "evidence": [[piece.start, piece.end, piece.modality] for piece in answer.evidence],
    }
