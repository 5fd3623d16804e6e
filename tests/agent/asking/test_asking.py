"""The way from a question to its answer: one compiled graph, deadlines, conversations side by side, what is told."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from langgraph.graph import StateGraph
from vidscout import Answer, VideoScout
from vidscout.agent.bridge import still_working
from vidscout.graphs.answer.graph import compiled
from vidscout.graphs.answer.nodes import gather as gathering
from vidscout.graphs.answer.state import AnswerState
from vidscout.graphs.events import Relevance, StepStarted
from vidscout.tools.records import Modality

pytestmark = pytest.mark.models

QUESTION = "What is the mirror made of?"


def test_the_graph_is_compiled_once_with_and_without_a_conversation(
    scout: VideoScout, lecture: Path, monkeypatch: pytest.MonkeyPatch
):
    scout.ask(lecture, QUESTION)

    def again(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(StateGraph, "compile", again)
    assert "silicon" in scout.ask(lecture, QUESTION).text.lower()
    assert "silicon" in scout.ask(lecture, QUESTION, conversation="compiled once").text.lower()
    assert compiled() is compiled()


def test_a_branch_that_never_returns_holds_nobody(scout: VideoScout, lecture: Path, monkeypatch: pytest.MonkeyPatch):
    find = gathering.find

    def endless(request, answering):
        if request.modality is Modality.OBJECT:
            threading.Event().wait()
        return find(request, answering)

    scout.ask(lecture, QUESTION)  # everything is loaded
    monkeypatch.setattr(gathering, "find", endless)
    began = time.monotonic()
    answer = scout.with_settings(tool_timeout=1.0).ask(lecture, QUESTION)
    assert time.monotonic() - began < 15  # 1 s, and what the answerer takes on a machine that does other things
    assert answer.timings["gather:object"] < 3
    assert "object was given up after 1 s" in answer.notes
    assert "silicon" in answer.text.lower()


def test_an_embedding_that_never_returns_ends_with_a_note(
    scout: VideoScout, lecture: Path, monkeypatch: pytest.MonkeyPatch
):
    scout.ask(lecture, QUESTION)
    embedding = scout.role("text_embedding")
    free = threading.Event()
    run = embedding.run
    monkeypatch.setattr(embedding, "run", lambda texts: free.wait() and run(texts))
    began = time.monotonic()
    answer = scout.with_settings(tool_timeout=0.5).ask(lecture, QUESTION)
    free.set()
    assert time.monotonic() - began < 20
    assert any("searched by words only" in note and "0.25 s" in note for note in answer.notes)


def test_eight_conversations_at_once_on_one_graph_do_not_mix(scout: VideoScout, trailer: Path, lecture: Path):
    asked = [
        (lecture, QUESTION, "silicon"),
        (trailer, "Who presents the film?", "blender"),
        (lecture, "What did the commander repair?", "boats"),
        (trailer, "When does the title “An unlucky bird” appear?", "0:1"),
    ]
    begin = threading.Barrier(8)
    answers: dict[int, list[Answer]] = {}
    errors: list[BaseException] = []

    def talk(number: int) -> None:
        path, question, _ = asked[number % 4]
        try:
            begin.wait()
            own = f"eight at once, {number}"
            answers[number] = [scout.ask(path, question, conversation=own) for _ in range(2)]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for number, both in answers.items():
        path, question, right = asked[number % 4]
        for answer in both:
            assert answer.question == question
            assert right in answer.text.lower()
            assert answer.videos == [scout.find(path).id]
            assert {item.video for item in answer.evidence} == set(answer.videos)
            assert answer.counters["llm_calls"] <= 2
            assert answer.counters["embeddings"] <= 12
            assert answer.route.count("verify") == answer.route.count("plan") <= 2


def test_the_clock_starts_when_ask_is_called(scout: VideoScout, lecture: Path, monkeypatch: pytest.MonkeyPatch):
    scout.ask(lecture, QUESTION)
    monkeypatch.setattr(scout.models, "warm_up", lambda **_: time.sleep(0.5))
    answer = scout.ask(lecture, QUESTION)
    assert 0.5 <= answer.timings["before_answer"] <= answer.timings["total"]


def test_who_stops_listening_stops_the_answer(scout: VideoScout, lecture: Path):
    events = scout.stream(lecture, QUESTION)
    while not isinstance(next(events), StepStarted):
        pass
    events.close()  # type: ignore[attr-defined]  # it is a generator
    end = time.monotonic() + 10
    while still_working() and time.monotonic() < end:
        time.sleep(0.05)
    assert not still_working()


def test_an_answer_carries_how_well_each_moment_fits(scout: VideoScout, trailer: Path, lecture: Path):
    events = list(scout.stream([lecture, trailer], QUESTION))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert set(answer.relevance) == set(answer.videos)
    told = {event.video: list(event.points) for event in events if isinstance(event, Relevance)}
    assert told == answer.relevance
    for curve in answer.relevance.values():
        times = [at for at, _ in curve]
        assert times == sorted(set(times))
        assert all(0 <= fit <= 1 for _, fit in curve)
    best = answer.evidence[0]
    peak = max(answer.relevance[best.video], key=lambda point: point[1])
    assert max(fit for _, fit in answer.relevance[scout.find(trailer).id]) < peak[1]
    assert best.start - 3 <= peak[0] <= best.end


def test_the_curve_of_a_stretch_falls_to_zero_behind_it(scout: VideoScout, lecture: Path):
    [curve] = scout.ask(lecture, "What is on the slide?", time_range=(40, 46)).relevance.values()
    assert curve[-1] == (46.0, 0.0)
    assert all(at < 46 for at, _ in curve[:-1])


def test_nothing_blocks_an_event_loop(scout: VideoScout, lecture: Path):
    video = scout.find(lecture)
    state = AnswerState(QUESTION, videos=[video.id], durations={video.id: video.duration})

    async def ask() -> list[str]:
        with blockbuster_ctx():
            end = await compiled().ainvoke(state, context=scout.answering())
            answer = await scout.aask(lecture, QUESTION, conversation="on an event loop")
            events = [event async for event in scout.astream(lecture, QUESTION)]
            [read] = await scout.aingest(lecture)
        last = events[-1]
        assert isinstance(last, Answer)
        assert read.video == video.id
        return [end["text"], answer.text, last.text]

    assert all("silicon" in text.lower() for text in asyncio.run(ask()))
