"""Questions that want stretches, highlights, a clip or a summary of a part, as `ask` hands them over."""

from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.graphs.events import Token

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    "question",
    [
        "find every time the silicon carbide mirror is mentioned",
        "Where do they talk about the silicon carbide mirror?",
        "finde alle Stellen über den Spiegel aus Siliziumkarbid",
        "muéstrame todos los momentos en que hablan del espejo de carburo de silicio",
        "trouve tous les passages sur le miroir en carbure de silicium",
        "找出所有提到碳化硅镜子的地方",
        "ابحث عن كل مرة يذكرون فيها مرآة كربيد السيليكون",
    ],
)
def test_a_question_for_stretches_lists_them_with_evidence(scout: VideoScout, lecture: Path, question: str):
    tokens: list[str] = []
    answer = scout.ask(lecture, question, on_event=lambda e: tokens.append(e.text) if isinstance(e, Token) else None)
    assert answer.route == ["ground"]
    assert not answer.abstained
    assert any(24 <= one.start < one.end <= 36.5 for one in answer.spans)
    assert any("silicon carbide" in one.text for one in answer.evidence)
    assert "0:2" in answer.text
    assert "".join(tokens) == answer.text


def test_what_is_nowhere_is_said_to_be_nowhere(scout: VideoScout, lecture: Path):
    answer = scout.ask(lecture, "find every time a crocodile is mentioned")
    assert answer.abstained
    assert answer.spans == []
    assert answer.confidence == 0
    assert len(answer.evidence) == 1  # what comes nearest
    assert scout.ask(lecture, "finde jede Stelle, an der ein Krokodil erwähnt wird").text.startswith("Nichts")


@pytest.mark.parametrize(
    "question",
    ["What is the mirror made of?", "How many instruments does it have?", "Where will it be launched?", "sum it up"],
)
def test_other_questions_are_answered_as_before(scout: VideoScout, lecture: Path, question: str):
    answer = scout.ask(lecture, question)
    assert "plan" in answer.route
    assert answer.spans == []


def test_highlights_are_a_reel_of_the_length_that_is_named(scout: VideoScout, lecture: Path):
    answer = scout.ask(lecture, "give me the highlights in 20 seconds")
    assert answer.route == ["highlights"]
    assert 0 < sum(one.end - one.start for one in answer.spans) <= 20
    assert "vidscout highlights" in answer.notes[0]


def test_a_part_is_summarised_and_nothing_outside_of_it(scout: VideoScout, lecture: Path):
    answer = scout.ask(lecture, "summarise from 0:20 to 1:30")
    assert answer.route == ["describe"]
    assert answer.evidence
    assert all(one.end > 20 and one.start < 90 for one in answer.evidence)


def test_that_is_what_the_answer_before_told_of(scout: VideoScout, lecture: Path):
    found = scout.ask(lecture, "find every time the silicon carbide mirror is mentioned")
    cut = scout.ask(lecture, "cut that out", earlier=[found])
    assert [(one.start, one.end) for one in cut.spans] == [(one.start, one.end) for one in found.spans]
    assert "vidscout clip" in cut.notes[0]
    named = scout.ask(lecture, "make a clip from 0:10 to 0:20")
    assert [(one.start, one.end) for one in named.spans] == [(10.0, 20.0)]


def test_a_conversation_remembers_what_was_handed_over(scout: VideoScout, lecture: Path):
    name = "handed-over"
    found = scout.ask(lecture, "show me every mention of the silicon carbide mirror", conversation=name)
    cut = scout.ask(lecture, "please cut that out", conversation=name)
    assert cut.route == ["clip"]
    assert cut.spans[0].start == pytest.approx(found.evidence[0].start, abs=0.01)
