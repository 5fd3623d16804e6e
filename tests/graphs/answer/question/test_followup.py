"""Questions that lean on earlier ones, and conversations that outlive a process."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from vidscout import Answer, VideoScout
from vidscout.graphs.answer.question.followup import in_context
from vidscout.graphs.answer.state import Place, Turn
from vidscout.graphs.events import StepStarted
from vidscout.tools.records import Span

MIRROR = Turn("What is the mirror made of?", "mirror made of", "Silicon carbide.", "a1", Span(20.0, 26.0))
DURATIONS = {"a1": 120.0}


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("When was that?", "When was that (mirror made of)?"),
        ("And why?", "And why (mirror made of)?"),
        ("What about the camera?", "What about the camera (mirror made of)?"),
        ("Who presents the film?", "Who presents the film?"),
        ("When does it say “An unlucky bird”?", "When does it say “An unlucky bird”?"),
        ("What is this video about?", "What is this video about?"),
        (
            "Which animals live in the northern forests of Canada?",
            "Which animals live in the northern forests of Canada?",
        ),
    ],
)
def test_a_question_takes_the_topic_of_the_one_before_only_when_it_needs_it(question: str, understood: str):
    assert in_context(question, [MIRROR], DURATIONS).question == understood


def test_after_that_is_the_time_after_the_evidence_of_the_last_answer():
    context = in_context("And what happened after that?", [MIRROR], DURATIONS)
    assert (context.within, context.place, context.video) == (Span(26.0, 120.0), Place.FIRST, "a1")
    context = in_context("What is said before that?", [MIRROR], DURATIONS)
    assert (context.within, context.place) == (Span(0.0, 20.0), Place.LAST)


def test_without_an_earlier_answer_nothing_is_added():
    assert in_context("When was that?", [], DURATIONS).question == "When was that?"
    nowhere = Turn("Is there a dog?", "dog", "Nothing found.", None, None)
    assert in_context("What happened after that?", [nowhere], DURATIONS).within is None


@pytest.mark.models
def test_a_conversation_goes_on_and_another_knows_nothing_of_it(scout: VideoScout, lecture: Path):
    first = scout.ask(lecture, "What is the mirror made of?", conversation="one")
    assert "silicon" in first.text.lower()
    when = scout.ask(lecture, "And when was that?", conversation="one")
    assert when.evidence[0].start == first.evidence[0].start
    after = scout.ask(lecture, "What is said after that?", conversation="one")
    assert after.evidence[0].start >= first.evidence[0].end
    other = scout.ask(lecture, "And when was that?", conversation="two")
    assert other.text != when.text


@pytest.mark.models
def test_a_new_question_of_a_conversation_starts_with_nothing_found(scout: VideoScout, lecture: Path):
    scout.ask(lecture, "What is the mirror made of?", conversation="fresh")
    second = scout.ask(lecture, "What does the flight cost?", conversation="fresh")
    alone = scout.ask(lecture, "What does the flight cost?")
    assert (second.text, second.evidence) == (alone.text, alone.evidence)
    assert second.route == alone.route


@pytest.mark.models
def test_conversations_at_once_do_not_mix(scout: VideoScout, lecture: Path):
    questions = {"a": "What is the mirror made of?", "b": "What does the flight cost?"}

    def talk(name: str) -> tuple[str, str]:
        scout.ask(lecture, questions[name], conversation=f"at once {name}")
        return name, scout.ask(lecture, "And when was that?", conversation=f"at once {name}").text

    alone = {name: scout.ask(lecture, question).evidence[0].text for name, question in questions.items()}
    with ThreadPoolExecutor(2) as pool:
        for name, text in pool.map(talk, questions):
            assert alone[name][:20] in text


KILLED = """
import os, signal, sys
from vidscout import Answer, VideoScout
from vidscout.graphs.answer.records import by_kind

def killed(state, answering):
    os.kill(os.getpid(), signal.SIGKILL)

by_kind.told = killed
with VideoScout(home=sys.argv[1]) as scout:
    scout.ask(sys.argv[2], "What is the mirror made of?", conversation="cut off")
"""


@pytest.mark.models
def test_a_question_that_was_killed_between_two_nodes_goes_on_where_it_stopped(home: Path, lecture: Path):
    ended = subprocess.run([sys.executable, "-c", KILLED, str(home), str(lecture)], env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    with VideoScout(home=home) as scout:
        events = list(scout.stream(lecture, "What is the mirror made of?", conversation="cut off"))
        answer = events[-1]
        assert isinstance(answer, Answer)
        steps = [event.step for event in events if isinstance(event, StepStarted)]
    assert "silicon" in answer.text.lower()
    assert steps[0] == "answer_from_records", "planning and gathering were done before the kill"
    assert answer.route[:1] == ["plan"]


@pytest.mark.models
def test_a_question_about_two_videos_names_the_one_that_answers(scout: VideoScout, lecture: Path, trailer: Path):
    answer = scout.ask([trailer, lecture], "What is the mirror made of?")
    assert "silicon" in answer.text.lower()
    assert f"{lecture.name} 0:" in answer.text
    assert answer.evidence[0].name == lecture.name
    title = scout.ask([trailer, lecture], "When does the title “An unlucky bird” appear?")
    assert title.evidence[0].name == trailer.name
