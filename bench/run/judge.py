"""Points for open answers, given by a model that compares them with the reference answers.

The points depend on the judge: figures of two judges are not comparable, so a run is graded by one, which the report
names. A reply that is not the JSON that was asked for gives no points; it is kept and counted, not asked for again.
"""

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ...tools.errors import UsageError
from ...tools.videollm.interface import Message, VideoLLM, defused
from .line import Line

JUDGED = "judged.jsonl"

MOST = 5
SCHEMA = {
    "type": "object",
    "properties": {"points": {"type": "integer", "minimum": 0, "maximum": MOST}},
    "required": ["points"],
}

WORDS = 32
"""Tokens of a judge's reply."""

PAIR = 2


def judge(lines: Sequence[Line], model: VideoLLM, out: Path, on_progress: Callable[[int, int], None]) -> int:
    """Grade what has not been graded yet; each grade is on disk before the next is asked for.

    Args:
        lines: of a run.
        model: the judge.
        out: folder of the run.
        on_progress: told how many grades there are, of how many.

    Returns:
        How many grades there are, those of earlier calls too.

    Raises:
        UsageError: another model has graded some, or nothing in the run is open.
    """
    model.ready()
    due = list(_due(lines))
    if not due:
        raise UsageError(f"{out}: no open question in it; answers to questions with options need no judge")
    before = graded(out)
    if others := {grade["judge"] for grade in before} - {model.source}:
        raise UsageError(f"{out / JUDGED} has grades by {', '.join(sorted(others))}; remove it to grade anew")
    done = {(grade["pipeline"], grade["id"], grade["criterion"]) for grade in before}
    with (out / JUDGED).open("a", encoding="utf-8") as file:
        for number, (criterion, answers) in enumerate(due):
            key = (answers[0]["pipeline"], answers[0]["id"], criterion)
            if key not in done:
                grade = dict(zip(("pipeline", "id", "criterion"), key, strict=True)) | _grade(model, criterion, answers)
                file.write(json.dumps(grade, ensure_ascii=False) + "\n")
                file.flush()
            on_progress(number + 1, len(due))
    return len(due)


def graded(out: Path) -> list[dict[str, Any]]:
    """The grades of a run, without a last line that a kill has torn."""
    path = out / JUDGED
    if not path.is_file():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        path.write_bytes(whole)
    return [json.loads(line) for line in whole.decode().splitlines()]


def pointed(lines: Iterable[Line], grades: Iterable[dict[str, Any]]) -> list[Line]:
    """The lines of a run with their points by criterion under `points`."""
    given: dict[tuple[str, str], dict[str, int | None]] = {}
    for grade in grades:
        given.setdefault((grade["pipeline"], grade["id"]), {})[grade["criterion"]] = grade["points"]
    return [line | {"points": given.get((line["pipeline"], line["id"]), {})} for line in lines]


def points(reply: str) -> int | None:
    """The points of a judge's reply; None where it gives none, or none that there are.

    >>> points('{"points": 4}'), points("Four."), points('{"points": 9}')
    (4, None, None)
    """
    try:
        found = json.loads(reply[reply.index("{") : reply.rindex("}") + 1])["points"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= MOST else None


def _due(lines: Sequence[Line]) -> Iterator[tuple[str, list[Line]]]:
    """Each criterion with the answer, or the two of a pair, that are graded by it."""
    pairs: dict[tuple[str, Any], list[Line]] = {}
    for line in lines:
        for criterion in line["labels"].get("criteria", ()) if line["correct"] is None else ():
            if criterion != "consistency":
                yield criterion, [line]
                continue
            pair = pairs.setdefault((line["pipeline"], line["labels"]["number"]), [])
            pair.append(line)
            if len(pair) == PAIR:
                yield criterion, sorted(pair, key=lambda one: one["id"])


def _grade(model: VideoLLM, criterion: str, answers: Sequence[Line]) -> dict[str, Any]:
    reply = "".join(model.generate(_messages(criterion, answers), max_tokens=WORDS, schema=SCHEMA))
    return {"points": points(reply), "said": reply, "judge": model.source}


def _messages(criterion: str, answers: Sequence[Line]) -> list[Message]:
    told = _told()
    first, last = answers[0], answers[-1]
    case = told["one" if first is last else "two"].format(
        question=first["question"],
        second_question=last["question"],
        reference=first["gt"],
        answer=defused(first["said"]),
        second_answer=defused(last["said"]),
    )
    opening = told["opening"].format(about=told["criteria"][criterion])
    return [Message("system", (opening.strip(),)), Message("user", (case.strip(),))]


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("judge.toml").read_text(encoding="utf-8"))
