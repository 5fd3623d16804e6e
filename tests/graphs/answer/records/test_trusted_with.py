"""What a profile trusts its answerer with: records answer where it is small, and are evidence where it is capable."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from vidscout import Answer, VideoScout
from vidscout.agent.profiles.profile import GPU, LAPTOP, PROFILES, SERVED, profile
from vidscout.agent.settings import ProfileSettings
from vidscout.tools.videollm import Message

pytestmark = pytest.mark.models

REPLY = "I have counted seven of them myself."


class Sure(Scripted):
    """An answerer that prefers one letter, by some nats, whatever stands there, and remembers what it was shown."""

    def __init__(self, letter: str = "A", nats: float = 1.0) -> None:
        super().__init__()
        self.letter, self.nats = letter, nats
        self.weighed: list[str] = []

    def stream(self, messages: Sequence[Message], *rest: Any, **named: Any) -> Any:
        self.replies = [REPLY]
        return super().stream(messages, *rest, **named)

    def choose(self, messages: Sequence[Message], options: Sequence[str], *, rotations: int = 4) -> list[float]:
        import math

        self.weighed.append(messages[-1].text)
        raw = [math.exp(self.nats) if chr(ord("A") + n) == self.letter else 1.0 for n in range(len(options))]
        return [one / sum(raw) for one in raw]


@pytest.fixture
def asked_with(scout: VideoScout) -> Callable[..., tuple[Answer, Sure]]:
    """Asks with that answerer in a profile that trusts it with so much."""

    def ask(video: Path, question: str, *, options: list[str] | None = None, **trust: Any) -> tuple[Answer, Sure]:
        answerer = Sure(trust.pop("letter", "A"), trust.pop("nats", 1.0))
        twin = scout.with_settings(max_rounds=1, token_budget=600)
        twin.models = copy.copy(scout.models)
        twin.profile = twin.models.profile = replace(scout.profile, quotes=False, **trust)
        twin.models._backends = {**scout.models._backends, "answerer": answerer}
        return twin.ask(video, question, options), answerer

    return ask


WHEN = ("When is silicon carbide mentioned?", ["at 9:58", "at 0:10", "at 7:30"])
"""A time that the records know; the last of the options is far from it."""
ORDER = (
    "In which order are these mentioned: the battery, the mirror?",
    ["the battery, the mirror", "the mirror, the battery"],
)


@pytest.mark.parametrize(("question", "options"), [WHEN, ORDER], ids=["times", "orders"])
def test_options_are_read_off_the_records_only_where_they_answer(question, options, asked_with, lecture: Path):
    told, answerer = asked_with(lecture, question, options=options, records="answer")
    assert not answerer.weighed
    other = next(letter for letter in "ABC" if letter != told.choice)
    supported, answerer = asked_with(lecture, question, options=options, records="support", letter=other, nats=60.0)
    assert len(answerer.weighed) == 1
    assert supported.choice == other, "an answerer that is sure is not overruled"


def test_a_count_is_read_off_the_records_only_where_they_answer(asked_with, trailer: Path):
    question, options = "How many people are seen at once at most?", ["1", "2", "40"]
    told, answerer = asked_with(trailer, question, options=options, records="answer")
    assert not answerer.weighed
    assert told.choice != "C"
    supported, answerer = asked_with(trailer, question, options=options, records="support", letter="C", nats=60.0)
    assert len(answerer.weighed) == 1
    assert supported.choice == "C"


def test_the_weight_of_evidence_is_the_profiles(asked_with, lecture: Path):
    question = "How long will the mission last if the battery fails?"
    options = ["Two weeks", "One year", "Nine months", "Five weeks"]
    how = {"records": "support", "letter": "A", "nats": 1.5}
    by_records, _ = asked_with(lecture, question, options=options, evidence_weight=4.0, **how)
    by_model, _ = asked_with(lecture, question, options=options, evidence_weight=0.0, **how)
    assert (by_records.choice, by_model.choice) == ("C", "A")
    assert any("9 months" in moment.text for moment in by_records.evidence)


def test_the_shipped_profiles_say_how_much_they_trust_their_answerers():
    trusted: Mapping[str, tuple[str, float]] = {
        name: (shipped.records, shipped.evidence_weight) for name, shipped in PROFILES.items()
    }
    small = {"embedded", "laptop"}
    assert trusted == {name: ("answer", 4.0) if name in small else ("support", 1.0) for name in PROFILES}
    assert {GPU.quotes, LAPTOP.quotes, SERVED.quotes} == {False}


def test_a_profile_of_ones_own_that_trusts_its_answerer_quotes_no_more():
    own = {
        "capable": ProfileSettings.model_validate({"base": "embedded", "records": "support", "evidence_weight": 0.5})
    }
    made = profile("capable", own)
    assert (made.records, made.evidence_weight, made.quotes) == ("support", 0.5, False)
    assert profile("same", {"same": ProfileSettings.model_validate({"base": "embedded"})}).quotes
