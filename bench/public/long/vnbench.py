"""VNBench (Zhao et al., 2024): nine needle types × 150, each in four tries with the options turned.

VNBench-main-4try.json      5,400 records
VNBench_new/NAME.mp4        the videos
"""

from pathlib import Path

from ...sets.question import Question
from ..base import PublicSet, first_there, json_file, letter_of

NEEDLE_SECONDS = 1.0
"""Counted from where the annotation says that a needle begins; it does not say where one ends."""


def _read(_: PublicSet, folder: Path) -> list[Question]:
    questions: list[Question] = []
    for item in json_file(folder / SET.mark):
        name = Path(item["video"]).name
        group = f"{Path(name).stem}:{item['type']}"
        options = tuple(map(str, item["options"]))
        times = tuple(float(time) for time in item["needle_time"])
        questions.append(
            Question(
                id=f"{group}_{item['try']}",
                group=group,
                # The annotation's own path, which the authors have renamed between releases, then the plain ones.
                video=first_there(
                    folder / place
                    for place in (
                        f"VNBench_new/{name}",
                        item["video"].lstrip("./"),
                        f"VNBench/{name}",
                        f"videos/{name}",
                    )
                ),
                question=item["question"],
                options=options,
                answer=letter_of(str(item["gt"]), options),
                type=item["type"],
                turn=int(item["try"]),
                length=float(item["length"]),
                needle_time=times,
                needle_end=tuple(time + NEEDLE_SECONDS for time in times),
            )
        )
    return questions


SET = PublicSet(
    name="vnbench",
    title="VNBench",
    mark="VNBench-main-4try.json",
    published="https://videoniah.github.io (hub data set videoniah/VNBench, videos linked from joez17/VideoNIAH)",
    read=_read,
)
