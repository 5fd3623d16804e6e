"""MLVU's test set (Zhou et al., 2024), whose answers are public since 2025: nine tasks, six options.

test-ground-truth/test_mcq_gt.json      502 questions with their answers
video/NAME.mp4                          349 videos
"""

from pathlib import Path

from ...sets.question import Question
from ..base import PublicSet, first_there, json_file, letter_of
from ..scores import task_mean


def _read(this: PublicSet, folder: Path) -> list[Question]:
    [file, *_] = sorted(folder.glob(this.mark))
    questions = []
    for item in json_file(file):
        options = tuple(map(str, item["candidates"]))
        questions.append(
            Question(
                id=item["question_id"],
                group=item["question_id"],
                video=first_there(folder / place / item["video"] for place in ("video", "videos", "MLVU_Test/video")),
                question=item["question"],
                options=options,
                answer=letter_of(str(item["answer"]), options),
                type=item["question_type"],
                length=float(item["duration"]) if item.get("duration") else "",
            )
        )
    return questions


SET = PublicSet(
    name="mlvu-test",
    title="MLVU-Test",
    mark="**/test_mcq_gt.json",
    published="https://github.com/JUNJIE99/MLVU (hub data set MLVU/MLVU_Test)",
    read=_read,
    score=task_mean,
)
