"""MINERVA (Nagrani et al., 2025): 1,515 questions that need several steps, five options, videos of 2 to 90 minutes.

minerva.json                the questions, with a reasoning that a person wrote
videos/VIDEO_ID.mp4         the user's own copies, by YouTube's id; .webm, .mkv and .mov too
"""

from collections.abc import Sequence
from pathlib import Path

from ...sets.question import Question
from ..base import LETTERS, PublicSet, first_there, json_file, named
from ..scores import Line, Score, by_label

CHOICES = 5


def score(lines: Sequence[Line]) -> list[Score]:
    """Accuracy over all, by question type, by split and by category."""
    overall, *types = by_label("type")(lines)
    return [overall, *types, *by_label("split")(lines)[1:], *by_label("category")(lines)[1:]]


def _read(this: PublicSet, folder: Path) -> list[Question]:
    return [
        Question(
            id=item["key"],
            group=item["key"],
            video=first_there(named(folder, ("videos", "."), item["video_id"])),
            question=item["question"],
            options=tuple(str(item[f"answer_choice_{number}"]) for number in range(CHOICES)),
            answer=LETTERS[int(item["answer_id"])],
            type=str(item["question_type"]),
            labels={"type": item["question_type"], "split": item.get("split"), "category": item.get("category")},
        )
        for item in json_file(folder / this.mark)
    ]


SET = PublicSet(
    name="minerva",
    title="MINERVA",
    mark="minerva.json",
    published="https://github.com/google-deepmind/neptune (hub data set lmms-lab-eval/minerva)",
    read=_read,
    score=score,
)
