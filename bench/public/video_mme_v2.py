"""Video-MME-v2 (2026): 800 videos with four questions each, which are scored together; eight options.

test.parquet                  the questions
video/VIDEO_ID.mp4            from videos/*.zip
subtitle/VIDEO_ID.jsonl       the words that are said, one a line; not every video has one

A group's score grows faster than its right answers: four questions about the same thing count by how many are right,
four steps of one argument by how many are right before the first wrong one (the authors' README and score script).
"""

import json
import statistics
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ..sets.question import Question, Subtitle
from .base import PublicSet, first_there, json_lines, named, rows, without_letter
from .scores import Line, Score, accuracy, by

GROUP = 4
"""Questions of a video."""

POINTS = {
    "[1, 2, 3, 4]": (0, 100 / 16, 400 / 16, 900 / 16, 100),
    "[1, [2, 3], 4]": (0, 100 / 12, 400 / 12, 700 / 12, 100),
    "[[1, 2], 3, 4]": (0, 100 / 10, 200 / 10, 500 / 10, 100),
}
"""Points of an argument by how many of its steps are reached, for each order in which they lean on each other."""

RELEVANCE = POINTS["[1, 2, 3, 4]"]
"""Points of four questions about the same thing by how many are right."""

SENTENCE_PAUSE = 1.0
LONGEST_SUBTITLE = 10.0
"""Seconds: words are joined to lines that end with a pause or before they get longer."""


def points(kind: str, structure: str, right: Sequence[bool]) -> float:
    """The score of a group, 0..100.

    Args:
        kind: `relevance` or `logic`.
        structure: the order of its questions as the set writes it.
        right: whether each of the four was answered rightly, in order.

    Raises:
        KeyError: the structure is none of the three.

    >>> points("relevance", "[1, 2, 3, 4]", [False, True, True, False])
    25.0
    >>> points("logic", "[1, 2, 3, 4]", [True, False, True, True])
    6.25
    """
    if kind == "relevance":
        return RELEVANCE[sum(right)]
    table = POINTS[str(json.loads(structure))]
    steps = next((place for place, good in enumerate(right) if not good), len(right))
    # Two questions in brackets do not lean on each other: the second may be right where the first is wrong.
    if (table is POINTS["[1, [2, 3], 4]"] and steps == 1 and right[2]) or (
        table is POINTS["[[1, 2], 3, 4]"] and steps == 0 and right[1]
    ):
        steps += 1
    return table[steps]


def score(lines: Sequence[Line]) -> list[Score]:
    """The non-linear score over groups of which all four questions were asked, by level and head; and the accuracy."""
    groups = by(lines, lambda line: [line["labels"]["group"]])
    whole = [sorted(some, key=_number) for some in groups.values() if len(some) == GROUP]
    gained = [(some[-1], _of_group(some)) for some in whole]
    told = [Score("Non-Lin", statistics.fmean(value for _, value in gained) if gained else None, len(gained))]
    for label in ("kind", "level", "second_head", "third_head"):
        names = sorted({str(last["labels"][label]) for last, _ in gained if last["labels"].get(label)})
        for name in names:
            some = [value for last, value in gained if str(last["labels"].get(label)) == name]
            told.append(Score(f"Non-Lin, {label.replace('_', ' ')} {name}", statistics.fmean(some), len(some)))
    return [*told, accuracy("accuracy", lines)]


def _of_group(some: Sequence[Line]) -> float:
    about = some[0]["labels"]
    return points(about["kind"], about["structure"], [line["correct"] for line in some])


def _number(line: Line) -> int:
    return int(line["id"].rpartition("-")[2])


def _read(_: PublicSet, folder: Path) -> list[Question]:
    return _questions(folder, rows(folder / SET.mark))


def _questions(folder: Path, table: Sequence[dict[str, Any]]) -> list[Question]:
    @cache
    def subtitles(video: str) -> tuple[Subtitle, ...]:
        return words(folder / "subtitle" / f"{video}.jsonl")

    last = {_padded(row["video_id"]): row for row in sorted(table, key=_place)}
    return [
        Question(
            id=row["question_id"],
            group=row["question_id"],
            video=first_there(named(folder, ("video", "videos", "data", "."), _padded(row["video_id"]))),
            question=row["question"],
            options=tuple(without_letter(line) for line in row["options"].strip().split("\n")),
            answer=row["answer"].strip(),
            type=str(last[_padded(row["video_id"])]["second_head"]),
            subtitles=subtitles(_padded(row["video_id"])),
            together=_padded(row["video_id"]),
            labels={
                "group": _padded(row["video_id"]),
                "kind": row["group_type"],
                "structure": row["group_structure"],
                **{name: row.get(name) for name in ("level", "second_head", "third_head")},
            },
        )
        for row in table
    ]


def _place(row: dict[str, Any]) -> int:
    return int(row["question_id"].rpartition("-")[2])


def _padded(video: str | int) -> str:
    """A video's name, with the zeros that tables drop.

    >>> _padded(7), _padded("012")
    ('007', '012')
    """
    return str(video).zfill(3)


def words(path: Path) -> tuple[Subtitle, ...]:
    """The words of a file joined to lines; none when there is no file."""
    if not path.is_file():
        return ()
    lines: list[Subtitle] = []
    for word in json_lines(path):
        start, end, text = float(word["start_time"]), float(word["end_time"]), " ".join(word["text"].split())
        if not text:
            continue
        if lines and start - lines[-1].end < SENTENCE_PAUSE and end - lines[-1].start <= LONGEST_SUBTITLE:
            lines[-1] = Subtitle(lines[-1].start, max(end, lines[-1].end), f"{lines[-1].text} {text}")
        else:
            lines.append(Subtitle(start, end, text))
    return tuple(lines)


SET = PublicSet(
    name="video-mme-v2",
    title="Video-MME-v2",
    mark="test.parquet",
    published="https://github.com/MME-Benchmarks/Video-MME-v2 (hub data set MME-Benchmarks/Video-MME-v2)",
    read=_read,
    score=score,
)
