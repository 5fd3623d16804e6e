"""Video-Bench (Ning et al., 2023): thirteen sets of questions on three levels, two to six options.

Eval_QA/NAME_QA_new.json                the questions of each set
Eval_video/NAME/…                       the videos, by the path that stands in the question

The published score has a language model decide which option an answer means. Here the answer has to name its option.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path

from ..sets.question import Question
from .base import LETTERS, PublicSet, json_file
from .scores import Line, Score, accuracy, by

LEVELS = {
    "video-exclusive understanding": {
        "ActivityNet": 1.0,
        "MSVD": 1.0,
        "MSRVTT": 1.0,
        "TGIF": 1.0,
        "Youcook2": 1.0,
        "Ucfcrime": 1.0,
        "MOT": 0.5,
    },
    "prior knowledge": {"TVQA": 1.0, "MV": 1.0, "NBA": 1.0},
    "comprehension and decision-making": {"Driving-exam": 0.5, "Driving-decision-making": 1.0, "SQA3D": 1.0},
}
"""Sets of each level with their weights in its score (Step3_compute_scores.py of the authors)."""

ENDING = "_QA_new.json"


def score(lines: Sequence[Line]) -> list[Score]:
    """The mean of the levels, each level's weighted mean, and each set; None where sets of a level are missing."""
    sets = {name: accuracy(name, some) for name, some in by(lines, lambda line: [line["type"]]).items()}
    levels = []
    for level, weights in LEVELS.items():
        there = {name: sets[name].value or 0.0 for name in weights if name in sets}
        whole = len(there) == len(weights)
        gained = sum(weights[name] * value for name, value in there.items()) / sum(weights.values())
        levels.append(Score(level, gained if whole else None, len(there)))
    values = [level.value for level in levels if level.value is not None]
    final = statistics.fmean(values) if len(values) == len(LEVELS) else None
    return [Score("final", final, len(values)), *levels, *sets.values()]


def _read(this: PublicSet, folder: Path) -> list[Question]:
    questions: list[Question] = []
    for file in sorted(folder.glob(this.mark)):
        name = file.name.removesuffix(ENDING)
        for number, item in json_file(file).items():
            letters = sorted(item["choices"])
            if letters != list(LETTERS[: len(letters)]) or item["answer"] not in letters:
                raise ValueError(
                    f"{name} {number} has the options {', '.join(letters)} and the answer {item['answer']}"
                )
            questions.append(
                Question(
                    id=f"{name}-{number}",
                    group=f"{name}-{number}",
                    video=folder / item["vid_path"].lstrip("./"),
                    question=item["question"],
                    options=tuple(str(item["choices"][letter]).strip() for letter in letters),
                    answer=item["answer"],
                    type=name,
                )
            )
    return questions


SET = PublicSet(
    name="video-bench",
    title="Video-Bench",
    mark=f"Eval_QA/*{ENDING}",
    published="https://github.com/PKU-YuanGroup/Video-Bench (hub data set LanguageBind/Video-Bench)",
    read=_read,
    score=score,
)
