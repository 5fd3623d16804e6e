"""Questions about what people and things do to each other, read off their tracks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from vidscout import VideoScout
from vidscout.graphs.answer.question.object_names import named_labels
from vidscout.graphs.answer.records.by_finding.by_relation import by_relation
from vidscout.graphs.answer.routes import route
from vidscout.graphs.answer.state import Answering, AnswerState, Kind, Plan, Want
from vidscout.tools.geometry import Box
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import Shot, Track
from vidscout.tools.records import Record, Span

VIDEO = "a3"
CAR = Box(0.6, 0.5, 0.8, 0.8)


def walker() -> Track:
    """Comes in from the left at 0:04 and walks up to the car, where he stays."""
    lefts = [0.0, 0.08, 0.16, 0.24, 0.32, 0.4, 0.48, *[0.5] * 5]
    return Track("person", tuple(4.0 + at for at in range(12)), tuple(Box(x, 0.5, x + 0.1, 0.8) for x in lefts))


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory, scout: VideoScout) -> Iterator[Answering]:
    car = Track("car", tuple(float(at) for at in range(25)), (CAR,) * 25)
    records = [
        Record.of(VIDEO, Span(one.times[0], one.times[-1]), one, 0.9, "test/1", (one.boxes[0], one.boxes[-1]))
        for one in (walker(), car)
    ]
    records.append(Record.of(VIDEO, Span(0, 25), Shot(1), 1.0, "test/1"))
    unused: Any = None
    home: Path = tmp_path_factory.mktemp("relations")
    with VideoIndex(home) as index:
        index.add(records, None)
        yield Answering(
            index=index, text_embedding=scout.role("text_embedding"), label_embedding=unused, answerer=Scripted(),
            quotes=True, selector="topk", packer="interleaved", route=route("rag"), planner="rules", frames=4,
            token_budget=100, max_new_tokens=10, max_rounds=1, tool_timeout=1.0,
        )  # fmt: skip


def told(answering: Answering, question: str, kind: Kind | None = Kind.WHEN, within: Span | None = None) -> Any:
    state = AnswerState(question, videos=[VIDEO], durations={VIDEO: 25.0})
    labels = named_labels(question, ["car", "person", "dog"])
    plan = Plan(Want.WHEN, question, question, (), kind=kind, quotes=True, labels=labels, within=within)
    return by_relation(state, answering, plan)


@pytest.mark.models
def test_when_somebody_approaches_something_is_told_with_its_time(answering: Answering):
    found = told(answering, "At what time does the man walk up to the car?")
    assert found.text.startswith("a person approaches a car (seen at 0:")
    [cited] = found.cited
    assert 4 <= cited.record.span.start < cited.record.span.end <= 12
    assert told(answering, "Does the person approach the car?", Kind.YES_NO).text.startswith("Yes. a person approaches")
    assert told(answering, "When does the man approach the car?", within=Span(18, 25)) is None


@pytest.mark.models
def test_who_comes_into_the_picture_is_told_and_who_is_not_named_is_not(answering: Answering):
    assert told(answering, "When does a person come into the picture?").text.startswith("a person comes into the pict")
    assert told(answering, "When does a dog come into the picture?") is None
    assert told(answering, "When does the man leave the picture?") is None


@pytest.mark.models
@pytest.mark.parametrize("question", ["What colour is the car?", "When is the car shown?", "Who owns the car?"])
def test_another_question_is_left_alone(answering: Answering, question: str):
    assert told(answering, question) is None
