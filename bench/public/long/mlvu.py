"""MLVU (Zhou et al., 2024), the seven multiple-choice tasks of its dev set; the two generation tasks are left out.

json/1_plotQA.json … json/7_topic_reasoning.json    the questions
video/1_plotQA/NAME.mp4 …                           the videos of each task
"""

from pathlib import Path

from ...sets.question import Question
from ..base import PublicSet, first_there, json_file, letter_of
from ..scores import task_mean

TASKS = ("1_plotQA", "2_needle", "3_ego", "4_count", "5_order", "6_anomaly_reco", "7_topic_reasoning")


def _read(this: PublicSet, folder: Path) -> list[Question]:
    absent = [f"json/{task}.json" for task in TASKS if not (folder / "json" / f"{task}.json").is_file()]
    if absent:
        raise this.missing(folder, absent)
    return [
        Question(
            id=f"{task}-{number}",
            group=f"{task}-{number}",
            # Older copies name the folders without the number.
            video=first_there(folder / "video" / place / item["video"] for place in (task, task.partition("_")[2])),
            question=item["question"],
            options=tuple(map(str, item["candidates"])),
            answer=letter_of(str(item["answer"]), list(map(str, item["candidates"]))),
            type=item["question_type"],
            length=float(item["duration"]),
        )
        for task in TASKS
        for number, item in enumerate(json_file(folder / "json" / f"{task}.json"))
    ]


SET = PublicSet(
    name="mlvu",
    title="MLVU",
    mark="json/[0-9]_*.json",
    published="https://github.com/JUNJIE99/MLVU (hub data set MLVU/MVLU)",
    read=_read,
    score=task_mean,
)
