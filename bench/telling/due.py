"""Answers while they are due: MAGQA (MMDuet; Wang et al., 2024), of the user's own copy.

magqa_test.json (or annotations/magqa_test.json): [{question_id, video, conversation: [{role, content, time}], answer:
[{content, time: [start, end]}]}]; videos/VIDEO. A question may have several answers, each due in a stretch of its own.
vidscout answers with what it finds for the question by `ground`: the text of each stretch, said at its start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from ..public.base import first_there, json_file
from .judged import LEAST, Judge
from .kept import Kept

ANNOTATED = "magqa_test.json"
PUBLISHED = "https://github.com/yellow-binary-tree/MMDuet"
SCORED = "magqa.jsonl"

Watch = Callable[[str, float, float], None]


@dataclass(frozen=True, slots=True)
class Reply:
    """A text with its time in seconds, or with the stretch in which it is due."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a video with its answers."""

    id: str
    video: Path
    question: str
    due: tuple[Reply, ...]


def load(folder: Path, partial: bool = False) -> list[Asked]:
    """The questions of a set.

    Raises:
        UsageError: annotations are missing or not as published, or, unless `partial`, a video is missing.
    """
    path = first_there(folder / place for place in (ANNOTATED, f"annotations/{ANNOTATED}"))
    if not path.is_file():
        raise UsageError(f"{folder}: MAGQA lacks {ANNOTATED}; its authors publish it at {PUBLISHED}")
    try:
        asked = [
            Asked(
                str(one["question_id"]),
                first_there(folder / place / one["video"] for place in ("videos", ".")),
                next(turn["content"] for turn in one["conversation"] if turn["role"] == "user"),
                tuple(_due(answer) for answer in one["answer"]),
            )
            for one in json_file(path)
        ]
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise UsageError(f"{path}: MAGQA is not as published ({type(error).__name__}: {error})") from error
    missing = [one.video for one in asked if not one.video.is_file()]
    if missing and (not partial or len(missing) == len(asked)):
        first = missing[0].relative_to(folder)
        raise UsageError(f"{folder}: MAGQA lacks the videos of {len(missing)} questions, as {first}; see {PUBLISHED}")
    return [one for one in asked if one.video.is_file()]


def _due(answer: dict[str, Any]) -> Reply:
    start, end = answer["time"]
    return Reply(float(start), float(end), answer["content"])


def in_span(replies: Sequence[Reply], due: Sequence[Reply], points: Callable[[str, str], float]) -> dict[str, float]:
    """How right the replies are that came while an answer was due.

    Args:
        replies: what was said and when (`start`).
        due: answers with the stretch in which each is due.
        points: how right a reply is beside an answer, 1 to 5.

    Returns:
        `in-span score`: mean over due answers of the mean points of the replies within the stretch, 1 where none came,
        as the authors score; `answered`: share of stretches with a reply; `in time`: share of replies in any of them.
    """
    within = [[one for one in replies if _lies_in(one, answer)] for answer in due]
    scores = [
        mean(points(answer.text, one.text) for one in found) if found else float(LEAST)
        for answer, found in zip(due, within, strict=True)
    ]
    placed = [any(_lies_in(one, answer) for answer in due) for one in replies]
    return {
        "in-span score": mean(scores) if scores else float(LEAST),
        "answered": mean(map(bool, within)) if within else 0.0,
        "in time": mean(placed) if placed else 0.0,
    }


def _lies_in(reply: Reply, answer: Reply) -> bool:
    return answer.start <= reply.start <= answer.end


def run(
    asked: Sequence[Asked], scout: VideoScout, judge: Judge, out: Path, watch: Watch = lambda *_: None
) -> dict[str, float]:
    """Answer the questions and score; what was scored before in this folder, by the same judge, is not scored again.

    Returns:
        The means over the questions of what `in_span` gives, and `replies`: how many a question got.
    """
    kept = Kept(out / SCORED, judge.model.source)
    for done, one in enumerate(asked):
        if one.id not in kept:
            replies = replies_to(scout, one.video, one.question)
            question = one.question
            scores = in_span(replies, one.due, lambda right, text, to=question: judge.points(to, right, text))
            told = [[reply.start, reply.text] for reply in replies]
            kept.add(one.id, replies=told, scores=scores)
        watch("MAGQA", done + 1, len(asked))
    each = [kept[one.id]["scores"] for one in asked]
    found = {name: mean(one[name] for one in each) for name in each[0]}
    return {**found, "replies": mean(len(kept[one.id]["replies"]) for one in asked)}


def replies_to(scout: VideoScout, video: Path, question: str) -> list[Reply]:
    """What is found for a question, each at the start of its stretch, in order of time."""
    scout.ingest(video)
    found = sorted(scout.ground(video, question), key=lambda span: span.start)
    told = [(span, next((one.text for one in span.evidence if one.text), "")) for span in found]
    return [Reply(span.start, span.end, text) for span, text in told if text]
