from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.tools.errors import UsageError

pytestmark = pytest.mark.models


def test_llovi_answers_from_a_summary_of_captions(scout: VideoScout, lecture: Path):
    answer = scout.with_settings(route="llovi").ask(lecture, "What is the mirror made of?")
    assert [step for step in answer.route if step.startswith("gather")] == ["gather:caption"]
    assert "summarise" in answer.route
    assert answer.counters["llm_calls"] == 2
    assert {item.modality for item in answer.evidence} <= {"caption"}


def test_cot_writes_the_evidence_down_before_it_answers(scout: VideoScout, lecture: Path):
    thinking = scout.with_settings(route="cot")
    answer = thinking.ask(lecture, "What is the mirror made of?")
    choice = thinking.ask(lecture, "What is the mirror made of?", ["gold", "glass", "silicon carbide", "water"])
    steps = answer.route
    assert steps.index("pack") < steps.index("think") < steps.index("respond")
    assert "silicon" in answer.text.lower()
    assert choice.choice == "C"


def test_direct_needs_an_answerer_that_sees(scout: VideoScout, lecture: Path):
    with pytest.raises(UsageError, match="shows frames only, and answerer"):
        scout.with_settings(route="direct").ask(lecture, "What is the mirror made of?")


def test_a_route_that_is_not_there_is_named_with_those_that_are(scout: VideoScout, lecture: Path):
    with pytest.raises(UsageError, match="no route 'scenic'; there are rag, llovi, direct, text, cot"):
        scout.with_settings(route="scenic").ask(lecture, "What is the mirror made of?")
