"""Which side of the evidence fails a question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_scout import FIRST, QUESTION, Answers, filled, small_scout
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.asking.suggesting import holds, stands_there
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import Message


class TwoSided(Answers):
    """Answers one thing from frames, another from words; says what it is told of whether these are the same."""

    def __init__(self, words: str, frames: str, same: bool = False, right: str = "") -> None:
        super().__init__()
        self.accepts_frames = True
        self.words, self.frames, self.same, self.right = words, frames, same, right
        self.prompts: list[str] = []

    def stream(self, messages: Sequence[Message], *rest: Any, **named: Any) -> Any:
        self.prompts.append(messages[-1].text)
        self.reply = self.frames if messages[-1].frames else self.words
        return super().stream(messages, *rest, **named)

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        asked = messages[-2].text
        if "Do both answers say the same?" in asked:
            says = "Yes" if self.same else "No"
        elif ") Yes" in asked:
            says = "Yes"  # the frames show whatever was answered
        else:
            says = self.right
        return {asked[asked.index(f") {says}") - 1]: -0.1}

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(str(part).split()) for message in messages for part in message.parts)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoScout]:
    with small_scout(tmp_path_factory.mktemp("probe") / "home") as scout:
        yield filled(scout)


def probing(known: VideoScout, model: TwoSided) -> VideoScout:
    scout = known.with_settings(max_rounds=1)
    known.models._backends["answerer"] = model
    return scout


def test_the_side_that_misses_what_is_expected_fails(known: VideoScout):
    scout = probing(known, TwoSided("Silicon carbide.", "Glass."))
    model = scout.role("answerer")

    class Knows(TwoSided):
        def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
            asked = messages[-2].text
            self.same = "First answer: Silicon" in asked and "Second answer: Silicon" in asked
            return super().next_tokens(messages)

    scout = probing(known, Knows(model.words, model.frames))
    probed = scout.probe(FIRST, QUESTION, expected="Silicon carbide.")
    assert (probed.agree, probed.fails) == (False, "frames")
    assert probed.text.route.count("respond") == probed.frames.route.count("respond") == 1
    assert not probed.text.images
    assert probed.frames.images


def test_of_two_answers_the_one_that_words_and_frames_do_not_choose_fails(known: VideoScout):
    for right, fails in (("Glass", "text"), ("Silicon", "frames")):
        model = TwoSided("Silicon carbide.", "Glass.", right=right)
        probed = probing(known, model).probe(FIRST, QUESTION)
        assert (probed.agree, probed.fails) == (False, fails)
    probed = probing(known, TwoSided("Silicon carbide.", "It is dark.", same=True)).probe(FIRST, QUESTION)
    assert (probed.agree, probed.fails) == (True, "neither")


def test_words_alone_are_an_ordered_list_of_all_that_happens(known: VideoScout):
    model = TwoSided("Silicon carbide.", "Glass.", same=True)
    probing(known, model).probe(FIRST, QUESTION)
    [told] = [prompt for prompt in model.prompts if "silicon carbide" in prompt]
    events = [told.index(part) for part in ("Welcome", "silicon carbide", "Opening hours")]
    assert events == sorted(events)


def test_an_answerer_that_sees_nothing_cannot_be_probed(known: VideoScout):
    model = TwoSided("a", "b")
    model.accepts_frames = False
    with pytest.raises(UsageError, match="sees frames"):
        probing(known, model).probe(FIRST, QUESTION)
    with pytest.raises(UsageError, match="none of the options"):
        probing(known, TwoSided("a", "b")).probe(FIRST, QUESTION, ["glass", "steel"], "wood")


def test_a_probe_over_http_tells_both_sides_with_what_they_cite(known: VideoScout):
    inbox = Inbox(probing(known, TwoSided("Silicon carbide.", "Glass.", right="Glass")))
    with TestClient(application(inbox), "http://127.0.0.1:8000") as client:
        asked = {"video": FIRST, "question": QUESTION}
        told = client.post("/v1/probe", json=asked).json()
        wrong = client.post("/v1/probe", json={**asked, "options": ["glass", "steel"], "answer": "wood"})
    inbox.close()
    assert (told["text"]["text"], told["frames"]["text"]) == ("Silicon carbide. (0:20)", "Glass.")
    assert (told["agree"], told["fails"]) == (False, "text")
    assert "choose the answer of the frames" in told["why"]
    assert {one["modality"] for one in told["text"]["citations"]} <= {"speech", "screen_text"}
    assert told["text"]["citations"]
    assert wrong.status_code == 400
    assert "none of the options" in wrong.json()["error"]["message"]


@pytest.mark.models
def test_only_what_holds_is_suggested_where_it_is_checked(scout: VideoScout, lecture: Path, trailer: Path):
    for video in (lecture, trailer):
        made, held = scout.suggest(video), scout.suggest(video, checked=True)
        assert held
        assert [one for one in made if one in held] == held
    film = scout.find(trailer)
    title = next(one for one in scout.suggest(trailer) if one.shown)
    assert stands_there(scout, film, title)
    assert not holds(scout, film, replace(title, about="A Happy Ending Tomorrow"))  # nothing on the frame reads so
