"""Plans from the answerer: checked, repaired once, and the rules when they cannot be used."""

import json
from pathlib import Path

import pytest
from scripted import Scripted
from vidscout import VideoScout
from vidscout.graphs.answer.question.model_plan import PlanError, Wanted, ask_model
from vidscout.tools.records import Modality

GOOD = {"want": "when", "speech": "the fuse is changed", "screen": None, "objects": ["bike"], "first_or_last": "first"}


def test_a_plan_says_what_to_look_for_where():
    wanted = ask_model("When was the fuse changed?", Scripted("Here it is: " + json.dumps(GOOD)))
    assert wanted.queries() == {Modality.SPEECH: "the fuse is changed", Modality.OBJECT: "bike"}
    assert wanted.labels(("dog",), ("dog", "bicycle")) == ("dog", "bicycle")


def test_a_plan_that_cannot_be_used_is_repaired_once():
    planner = Scripted(json.dumps({**GOOD, "want": "where"}), json.dumps(GOOD))
    assert ask_model("When?", planner).want == "when"
    assert "want: " in planner.asked[1]


@pytest.mark.parametrize("rubbish", ["", "{", "no", '{"want": "fact"}', '{"want": "fact", "speech": "  "}', "[]"])
def test_two_plans_that_cannot_be_used_are_an_error(rubbish: str):
    with pytest.raises(PlanError):
        ask_model("When?", Scripted(rubbish, rubbish))


@pytest.mark.models
def test_the_rules_plan_when_the_model_cannot_and_the_answer_says_so(
    scout: VideoScout, lecture: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object):
        raise PlanError("JSON: Field required")

    monkeypatch.setattr("vidscout.graphs.answer.nodes.plan.ask_model", broken)
    answer = scout.with_settings(planner="model").ask(lecture, "What is the mirror made of?")
    assert "silicon" in answer.text.lower()
    assert "the model's plan could not be used, so the rules planned: JSON: Field required" in answer.notes


@pytest.mark.models
def test_the_real_models_plan_is_one_under_the_schema(scout: VideoScout, lecture: Path):
    wanted = ask_model("What does the speaker say about the mirror?", scout.role("answerer"))
    assert isinstance(wanted, Wanted)
    answer = scout.with_settings(planner="model").ask(lecture, "What is the mirror made of?")
    assert answer.counters["llm_calls"] >= 1
    assert answer.evidence
