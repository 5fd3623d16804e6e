"""What “supported” means: a record holds a sentence, or the answerer confirms that the frames in its prompt show it."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from answered import Watcher, answered, candidate, running
from langgraph.runtime import Runtime
from vidscout import Record, Span
from vidscout.graphs.answer.graph import told_or_prompt
from vidscout.graphs.answer.nodes.answer_from_records import sees
from vidscout.graphs.answer.nodes.pack import pack
from vidscout.graphs.answer.nodes.verify import MOST_ASKED_BACK, NOT_FOUND, remember, verify
from vidscout.graphs.answer.state import Answering, AnswerState, Candidate, Plan, Want
from vidscout.tools.payloads import ObjectCounts
from vidscout.tools.videollm import Message


def verified(state: AnswerState, runtime: Runtime[Answering]) -> dict[str, Any]:
    return cast("Any", verify).__wrapped__(state, runtime)


def test_frames_without_a_record_and_without_a_text_abstain():
    update = verified(answered(""), running(Watcher()))
    assert update["abstained"]
    assert update["text"] == NOT_FOUND


def test_a_sentence_that_the_frames_do_not_show_is_not_supported():
    watcher = Watcher("The boat is red.")
    assert verified(answered("The boat is red."), running(watcher))["supported"]
    update = verified(answered("The boat is green."), running(watcher))
    assert not update["supported"]
    assert update["abstained"]
    assert any("The boat is green." in note for note in update["notes"])


def test_what_is_not_shown_is_looked_for_again_while_rounds_are_left():
    update = verified(answered("The boat is green."), running(Watcher(), rounds=2))
    assert update["supported"] is False
    assert "abstained" not in update


def test_only_so_many_sentences_are_asked_about_each_once_and_none_that_a_record_holds():
    held = candidate("The boat was painted bright yellow in spring.")
    text = "Bright yellow paint.|" + "|".join(
        f"It has {thing}." for thing in ("oars", "sails", "ropes", "lamps", "nets")
    )
    watcher = Watcher("It has oars.")
    update = verified(answered(text, held), running(watcher))
    assert update["supported"]
    assert update["cited"] == [held]
    assert len({asked.partition("\nA)")[0] for asked in watcher.asked_back}) == MOST_ASKED_BACK
    assert not any("yellow paint" in asked for asked in watcher.asked_back)


def test_an_answerer_that_says_it_is_not_there_is_believed():
    watcher = Watcher("Not in the video.")
    assert verified(answered("Not in the video."), running(watcher))["abstained"]
    assert watcher.asked_back == []


def test_an_answerer_that_cannot_see_is_not_asked_back():
    watcher = Watcher(sees=False)
    update = verified(answered("Green.", candidate("A boat is a ship."), frames=0), running(watcher))
    assert update["abstained"]
    assert watcher.asked_back == []


def test_a_record_takes_the_place_of_an_answer_only_if_it_is_about_the_question():
    about = candidate("The boat has the colour of the sea, blue.")
    update = verified(answered("Green.", about, frames=0), running(Watcher(sees=False)))
    assert update["supported"]
    assert "blue" in update["text"]
    beside = candidate("A boat is a ship.")
    update = verified(answered("Green.", beside, frames=0), running(Watcher(sees=False)))
    assert update["abstained"]
    assert update["text"].startswith(NOT_FOUND)
    assert "A boat is a ship." in update["text"], "it says what is nearest"
    assert update["cited"] == [beside]


def test_objects_alone_are_no_answer_to_what_is_asked_about_them():
    people = Record.of("v", Span(4, 8), ObjectCounts((("person", 2),)), 0.9, "test/1")
    state = answered("", Candidate(people, 0.9, 1.0, 1.0), frames=0)
    state.plan = Plan(Want.FACT, "What does the person ride?", "person ride", (), labels=("person",))
    assert verified(state, running(Watcher(sees=False)))["abstained"]


def test_a_turn_without_an_answer_gives_the_next_question_no_time():
    state = answered("Green.", candidate("A boat is a ship."))
    state.cited, state.abstained = list(state.ranked), True
    [turn] = remember(state)["turns"]
    assert turn.span is None


def test_only_frames_that_the_prompt_holds_are_seen():
    class Dear(Watcher):
        def count_tokens(self, messages: Sequence[Message]) -> int:
            return sum(5000 * len(message.frames) + len(message.text) // 4 for message in messages)

    state = answered("")
    runtime = running(Dear())
    assert told_or_prompt(state, runtime) == "pack"
    packed = cast("Any", pack).__wrapped__(state, runtime)
    state.messages = packed["messages"]
    assert not sees(state), "the budget has no room for a frame"


@pytest.mark.parametrize("way", ["rag", "direct"])
def test_an_answer_from_frames_alone_is_confirmed_whatever_the_route(way: str):
    assert verified(answered("The boat is red."), running(Watcher("boat is red"), way=way))["supported"]
    assert verified(answered("The boat is red."), running(Watcher(), way=way))["abstained"]
