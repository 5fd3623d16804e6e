"""What a report says of answers that were written several times, and of both sides of the probe."""

from collections.abc import Mapping, Sequence
from statistics import mean

from .line import Line

SIDES = ("timeline", "frames")
"""Pipelines that answer from words alone and from frames alone."""


def probed(pipelines: Mapping[str, Sequence[Line]]) -> list[list[str]]:
    """Of each type of question, how often both sides of the probe are right, or one, or none; none without both.

    Returns:
        A row a type, with the last one for all: its name, how many were asked, both, only words, only frames, neither.
    """
    sides = [
        {line["id"]: line for line in pipelines.get(name, ()) if line["try"] == 0 and line["correct"] is not None}
        for name in SIDES
    ]
    asked = [id for id in sides[0] if id in sides[1]]
    types = sorted({sides[0][id]["type"] for id in asked})
    rows = []
    for type in [*types, ""] if asked else []:
        some = [id for id in asked if type in ("", sides[0][id]["type"])]
        right = [(bool(sides[0][id]["correct"]), bool(sides[1][id]["correct"])) for id in some]
        counts = [right.count(which) for which in ((True, True), (True, False), (False, True), (False, False))]
        rows.append([type or "all", str(len(some)), *(f"{count / len(some):.0%}" for count in counts)])
    return rows


def chosen_among(pipelines: Mapping[str, Sequence[Line]]) -> list[list[str]]:
    """Of each pipeline that writes several answers: how many, how well the best and the worst are supported.

    Returns:
        A row a pipeline: its name, questions with several answers, answers each, mean support of the best and of the
        worst.
    """
    rows = []
    for name, lines in pipelines.items():
        several = [drafts for line in lines if len(drafts := (line["trace"] or {}).get("drafts") or []) > 1]
        if several:
            written = mean(len(drafts) for drafts in several)
            best, worst = (mean(drafts[at][1] for drafts in several) for at in (0, -1))
            rows.append([name, str(len(several)), f"{written:.1f}", f"{best:.2f}", f"{worst:.2f}"])
    return rows
