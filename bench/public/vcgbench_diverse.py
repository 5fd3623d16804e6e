"""VCGBench-Diverse (Maaz et al., 2024): open questions about 877 videos of 18 categories, graded 0 to 5 by a judge.

vcgbench_diverse_qa.json        the questions
videos/NAME.mp4                 from videos.tar.gz; the annotation gives the whole name

The published figures are those of gpt-3.5-turbo-0125 as the judge under the authors' prompts, and are comparable only
with such: `predictions` writes what their scripts read. `vidscout bench judge` grades by the same eight figures with
prompts of its own and whatever model it is given.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..sets.question import Question
from .base import PublicSet, json_file
from .scores import Line, Score, mean_of, points_of

GENERAL = ("correctness", "detail", "context")
CRITERIA = {
    "summary": GENERAL,
    "spatial": GENERAL,
    "reasoning": GENERAL,
    "temporal": ("temporal",),
    "consistency": ("consistency",),
}
"""What an answer is graded by, for each type of question."""

FIGURES = {
    "correctness": "Correctness of Information",
    "detail": "Detail Orientation",
    "context": "Contextual Understanding",
    "temporal": "Temporal Understanding",
    "consistency": "Consistency",
}
ABILITIES = {"summary": "Dense Captioning", "spatial": "Spatial Understanding", "reasoning": "Reasoning"}
"""Their points are the mean of those for correctness and detail."""


def score(lines: Sequence[Line]) -> list[Score]:
    """The five figures, their mean, and the three abilities; None before the answers have been judged."""
    figures = [points_of(title, lines, [name]) for name, title in FIGURES.items()]
    complete = all(figure.value is not None for figure in figures)
    mean = mean_of("mean of the five", figures)
    abilities = [
        points_of(title, [line for line in lines if line["type"] == kind], ["correctness", "detail"])
        for kind, title in ABILITIES.items()
    ]
    return [mean if complete else Score(mean.name, None, mean.count), *figures, *abilities]


def predictions(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The answers as the authors' scripts read them (`answer-vcgbench-diverse.json`)."""
    told: list[dict[str, Any]] = []
    pairs: dict[str, Line] = {}
    for line in lines:
        number = int(line["labels"]["number"])
        about = {"ann_id": number, "video_name": line["labels"]["video_name"], "answer": line["gt"]}
        if line["type"] != "consistency":
            told.append(about | {"prompt": line["question"], "text": line["said"]})
        elif (first := pairs.pop(str(number), None)) is None:
            pairs[str(number)] = line
        else:
            one, two = sorted((first, line), key=lambda line: line["id"])
            asked = {"prompt_1": one["question"], "text_1": one["said"]}
            told.append(about | asked | {"prompt_2": two["question"], "text_2": two["said"]})
    return told


def _read(this: PublicSet, folder: Path) -> list[Question]:
    questions: list[Question] = []
    for item in json_file(folder / this.mark):
        make = _maker(folder, item)
        if item["type"] == "consistency":
            questions += [make(f"{item['id']}-1", item["Q1"]), make(f"{item['id']}-2", item["Q2"])]
        else:
            questions.append(make(str(item["id"]), item["Q"]))
    return questions


def _maker(folder: Path, item: dict[str, Any]) -> Callable[[str, str], Question]:
    def make(name: str, asked: str) -> Question:
        return Question(
            id=name,
            group=name,
            video=folder / "videos" / item["video_name"],
            question=asked,
            options=(),
            answer=item["A"],
            type=item["type"],
            together=str(item["id"]) if item["type"] == "consistency" else "",
            labels={"number": item["id"], "video_name": item["video_name"], "criteria": list(CRITERIA[item["type"]])},
        )

    return make


SET = PublicSet(
    name="vcgbench-diverse",
    title="VCGBench-Diverse",
    mark="vcgbench_diverse_qa.json",
    published="https://github.com/mbzuai-oryx/VideoGPT-plus (hub data set MBZUAI/VCGBench-Diverse)",
    read=_read,
    score=score,
)
