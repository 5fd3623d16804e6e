"""VideoEspresso (Han et al., 2024), the close-ended test: questions of fourteen tasks, four options.

bench_final.json        the questions, each with the path of its video

The evidence that each question brings (`-we` of the authors' script) is not shown to any pipeline.
"""

from pathlib import Path

from ...sets.question import Question
from ..base import PublicSet, first_there, json_file, without_letter
from ..scores import by_label


def _read(this: PublicSet, folder: Path) -> list[Question]:
    questions = []
    for number, item in enumerate(json_file(folder / this.mark)):
        path = item["video_path"].lstrip("./")
        letter = item["correct_answer"].strip().lstrip("(")[:1]
        options = tuple(map(without_letter, item["options"]))
        if not letter or letter not in "ABCDEFGH"[: len(options)]:
            raise ValueError(f"question {number} has the answer {item['correct_answer']!r}")
        questions.append(
            Question(
                id=f"{number}",
                group=f"{number}",
                video=first_there(folder / place for place in (path, f"videos/{path}", f"videos/{Path(path).name}")),
                question=item["question"],
                options=options,
                answer=letter,
                type=item["task"],
                labels={"task": item["task"]},
            )
        )
    return questions


SET = PublicSet(
    name="videoespresso",
    title="VideoEspresso",
    mark="bench_final.json",
    published="https://github.com/hshjerry/VideoEspresso (hub data set hshjerry0315/VideoEspresso-Test)",
    read=_read,
    score=by_label("task"),
)
