"""How a folder of questions is read, whoever made it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...tools.errors import UsageError
from ..public import PUBLIC
from ..sets.question import Loader, Question


def load(folder: Path, kind: str | None = None, *, partial: bool = False) -> list[Question]:
    """The questions of a set.

    Args:
        folder: as `needles make` writes it, or as the authors of a public set publish it.
        kind: a name in `kinds()`; by default told from the files.
        partial: leave out questions whose video is missing, rather than refuse.

    Raises:
        UsageError: there is no such set there, or something is missing from it.
    """
    known = kinds()
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    if kind is None:
        found = [name for name, (mark, _) in known.items() if any(folder.glob(mark))]
        if len(found) != 1:
            marks = ", ".join(f"{mark} ({name})" for name, (mark, _) in known.items())
            said = f"could be {' or '.join(found)}; choose with --kind" if found else f"holds no known set: {marks}"
            raise UsageError(f"{folder}: {said}")
        [kind] = found
    elif kind not in known:
        raise UsageError(f"no kind of set {kind!r}; there are {', '.join(known)}")
    questions = known[kind][1](folder, partial)
    if not questions:
        raise UsageError(f"{folder}: not one question of {kind} can be asked")
    return questions


def first_of_each_type(questions: Iterable[Question], limit: int) -> list[Question]:
    """At most so many questions of each type, with all their tries and those that are scored together with them."""
    groups: dict[str, set[str]] = {}
    chosen: list[Question] = []
    for question in questions:
        mine = groups.setdefault(question.type, set())
        unit = question.together or question.group
        if unit in mine or len(mine) < limit:
            mine.add(unit)
            chosen.append(question)
    return chosen


def kinds() -> dict[str, tuple[str, Loader]]:
    """Every kind of set by name: the file by which it is known, and its loader."""
    return {"needles": ("needles.json", needles)} | {one.name: (one.mark, one.load) for one in PUBLIC}


def needles(folder: Path, partial: bool) -> list[Question]:
    """A set that `needles make` made."""
    items: list[dict[str, Any]] = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    there = {path.name for path in folder.glob("videos/*.mp4")}
    missing = {item["video"] for item in items if Path(item["video"]).name not in there}
    if missing and not partial:
        raise UsageError(f"{folder}: {len(missing)} videos are missing; run `needles make` again with the same options")
    return [
        Question(
            id=item["id"],
            group=item["id"].rpartition("_")[0],
            video=folder / item["video"],
            question=item["question"],
            options=tuple(item["options"]),
            answer=item["gt_option"],
            type=item["type"],
            turn=item["try"],
            length=item["length"],
            seed=item["seed"],
            needle_time=tuple(item["needle_time"]),
            needle_end=tuple(item["needle_end"]),
            medium=item["medium"],
        )
        for item in items
        if item["video"] not in missing
    ]
