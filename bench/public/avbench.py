"""AVBench of SAVEn-Vid (Li et al., 2024): questions that need both picture and sound, in a plain layout.

avbench.json        [{"video": "NAME.mp4", "question": …, "answer": …, "options": […], "task": …}, …]
videos/NAME.mp4

Its authors announced the set (arXiv 2411.16213) and had published no file of it when this was written, so the layout is
this program's own: bring whatever copy you have into it. `options` and `task` may be missing. With options, `answer` is
one of them or its letter; without, the question is open and graded 0 to 5 for correctness by `vidscout bench judge`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..sets.question import Question
from .base import LETTERS, PublicSet, json_file, letter_of, without_letter
from .scores import Line, Score, accuracy, by, points_of


def score(lines: Sequence[Line]) -> list[Score]:
    """Accuracy of the questions with options, over all and by task; points of the open ones."""
    closed = [line for line in lines if line["correct"] is not None]
    opened = [line for line in lines if line["correct"] is None]
    told = [accuracy("accuracy", closed)]
    told += [accuracy(f"task {name}", some) for name, some in by(closed, lambda line: [line["type"]]).items()]
    return [*told, points_of("correctness of open answers (0–5)", opened, ["correctness"])] if opened else told


def _read(this: PublicSet, folder: Path) -> list[Question]:
    return [_question(folder, str(number), item) for number, item in enumerate(json_file(folder / this.mark))]


def _question(folder: Path, name: str, item: dict[str, Any]) -> Question:
    options = tuple(without_letter(str(option)) for option in item.get("options") or ())
    answer = str(item["answer"]).strip()
    lettered = len(answer) == 1 and answer in LETTERS[: len(options)]
    return Question(
        id=name,
        group=name,
        video=folder / "videos" / item["video"],
        question=item["question"],
        options=options,
        answer=answer if lettered or not options else letter_of(without_letter(answer), options),
        type=str(item.get("task") or "avbench"),
        labels={} if options else {"criteria": ["correctness"]},
    )


SET = PublicSet(
    name="avbench",
    title="AVBench",
    mark="avbench.json",
    published="https://github.com/LJungang/SAVEn-Vid (announced there; bench/README.md has the layout)",
    read=_read,
    score=score,
)
