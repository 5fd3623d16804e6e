"""How questions are routed. The rule planner must get at least 36 of the 40 cases right, and lose no modality ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vidscout.bench.measure.answering.planner import by_rules, routing
from vidscout.graphs.answer.question.rules import SEARCHED, read_question, topic_of
from vidscout.graphs.answer.state import Place, Want


def test_the_planner_reads_most_questions_as_a_person_would():
    cases = routing()
    wrong = [case for case in cases if not by_rules(case)]
    assert len(cases) == 40
    assert len(wrong) <= 4, wrong


@pytest.mark.parametrize("question", [case.question for case in routing()] + ["?", "Xyzzy", "7", "どこですか"])
def test_no_question_leaves_a_modality_out(question: str):
    weights = read_question(question).weights
    assert set(weights) == set(SEARCHED)
    assert all(weight > 0.3 for weight in weights.values())


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("What is the first title?", Place.FIRST),
        ("What does the last slide say?", Place.LAST),
        ("What is said in the first half?", None),
        ("What happens in the last two minutes?", None),
        ("What is said about the sun?", None),
    ],
)
def test_an_ordinal_means_an_end_of_the_timeline_unless_it_measures_time(question: str, place: Place | None):
    assert read_question(question).place is place


def test_a_quoted_phrase_is_kept_whole():
    assert read_question("When is “An unlucky bird” shown?").quoted == ("An unlucky bird",)
    assert read_question("When is 'An unlucky bird' shown?").quoted == ("An unlucky bird",)
    assert read_question("What's the speaker's name?").quoted == ()


def test_everyday_words_name_the_detectors_objects():
    assert read_question("How many bikes and men are there?").labels == ("bicycle", "person")
    assert read_question("Is there a traffic light?").labels == ("traffic light",)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("When does the speaker mention wind turbines?", "speaker mention wind turbines"),
        ("Which animals are there?", "animals are there"),
        ("Where is the airport?", "airport"),
        ("Where does Anna live?", "Anna live"),
        ("Whose is it?", "Whose is it"),
        ("Tell me what time the interview begins", "interview begins"),
    ],
)
def test_the_topic_is_what_is_left_of_the_question_words(question: str, topic: str):
    assert topic_of(question) == topic


WORDS = ["which", "where", "when", "what", "how many", "is", "are", "the", "a", "an", "in", "and", "please", "tell me"]
LONGER = [
    "animals",
    "theatre",
    "island",
    "areas",
    "Anna",
    "anchor",
    "internet",
    "arena",
    "haven",
    "sofa",
    "über",
    "книга",
]


@given(st.lists(st.sampled_from(WORDS), max_size=4), st.lists(st.sampled_from(LONGER + WORDS), min_size=1, max_size=5))
def test_the_topic_is_made_of_whole_words_at_the_end_of_the_question(begins: list[str], ends: list[str]):
    question = " ".join([*begins, *ends])
    topic = topic_of(question + "?").rstrip("?")
    assert f" {question}".endswith(f" {topic}")


@pytest.mark.parametrize(
    "question", ["Describe the talking dog", "Who wrote the summarium?", "What is the movie aboutness?"]
)
def test_a_longer_word_that_begins_like_a_cue_is_another_word(question: str):
    assert read_question(question).want is Want.FACT


def test_a_question_word_alone_stays():
    assert topic_of("Why?") == "Why?"


@pytest.mark.parametrize(
    ("question", "brief"),
    [
        ("What appears for a split second?", True),
        ("Which animal is seen briefly?", True),
        ("Which picture was spliced into the film?", True),
        ("What is the second thing on the table?", False),
        ("What is inserted into the slot?", False),
        ("What is in the briefcase?", False),
    ],
)
def test_what_is_there_for_a_moment_is_told_by_the_wording_of_time_or_of_editing(question: str, brief: bool):
    assert read_question(question).brief is brief
