"""Fit how sure a quoted answer is: logistic regression on what was weighed for answers to the development half.

    vidscout bench questions run --set DEVELOPMENT --out RUN     # with VIDSCOUT_ANSWER_FROM=0, so that all are told
    python -m vidscout.bench.measure.learning.confidence RUN              # what it would be; with --write it is written

The fit is tested on recordings that it has not seen (leave one recording out), and what is printed is of that test:
area under the ROC curve, expected calibration error in ten bins, and what is withheld at each threshold. The answers
that tell nothing else than a quotation are fitted; a run that withheld some is refused, as is the report half.
"""

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....graphs.answer.records.confidence import FITTED, features
from ....graphs.events import Weighed
from ....tools.errors import UsageError
from ...questions.report import auc, calibration_error
from ...questions.run import ASKED
from ...run.runner import RESULTS, Line, read

NAMES = ("offset", "similarity", "said", "lacks_number")
FLAT = 0.02
"""Of Youden's index: within it is no difference on some hundred questions, and the lower step withholds less."""
RIDGE = 1.0
"""Penalty on the squared weights, so that a feature that hardly varies stays small; the offset has none."""


def weighed(lines: Sequence[Line]) -> list[Line]:
    """The answers that were weighed by a judge, but for those to questions of yes or no, which is weighed apart."""
    judged = [line for line in lines if line.get("weighed") and line["weighed"]["said"] is not None]
    return [line for line in judged if line.get("kind") != "yes-no"]


def table(lines: Sequence[Line]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (answers × names), whether each is right, and the recording's number of each."""
    seen = [features(Weighed(**line["weighed"])) for line in lines]
    videos = sorted({line["id"].partition("/")[0] for line in lines})
    return (
        np.array([[one.get(name, 0.0) for name in NAMES] for one in seen]),
        np.array([answers(line) for line in lines], float),
        np.array([videos.index(line["id"].partition("/")[0]) for line in lines]),
    )


def answers(line: Line) -> bool:
    """Whether what was told answers the question: nothing answers one that has no answer."""
    return line["verdict"] == "right" and not line["unanswerable"]


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression by Newton's method, with `RIDGE` on all but the first column."""
    weights = np.zeros(x.shape[1])
    penalty = RIDGE * np.diag([0.0, *[1.0] * (x.shape[1] - 1)])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) + penalty @ weights
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + penalty + 1e-9 * np.eye(len(weights)), gradient)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def left_out(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The probability of each answer by a fit that has seen no answer of its recording."""
    told = np.zeros(len(y))
    for group in np.unique(groups):
        inside = groups == group
        told[inside] = 1 / (1 + np.exp(-x[inside] @ fitted(x[~inside], y[~inside])))
    return told


def threshold(told: np.ndarray, lines: Sequence[Line]) -> float:
    """The lowest step of 0.05 at which what is withheld of the questions without an answer exceeds what is withheld of
    the right answers by all but `FLAT` of the most that it does at any step (Youden's index)."""
    right = np.array([answers(line) for line in lines])
    without = np.array([line["unanswerable"] for line in lines])
    steps = np.arange(0.05, 1.0, 0.05)
    index = [float((told[without] < step).mean() - (told[right] < step).mean()) for step in steps]
    return float(next(step for step, one in zip(steps, index, strict=True) if one >= max(index) - FLAT))


def report(told: np.ndarray, y: np.ndarray, lines: Sequence[Line]) -> None:
    """Print what the fit is worth on recordings that it has not seen."""
    unanswerable = np.array([line["unanswerable"] for line in lines])
    print(f"answers {len(y)}, right {int(y.sum())}, without an answer {int(unanswerable.sum())}")
    right = [bool(one) for one in y]
    print(
        f"AUC {auc(list(told), right) or 0:.3f}; expected calibration error {calibration_error(list(told), right):.3f}"
    )
    print("threshold  withheld: right  without an answer  wrong")
    wrong = (y == 0) & ~unanswerable
    for step in np.arange(0.1, 0.95, 0.05):
        shares = [(told[which] < step).mean() for which in (y == 1, unanswerable, wrong)]
        print(f"{step:9.2f}  {shares[0]:15.0%}  {shares[1]:17.0%}  {shares[2]:5.0%}")


def written(name: str, weights: np.ndarray, told_from: float) -> str:
    """The new contents of `confidence.toml`; what is not fitted here stays.

    Args:
        name: `judged` or `probed`, what the weights are for.
    """
    tables = tomllib.loads(FITTED.read_text(encoding="utf-8"))
    tables[name] = {one: round(float(weight), 3) for one, weight in zip(NAMES, weights, strict=True)}
    tables["told"] = {"from": round(told_from, 2)}
    said = {
        "told": "# Fitted to development questions in bench/measure/learning: `judged` by confidence.py, `probed` and\n"
        "# the threshold by answerable.py.\n\n",
        "unjudged": "# Not fitted: a cosine hardly tells whether a question has an answer.\n",
    }
    return "\n".join(
        f"{said.get(table, '')}[{table}]\n" + "".join(f"{one} = {value}\n" for one, value in tables[table].items())
        for table in ("told", "probed", "judged", "unjudged")
        if table in tables
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description="Fit how sure a quoted answer is.")
    parser.add_argument("run", type=Path, help="folder of `bench questions run` with VIDSCOUT_ANSWER_FROM=0")
    parser.add_argument("--write", action="store_true", help="write graphs/answer/records/confidence.toml")
    given = parser.parse_args(arguments)
    about: dict[str, Any] = json.loads((given.run / ASKED).read_text(encoding="utf-8"))
    if about["half"] != "development":
        raise UsageError(f"{given.run} has answers to the {about['half']} half, which nothing is fitted to")
    lines = weighed(read(given.run / RESULTS))
    if any(line["abstained"] for line in lines):
        raise UsageError(f"some answers of {given.run} were withheld: run it with VIDSCOUT_ANSWER_FROM=0")
    x, y, groups = table(lines)
    told = left_out(x, y, groups)
    report(told, y, lines)
    weights, told_from = fitted(x, y), threshold(told, lines)
    print(written("judged", weights, told_from))
    if given.write:
        FITTED.write_text(written("judged", weights, told_from), encoding="utf-8")


if __name__ == "__main__":
    main()
