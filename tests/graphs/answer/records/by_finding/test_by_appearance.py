"""Questions about colours, clothes, postures and sizes, read off what was found of everybody and everything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from vidscout import VideoScout
from vidscout.graphs.answer.question.object_names import named_labels
from vidscout.graphs.answer.records.by_finding.by_appearance import by_appearance
from vidscout.graphs.answer.records.by_finding.looking import wanted
from vidscout.graphs.answer.routes import route
from vidscout.graphs.answer.state import Answering, AnswerState, Kind, Plan, Want
from vidscout.tools.geometry import Box
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Appearance
from vidscout.tools.records import Record, Span

VIDEO = "a2"
LEFT = (Box(0.0, 0.4, 0.2, 0.6),) * 2
LOOKS = (
    (0, 9, Appearance("car", colours=(("red", 0.8),), size=0.05)),
    (4, 12, Appearance("car", colours=(("red", 0.7),), size=0.2)),
    (20, 29, Appearance("car", colours=(("white", 0.9),), size=0.01)),
    (3, 8, Appearance("person", upper=(("blue", 0.8),), lower=(("black", 0.9),), postures=(("sitting", 0.8),))),
    (9, 15, Appearance("person", upper=(("green", 0.8),), postures=(("walking", 0.8),))),
)


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory, scout: VideoScout) -> Iterator[Answering]:
    records = [Record.of(VIDEO, Span(start, end), looks, 0.9, "test/1", LEFT) for start, end, looks in LOOKS]
    unused: Any = None
    home: Path = tmp_path_factory.mktemp("looks")
    with VideoIndex(home) as index:
        index.add(records, None)
        yield Answering(
            index=index, text_embedding=scout.role("text_embedding"), label_embedding=unused, answerer=Scripted(),
            quotes=True, selector="topk", packer="interleaved", route=route("rag"), planner="rules", frames=4,
            token_budget=100, max_new_tokens=10, max_rounds=1, tool_timeout=1.0,
        )  # fmt: skip


def told(answering: Answering, question: str, kind: Kind | None = None) -> Any:
    state = AnswerState(question, videos=[VIDEO], durations={VIDEO: 30.0})
    labels = named_labels(question, ["car", "person", "dog"])
    plan = Plan(Want.FACT, question, question, (), kind=kind, language="en", quotes=True, labels=labels)
    return by_appearance(state, answering, plan)


@pytest.mark.models
def test_what_is_asked_of_looks_is_read_off(answering: Answering):
    assert told(answering, "What colour was the car in front of the house?").text.startswith("a red car (seen at 0:00)")
    worn = told(answering, "What does the lady wear?") or told(answering, "What is this man wearing?")
    assert "upper body blue, legs black" in worn.text
    assert told(answering, "How many red cars do you see?", Kind.COUNT_SEEN).text.startswith("2 cars: a red car")
    assert told(answering, "Where is the white car?", Kind.PLACE).text == "a white car at the left (seen at 0:20)"
    assert told(answering, "Which car is the largest?").text == "a red car (20%) (seen at 0:04)"
    assert told(answering, "Is anyone sitting?", Kind.YES_NO).text.startswith("Yes. a person: upper body blue")


@pytest.mark.models
def test_what_is_not_so_or_not_asked_is_left_to_others(answering: Answering):
    assert told(answering, "What was said of the red car?", Kind.QUOTE) is None
    for question in ("How many green cars are there?", "Is anybody lying down?", "What colour is the dog?"):
        assert told(answering, question) is None
    for question in ("How many cars are there?", "What does the man say about the car?", "When does the car arrive?"):
        assert told(answering, question) is None


def test_colours_and_postures_are_told_in_other_forms_of_their_words():
    assert wanted("How many seated people in GRAY are there?") == {"sitting", "grey"}
    assert wanted("Who reddens?") == frozenset()
