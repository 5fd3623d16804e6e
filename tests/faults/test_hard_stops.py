"""An answerer that does not come to an end is stopped: by the clock, by its repetition, or by being given up."""

import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from small_scout import FIRST, QUESTION, filled, hanging, small_scout
from vidscout.agent.usual import FEWEST, Usual
from vidscout.graphs.deadline import in_time
from vidscout.tools.errors import DeadlineError
from vidscout.tools.videollm import Finish, Message

ASKED = [Message("user", ("What?",))]


class Endless(Scripted):
    """Writes words without an end."""

    def __init__(self, words: Sequence[str], longest: float) -> None:
        super().__init__()
        self.words, self.longest = words, longest

    def stream(self, messages: Sequence[Message], *rest: Any, **named: Any) -> Generator[str, None, Finish]:
        number = 0
        while True:
            yield f"{self.words[number % len(self.words)]} "
            number += 1
            time.sleep(0.002)


def finish(model: Scripted, **options: Any) -> tuple[Finish, float]:
    began = time.monotonic()
    pieces = model.generate(ASKED, **options)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return end.value, time.monotonic() - began


def test_the_clock_stops_every_backend_without_being_asked():
    told, took = finish(Endless([f"word{n}" for n in range(5000)], longest=0.3))
    assert told is Finish.DEADLINE
    assert took < 2
    told, took = finish(Endless([f"word{n}" for n in range(5000)], 60), deadline=time.monotonic() + 0.2)
    assert (told, took < 2) == (Finish.DEADLINE, True)


def test_repetition_stops_every_backend_without_being_asked():
    told, took = finish(Endless(["over", "and"], longest=30))
    assert told is Finish.REPETITION
    assert took < 2


@pytest.mark.parametrize("options", [None, ["glass", "silicon carbide"]])
def test_an_answerer_that_hangs_is_given_up_and_the_records_answer(home: Path, options: list[str] | None):
    with small_scout(home, answer_timeout=0.5) as scout, hanging() as fault:
        filled(scout)
        scout.ask(FIRST, QUESTION)
        scout.role("answerer").fault = fault
        began = time.monotonic()
        answer = scout.ask(FIRST, QUESTION, options)
        assert time.monotonic() - began < 8
    assert "silicon carbide" in answer.text
    assert any("given up after 0.5 s" in note for note in answer.notes)


def test_pieces_that_come_in_time_pass_and_errors_are_raised():
    def work(fails: bool) -> Generator[int, None, str]:
        yield 1
        yield 2
        if fails:
            raise ValueError("broken")
        return "done"

    def passed(fails: bool) -> Generator[int, None, None]:
        assert (yield from in_time(5, work(fails))) == "done"

    assert list(passed(False)) == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        list(passed(True))
    with pytest.raises(DeadlineError):
        list(in_time(0.1, (time.sleep(1) for _ in range(3))))


def test_an_answer_far_above_the_usual_time_is_flagged():
    usual = Usual()
    assert [usual.unusual(2.0, 100) for _ in range(FEWEST)] == [[]] * FEWEST
    assert usual.unusual(5.9, 299) == []
    [note] = usual.unusual(6.1, 100)
    assert "6.1 s" in note
    assert "usual 2.0 s" in note
    [note] = usual.unusual(2.0, 301)
    assert "301 characters" in note
    assert usual.unusual(2.0, 100) == []
