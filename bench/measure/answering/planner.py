"""Who plans better, rules or a model: `python -m vidscout.bench.measure.answering.planner [--profile NAME]` asks 40
questions.

A case is right when the kind of answer is, and no modality is looked in before the one that is likely to hold it.
"""

import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from ....agent.scout import VideoScout
from ....graphs.answer.question.model_plan import PlanError, ask_model
from ....graphs.answer.question.rules import read_question
from ....graphs.answer.state import Want
from ....tools.errors import AnswererError
from ....tools.records import Modality

CASES = Path(__file__).with_name("routing.toml")


@dataclass(frozen=True)
class Case:
    """A question, and what its plan must be."""

    question: str
    want: Want
    modality: Modality


def routing() -> list[Case]:
    """The fixed cases."""
    with CASES.open("rb") as file:
        cases = tomllib.load(file)["cases"]
    return [Case(case["question"], Want(case["want"]), Modality(case["modality"])) for case in cases]


def by_rules(case: Case) -> bool:
    """Whether the rules plan it rightly."""
    reading = read_question(case.question)
    return reading.want is case.want and reading.weights[case.modality] == max(reading.weights.values())


def by_model(case: Case, scout: VideoScout) -> bool:
    """Whether the answerer plans it rightly."""
    try:
        wanted = ask_model(case.question, scout.role("answerer"))
    except (PlanError, AnswererError):
        return False
    return wanted.want == case.want and (case.modality in wanted.queries() or wanted.want == "overview")


def measured(name: str, right: Callable[[Case], bool]) -> None:
    """Print the share of cases that are planned rightly, and the seconds each took."""
    seconds: list[float] = []
    correct = 0
    for case in routing():
        began = time.perf_counter()
        correct += right(case)
        seconds.append(time.perf_counter() - began)
    print(f"{name:<8} {correct} of {len(seconds)} right, {median(seconds):.3f} s a question")


def main(profile: Annotated[str | None, typer.Option(help="Whose answerer plans.")] = None) -> None:
    """Ask both about every case."""
    with VideoScout(profile=profile) as scout:
        scout.role("answerer").ready()
        measured("rules", by_rules)
        measured("model", lambda case: by_model(case, scout))


if __name__ == "__main__":
    typer.run(main)
