import pytest
from vidscout import VideoScout
from vidscout.graphs.answer.question.anchors import Side, anchor


@pytest.mark.parametrize(
    ("question", "side", "event"),
    [
        ("What is on screen before the title?", Side.BEFORE, "the title"),
        ("What does she say right after the fuse is changed?", Side.AFTER, "the fuse is changed"),
        ("What is shown when he mentions Budapest?", Side.AT, "he mentions Budapest"),
        ("After the intermission, who speaks?", Side.AFTER, "the intermission"),
        ("Who is there until the lights go out?", Side.BEFORE, "the lights go out"),
    ],
)
def test_an_event_tells_a_time(question: str, side: Side, event: str):
    found = anchor(question)
    assert found is not None
    assert (found.side, found.event) == (side, event)


@pytest.mark.parametrize(
    "question",
    ["When does the title appear?", "What is the mirror made of?", "And what happened after that?", "When is it over?"],
)
def test_other_questions_tell_none(question: str):
    assert anchor(question) is None


@pytest.mark.models
def test_before_and_after_an_event_are_the_times_on_its_either_side(scout: VideoScout, lecture):
    event = scout.ask(lecture, "What is the mirror made of?").evidence[0]
    after = scout.ask(lecture, "What is said after the mirror is made of silicon carbide?")
    assert after.evidence[0].start >= event.end
    before = scout.ask(lecture, "What is said before the mirror is made of silicon carbide?")
    assert before.evidence[0].end <= event.start


@pytest.mark.models
def test_an_event_that_is_nowhere_narrows_nothing(scout: VideoScout, lecture):
    answer = scout.ask(lecture, "What is the mirror made of after the elephant dances?")
    assert "silicon" in answer.text.lower()


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("What did the commander repair right before she flew to space?", "boats"),
        ("Who should get the reports before Friday?", "Thomas"),
    ],
)
def test_an_order_that_somebody_tells_is_no_time_in_the_video(scout: VideoScout, lecture, question: str, says: str):
    answer = scout.ask(lecture, question)
    assert says in answer.text
    assert "before" in answer.evidence[0].text.casefold()
