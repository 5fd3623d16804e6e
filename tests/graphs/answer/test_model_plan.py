"""Plans from the answerer: checked, repaired once, and the rules when they cannot be used."""

import json
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from vidscout import VideoScout
from vidscout.graphs.answer.model_plan import PlanError, Wanted, ask_model
from vidscout.tools.records import Modality
from vidscout.tools.videollm import Finish, Message, VideoLLM

GOOD = {"want": "when", "speech": "the fuse is changed", "screen": None, "objects": ["bike"], "first_or_last": "first"}


class Planner(VideoLLM):
    """Says what it was told to say."""

    def __init__(self, *replies: str) -> None:
        super().__init__()
        self.replies = list(replies)
        self.asked: list[str] = []

    @property
    def source(self) -> str:
        return "planner/1"

    def setup(self) -> None: ...

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        self.asked.append(messages[-1].text)
        yield self.replies.pop(0)
        return Finish.STOP

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        return {}

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return 0


def test_a_plan_says_what_to_look_for_where():
    wanted = ask_model("When was the fuse changed?", Planner("Here it is: " + json.dumps(GOOD)))
    assert wanted.queries() == {Modality.SPEECH: "the fuse is changed", Modality.OBJECT: "bike"}
    assert wanted.labels(("dog",)) == ("dog", "bicycle")


def test_a_plan_that_cannot_be_used_is_repaired_once():
    planner = Planner(json.dumps({**GOOD, "want": "where"}), json.dumps(GOOD))
    assert ask_model("When?", planner).want == "when"
    assert "want: " in planner.asked[1]


@pytest.mark.parametrize("rubbish", ["", "{", "no", '{"want": "fact"}', '{"want": "fact", "speech": "  "}', "[]"])
def test_two_plans_that_cannot_be_used_are_an_error(rubbish: str):
    with pytest.raises(PlanError):
        ask_model("When?", Planner(rubbish, rubbish))


@pytest.mark.models
def test_the_rules_plan_when_the_model_cannot_and_the_answer_says_so(
    home: Path, lecture: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object):
        raise PlanError("JSON: Field required")

    with VideoScout(home=home, planner="model") as scout:
        monkeypatch.setattr("vidscout.graphs.answer.plan.ask_model", broken)
        answer = scout.ask(lecture, "What is the mirror made of?")
    assert "silicon" in answer.text.lower()
    assert "the model's plan could not be used, so the rules planned: JSON: Field required" in answer.notes


@pytest.mark.models
def test_the_real_models_plan_is_one_under_the_schema(home: Path, lecture: Path):
    with VideoScout(home=home, planner="model") as scout:
        wanted = ask_model("What does the speaker say about the mirror?", scout.role("answerer"))
        assert isinstance(wanted, Wanted)
        answer = scout.ask(lecture, "What is the mirror made of?")
    assert answer.counters["llm_calls"] >= 1
    assert answer.evidence
