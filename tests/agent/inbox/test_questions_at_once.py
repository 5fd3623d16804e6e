"""Questions are answered side by side, so many at most, and one after another within a conversation."""

import pytest
from vidscout.agent.inbox.questions_at_once import BusyError, QuestionsAtOnce


def test_more_questions_than_there_are_places_are_refused_until_one_is_answered():
    questions = QuestionsAtOnce(2, moment=0)
    first, second = questions.place(), questions.place()
    with second:
        with first, pytest.raises(BusyError, match="ask again in a moment"), questions.place():
            pass
        with questions.place():
            pass


def test_in_one_conversation_one_question_comes_after_another():
    questions = QuestionsAtOnce(8)
    with (
        questions.place("mine"),
        questions.place("theirs"),
        pytest.raises(BusyError, match="before is still being answered"),
        questions.place("mine"),
    ):
        pass
    with questions.place("mine"):
        pass


def test_a_question_that_was_refused_takes_no_place():
    questions = QuestionsAtOnce(2, moment=0)
    with questions.place("mine"):
        for _ in range(3):
            with pytest.raises(BusyError), questions.place("mine"):
                pass
        with questions.place():
            pass


def test_questions_without_a_conversation_do_not_wait_for_each_other():
    questions = QuestionsAtOnce(2, moment=0)
    with questions.place(), questions.place():
        pass
