"""Asking, with the real embedded models."""

import asyncio
import threading
from pathlib import Path

import pytest
from vidscout import Answer, VideoScout
from vidscout.bench.demo import questions, right
from vidscout.graphs.events import StepStarted, Token, ToolFinished

pytestmark = pytest.mark.models


@pytest.fixture
def video(request: pytest.FixtureRequest, trailer: Path, lecture: Path) -> Path:
    return {"trailer": trailer, "lecture": lecture}[request.param]


@pytest.mark.parametrize(
    ("video", "asked"), [(q["video"], q) for q in questions("demo")], indirect=["video"],
    ids=[q["question"] for q in questions("demo")],
)  # fmt: skip
def test_the_demos_questions_are_answered(scout: VideoScout, video: Path, asked: dict):
    answer = scout.ask(video, asked["question"])
    assert right(answer, asked), answer


def test_a_second_question_touches_the_index_only(scout: VideoScout, lecture: Path):
    scout.ask(lecture, "Who works at the science center in Lisbon?")
    answer = scout.ask(lecture, "What is the total mass of the telescope?")
    for counter in ("frames_decoded", "asr_seconds", "ocr_calls", "detector_calls"):
        assert answer.counters[counter] == 0
    assert (
        answer.timings["before_answer"] < 1.0
    )  # measured in bench/questions.py; here only that nothing was read again


def test_events_come_in_the_order_of_the_graph(scout: VideoScout, lecture: Path):
    events = list(scout.stream(lecture, "What is the mirror made of?"))
    answer = events[-1]
    assert isinstance(answer, Answer)
    steps = [event.step for event in events if isinstance(event, StepStarted)]
    assert steps == ["plan", "select", "find_objects", "answer_from_records", "verify"]
    assert {event.tool for event in events if isinstance(event, ToolFinished)} == {
        "speech", "screen_text", "object", "caption", "frame", "sound", "chapter",
    }  # fmt: skip
    assert "".join(event.text for event in events if isinstance(event, Token)).strip()
    assert answer.route[0] == "plan"
    assert answer.route[-1] == "verify"


def test_a_time_range_keeps_evidence_inside(scout: VideoScout, lecture: Path):
    answer = scout.ask(lecture, "What is on the slide?", time_range=(40, 46))
    assert answer.evidence
    assert all(item.start < 46 and item.end > 40 for item in answer.evidence)


def test_a_range_behind_the_end_is_refused(scout: VideoScout, trailer: Path):
    with pytest.raises(Exception, match="ends at 0:5"):
        scout.ask(trailer, "What?", time_range=(600, 700))


def test_nothing_is_invented_about_what_is_not_there(scout: VideoScout, trailer: Path, lecture: Path):
    for path, question in (
        (trailer, "What did the prime minister announce about taxes?"),
        (lecture, "How do you bake sourdough bread?"),
    ):
        answer = scout.ask(path, question)
        assert answer.abstained, answer.text
        assert answer.confidence < 0.5


def test_several_videos_are_asked_at_once(scout: VideoScout, trailer: Path, lecture: Path):
    answer = scout.ask([trailer, lecture], "What is the mirror made of?")
    assert "silicon" in answer.text.lower()
    assert answer.evidence[0].video == scout.find(lecture).id


def test_two_questions_at_once_do_not_mix(scout: VideoScout, trailer: Path, lecture: Path):
    asked = {
        "What is the mirror made of?": (lecture, "silicon"),
        "Who presents the film?": (trailer, "blender"),
        "When does the title “An unlucky bird” appear?": (trailer, "0:1"),
        "What did the commander repair?": (lecture, "boats"),
    }
    answers: dict[str, Answer] = {}
    errors: list[BaseException] = []

    def ask(question: str) -> None:
        try:
            answers[question] = scout.ask(asked[question][0], question)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(question,)) for question in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for question, (path, expected) in asked.items():
        answer = answers[question]
        assert expected in answer.text.lower()
        assert answer.question == question
        assert {item.video for item in answer.evidence} == {scout.find(path).id}
        assert answer.counters["llm_calls"] <= 2


def test_the_async_twin_answers_the_same(scout: VideoScout, lecture: Path):
    question = "When does a cat appear?"
    answer = asyncio.run(scout.aask(lecture, question))
    assert answer.text == scout.ask(lecture, question).text


def test_search_respects_its_filters(scout: VideoScout, lecture: Path):
    hits = scout.search("telescope", lecture, modality="screen_text", time_range=(0, 40), k=5)
    assert hits
    assert all(hit.modality == "screen_text" and hit.start < 40 for hit in hits)


def test_every_video_is_searched_when_none_is_named(scout: VideoScout, trailer: Path, lecture: Path):
    assert scout.search("unlucky bird")[0].video == scout.find(trailer).id
    assert scout.search("silicon carbide mirror")[0].video == scout.find(lecture).id
