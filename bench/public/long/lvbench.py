"""LVBench (Wang et al., 2024): 103 videos of 68 minutes on average, 1,549 questions with the time of their evidence.

video_info.meta.jsonl           one video a line, with its questions (also under data/)
videos/YOUTUBE_ID.mp4           (also under scripts/videos/ or all_videos/)
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...sets.question import Question
from ..base import PublicSet, first_there, json_lines, named, seconds
from ..scores import Line, Score, accuracy, by

NAMES = {
    "key information retrieval": "KIR",
    "event understanding": "EU",
    "summarization": "Sum",
    "entity recognition": "ER",
    "reasoning": "Rea",
    "temporal grounding": "TG",
}
"""Columns of the leaderboard by the types that the annotation writes."""

_OPTION = re.compile(r"^\(([A-D])\)\s*(.*)$")


def score(lines: Sequence[Line]) -> list[Score]:
    """Accuracy by type, where a question counts in each of its types, and over all questions."""
    parts = by(lines, lambda line: line["labels"]["types"])
    told = [accuracy(NAMES.get(name, name), some) for name, some in parts.items()]
    return [*sorted(told, key=lambda one: [*NAMES.values(), one.name].index(one.name)), accuracy("Overall", lines)]


def _read(this: PublicSet, folder: Path) -> list[Question]:
    [file, *_] = sorted(folder.glob(this.mark))
    return [_question(folder, video["key"], item) for video in json_lines(file) for item in video["qa"]]


def _question(folder: Path, key: str, item: dict[str, Any]) -> Question:
    asked, options = apart(item["question"])
    times = between(item.get("time_reference") or "")
    types = [item["question_type"]] if isinstance(item["question_type"], str) else list(item["question_type"])
    return Question(
        id=str(item["uid"]),
        group=str(item["uid"]),
        video=first_there(named(folder, ("videos", "all_videos", "scripts/videos", "."), key)),
        question=asked,
        options=options,
        answer=item["answer"].strip(),
        type=", ".join(sorted(types)),
        needle_time=(times[0],) if times else (),
        needle_end=(times[1],) if times else (),
        labels={"types": types},
    )


def apart(text: str) -> tuple[str, tuple[str, ...]]:
    """A question without the options that stand in the lines below it, and those.

    Raises:
        ValueError: the lines are not lettered in order.
    """
    asked: list[str] = []
    options: list[str] = []
    for line in text.strip().split("\n"):
        if (found := _OPTION.match(line.strip())) is not None:
            if found[1] != "ABCD"[len(options)]:
                raise ValueError(f"the options of {asked[:1]} are not in order")
            options.append(found[2].strip())
        elif options:
            options[-1] += f" {line.strip()}"
        else:
            asked.append(line.strip())
    if len(options) < 2:
        raise ValueError(f"{text.strip()[:60]!r} has no options")
    return " ".join(asked), tuple(options)


def between(reference: str) -> tuple[float, float] | None:
    """Start and end in seconds of `01:10-02:05`; None where it is written otherwise.

    >>> between("01:10-02:05"), between("")
    ((70.0, 125.0), None)
    """
    first, _, last = reference.partition("-")
    try:
        start, end = seconds(first), seconds(last)
    except ValueError:
        return None
    return (start, end) if end > start else None


SET = PublicSet(
    name="lvbench",
    title="LVBench",
    mark="**/video_info.meta.jsonl",
    published="https://github.com/THUDM/LVBench (hub data set THUDM/LVBench)",
    read=_read,
    score=score,
)
