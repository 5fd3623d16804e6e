"""Questions about who speaks, read off turns and utterances."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scripted import Scripted
from vidscout import VideoScout
from vidscout.graphs.answer.records.by_finding.by_person import by_person
from vidscout.graphs.answer.records.by_finding.by_speaker import by_speaker
from vidscout.graphs.answer.records.by_finding.speaking import masked, mentioned
from vidscout.graphs.answer.routes import route
from vidscout.graphs.answer.state import Answering, AnswerState, Candidate, Kind, Plan, Want
from vidscout.tools.index.rows.people import How, Named
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Person, Spoken, Voice
from vidscout.tools.records import Record, Span
from vidscout.tools.videollm import Message

pytestmark = pytest.mark.models

VIDEO = "a1"
TALK = (
    ("Maria", 0.0, 6.0, "The bridge needs new paint in June."),
    ("Tom", 7.0, 12.0, "Who pays for the paint of the bridge?"),
    ("Maria", 13.0, 20.0, "The county pays half of it."),
    ("Tom", 21.0, 25.0, "The harbour wall is older than the bridge."),
    ("Speaker 3", 26.0, 28.0, "Lunch is ready."),
)


class Judge(Scripted):
    """Finds every question answered with one probability."""

    def __init__(self, yes: float) -> None:
        super().__init__()
        self._yes = yes

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        return {"yes": math.log(self._yes), "no": math.log(1 - self._yes)}


@pytest.fixture
def answering(tmp_path: Path, scout: VideoScout) -> Iterator[Answering]:
    embedding = scout.role("text_embedding")
    labels = {"Maria": "Speaker 1", "Tom": "Speaker 2", "Speaker 3": "Speaker 3"}
    spoken = [
        Record.of(VIDEO, Span(start, end), Spoken(text, language="en", speaker=name), 0.9, "test/1")
        for name, start, end, text in TALK
    ]
    turns = [Record.of(VIDEO, Span(start, end), Voice(labels[name]), 1.0, "test/1") for name, start, end, _ in TALK]
    with VideoIndex(tmp_path) as index:
        index.add(spoken, np.stack(embedding.run([record.text for record in spoken])))
        index.add(turns, None)
        index.people.rename(VIDEO, {labels[name]: Named(name, How.USER) for name in ("Maria", "Tom")})
        unused: Any = None
        yield Answering(
            index=index, text_embedding=embedding, label_embedding=unused, answerer=Scripted(), quotes=True,
            selector="topk", packer="interleaved", route=route("rag"), planner="rules", frames=4, token_budget=100,
            max_new_tokens=10, max_rounds=1, tool_timeout=1.0,
        )  # fmt: skip


def told(answering: Answering, question: str, kind: Kind | None = None) -> Any:
    state = AnswerState(question, videos=[VIDEO], durations={VIDEO: 30.0})
    state.plan = Plan(Want.FACT, question, question, (), kind=kind, language="en", quotes=True)
    return by_speaker(state, answering, state.plan)


def test_how_long_somebody_speaks_is_the_sum_of_the_turns(answering: Answering):
    assert told(answering, "How long does Maria speak?").text == "Maria speaks for 0:13."
    assert told(answering, "for how long does speaker 3 talk").text == "Speaker 3 speaks for 0:02."


def test_who_speaks_most_is_named_first(answering: Answering):
    text = told(answering, "Who talks the most?").text
    assert text.startswith("Maria speaks for 0:13. Tom speaks for 0:09.")
    assert told(answering, "Which of them hardly gets a word in?").text.startswith("Speaker 3 speaks for 0:02.")


def test_all_who_speak_are_counted(answering: Answering):
    text = told(answering, "What is the number of people who talk?").text
    assert text == "3 speak. Maria speaks for 0:13. Tom speaks for 0:09. Speaker 3 speaks for 0:02."


def test_who_says_something_is_told_with_his_words(answering: Answering):
    found = told(answering, "Whose remark was it that the harbour wall is older?")
    assert found.text == "“The harbour wall is older than the bridge.” (said at 0:21) Said by Tom."
    assert told(answering, "Wer hat gesagt, dass das Essen fertig ist?").cited[0].record.span.start == 26.0
    assert told(answering, "Who said that the elephants of Tanzania are asleep?") is None


def test_what_is_cited_is_of_the_class_that_a_conversation_reads_back(answering: Answering):
    for question in (
        "Whose remark was it that the harbour wall is older?",
        "What does Tom say about the harbour wall?",
    ):
        found = told(answering, question)
        assert found.cited
        assert {type(one) for one in found.cited} == {Candidate}


def test_who_said_it_is_withheld_where_the_judge_finds_that_nobody_did(answering: Answering):
    judging = replace(answering, judge=Judge(0.02))
    assert told(judging, "Who said that the harbour wall is older?").abstained
    near = told(judging, "Who said that the harbour wall is older?", Kind.WHO_SAID)
    assert near.text.endswith("Said by Tom.")  # what is asked for is what he said
    sure = told(replace(answering, judge=Judge(0.98)), "Who said that the harbour wall is older?")
    assert sure.text.endswith("Said by Tom.")
    assert sure.confidence > 0.5


def test_what_somebody_asks_is_a_question(answering: Answering):
    found = told(answering, "What would Tom like to know?")
    assert [one.record.text for one in found.cited] == ["Who pays for the paint of the bridge?"]


def test_names_are_found_in_scripts_that_part_no_words():
    names = ["Maria Lopez", "Tom", "Speaker 2"]
    assert mentioned("Maria对Tom说了什么", names) == [("Maria Lopez", "Maria"), ("Tom", "Tom")]
    assert mentioned("Was sagt Toms Schwester zu Speaker 2?", names) == [("Tom", "Tom"), ("Speaker 2", "Speaker 2")]
    assert mentioned("the tomb of Mariana", names) == []
    assert masked("Mariaは何分話した", ["Maria"]) == "Annaは何分話した"


def test_who_speaks_first_and_last(answering: Answering):
    assert told(answering, "Who speaks first?").text.startswith("Said by Maria. “The bridge needs")
    assert told(answering, "Who spoke last?").text.startswith("Said by Speaker 3. “Lunch")


def test_what_somebody_says_about_something_is_quoted_of_nobody_else(answering: Answering):
    found = told(answering, "What did Tom say about the bridge and its paint?")
    assert {one.record.payload.speaker for one in found.cited} == {"Tom"}
    assert "Who pays for the paint of the bridge?" in found.text
    assert found.text.endswith("Said by Tom.")


def test_what_somebody_never_says_is_not_found(answering: Answering):
    found = told(answering, "What does Maria say about elephants in Tanzania?")
    assert found.abstained


def test_what_somebody_answers_comes_after_what_another_asks(answering: Answering):
    found = told(answering, "What did Maria answer when asked who pays for the paint?")
    assert found.text.startswith("“The county pays half of it.”")
    found = told(answering, "After Tom had asked who pays for the paint, what was the answer of Maria?")
    assert found.text.startswith("“The county pays half of it.”")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When is the bridge painted?", Kind.DATE),
        ("Where does Maria live?", Kind.PLACE),
        ("What did they say about the bridge?", Kind.QUOTE),
        ("How old is Tom?", Kind.NUMBER),
        ("How long is the bridge?", Kind.NUMBER),
    ],
)
def test_other_questions_are_left_to_others(answering: Answering, question: str, kind: Kind):
    assert told(answering, question, kind) is None


def test_when_somebody_is_seen_is_told_by_his_name_only(answering: Answering):
    index = answering.index
    faces = [("unknown person 1", 2.0, 6.0), ("unknown person 2", 3.0, 9.0), ("unknown person 1", 20.0, 22.0)]
    index.add([Record.of(VIDEO, Span(start, end), Person(label), 1.0, "test/1") for label, start, end in faces], None)
    index.faces.rename(VIDEO, {"unknown person 1": Named("Anna Berg", How.LIKENESS)})

    def seen(question: str) -> Any:
        state = AnswerState(question, videos=[VIDEO], durations={VIDEO: 30.0})
        plan = Plan(Want.WHEN, question, question, (), language="en", quotes=True)
        return by_person(state, answering, plan)

    assert seen("Show me where Anna appears").text == "Anna Berg is seen at 0:02–0:06, 0:20–0:22."
    assert [one.record.span.start for one in seen("When is Anna Berg on screen?").cited] == [2.0, 20.0]
    assert seen("Where does Anna work?") is None
    assert seen("Where does Ben appear?") is None
