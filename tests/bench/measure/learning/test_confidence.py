"""Fitting how sure an answer is: the fit finds what made the answers right, and only on the development half."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vidscout.bench.measure.learning.confidence import NAMES, fitted, left_out, main, table, threshold, weighed
from vidscout.bench.run.runner import RESULTS
from vidscout.tools.errors import UsageError


def line(number: int, said: float, *, right: bool, unanswerable: bool = False) -> dict[str, Any]:
    return {
        "id": f"video{number % 5}/q{number}",
        "verdict": "right" if right else "wrong",
        "unanswerable": unanswerable,
        "abstained": False,
        "weighed": {"similarity": 0.5, "said": said, "lacks_number": False},
    }


@pytest.fixture
def lines() -> list[dict[str, Any]]:
    """Answers that are right as often as the judge says."""
    chance = np.random.default_rng(3)
    said = chance.uniform(0.05, 0.95, 400)
    return [line(number, float(one), right=bool(chance.random() < one)) for number, one in enumerate(said)]


def test_a_judge_that_is_calibrated_is_taken_at_its_word(lines: list[dict[str, Any]]):
    x, y, _ = table(lines)
    weights = dict(zip(NAMES, fitted(x, y), strict=True))
    assert weights["said"] == pytest.approx(1.0, abs=0.25)
    assert weights["offset"] + 0.5 * weights["similarity"] == pytest.approx(0.0, abs=0.35)


def test_an_answer_is_weighed_by_a_fit_that_has_not_seen_its_recording(lines: list[dict[str, Any]]):
    x, y, groups = table(lines)
    told = left_out(x, y, groups)
    changed = y.copy()
    changed[groups == 2] = 1 - changed[groups == 2]
    again = left_out(x, changed, groups)
    assert np.allclose(again[groups == 2], told[groups == 2])
    assert not np.allclose(again[groups == 1], told[groups == 1])


def test_the_threshold_parts_right_answers_from_those_to_questions_without_one():
    told = np.array([0.9, 0.8, 0.7, 0.62, 0.58, 0.3, 0.2, 0.1])
    lines = [line(number, 0.5, right=number < 4, unanswerable=number >= 4) for number in range(8)]
    assert threshold(told, lines) == pytest.approx(0.6)


def test_what_nobody_judged_is_left_out(lines: list[dict[str, Any]]):
    unjudged = line(1, 0.5, right=True) | {"weighed": {"similarity": 0.4, "said": None, "lacks_number": False}}
    assert weighed([*lines[:2], unjudged, line(2, 0.5, right=True) | {"weighed": None}]) == lines[:2]


@pytest.mark.parametrize(
    ("half", "abstained", "why"), [("report", False, "nothing is fitted to"), ("development", True, "withheld")]
)
def test_the_report_half_and_a_run_that_withheld_answers_are_refused(
    tmp_path: Path, half: str, abstained: bool, why: str
):
    (tmp_path / "asked.json").write_text(json.dumps({"half": half, "profile": ""}))
    (tmp_path / RESULTS).write_text(json.dumps(line(1, 0.5, right=True) | {"abstained": abstained}) + "\n")
    with pytest.raises(UsageError, match=why):
        main([str(tmp_path)])
