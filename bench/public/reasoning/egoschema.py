"""EgoSchema (Mangalam et al., 2023): three-minute clips, five options; the 500 questions with public answers.

questions.json          all questions
subset_answers.json     the public answers, an index for each question id
videos/Q_UID.mp4        written by the authors' download.py
"""

from pathlib import Path

from ...sets.question import Question
from ..base import LETTERS, PublicSet, json_file

CHOICES = 5

LENGTH = 180.0
"""Seconds of every clip."""


def _read(this: PublicSet, folder: Path) -> list[Question]:
    if not (folder / "subset_answers.json").is_file():
        raise this.missing(folder, ["subset_answers.json"])
    answers: dict[str, int] = json_file(folder / "subset_answers.json")
    return [
        Question(
            id=item["q_uid"],
            group=item["q_uid"],
            video=folder / "videos" / f"{item['q_uid']}.mp4",
            question=item["question"],
            options=tuple(item[f"option {number}"] for number in range(CHOICES)),
            answer=LETTERS[answers[item["q_uid"]]],
            type="egoschema",
            length=LENGTH,
        )
        for item in json_file(folder / "questions.json")
        if item["q_uid"] in answers
    ]


SET = PublicSet(
    name="egoschema",
    title="EgoSchema",
    mark="subset_answers.json",
    published="https://egoschema.github.io (repository egoschema/EgoSchema)",
    read=_read,
)
