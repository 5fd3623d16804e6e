"""Looking closer: what is decoded, how often, and what becomes of the answers before."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from answered import Watcher, answered, candidate, running
from langgraph.runtime import Runtime
from PIL import Image
from vidscout import Span
from vidscout.graphs.answer.graph import settled_or_look_again
from vidscout.graphs.answer.nodes.observe import FASTEST, Look, may_observe, observe, observed_nothing
from vidscout.graphs.answer.nodes.verify import SURE, verify
from vidscout.graphs.answer.packers.base import conversation
from vidscout.graphs.answer.state import Answering, AnswerState, Kind, Observation
from vidscout.tools.videollm import Message


def looking(
    answerer: Watcher, folder: Path | None = None, source: Path | None = None, *, left: int = 2
) -> Runtime[Answering]:
    """What a question is answered with: a home folder, and the file of video `v` where it is there."""
    kept = SimpleNamespace(
        home=folder,
        frame_times=lambda video: np.arange(0.0, 60.0),
        thumbnail=lambda video, time: Path(f"kept-{time:g}.jpg"),
    )
    sources = {} if source is None else {"v": source}
    context = replace(
        running(answerer).context, tool_timeout=60.0, index=cast("Any", kept), sources=sources, observations=left
    )
    return Runtime(context=context)


def asked(**changes: Any) -> AnswerState:
    state = replace(answered("The boat is green."), videos=["v"], durations={"v": 55.0}, **changes)
    state.messages = conversation(state, state.packed, state.frames)
    return state


def observed(state: AnswerState, runtime: Runtime[Answering]) -> dict[str, Any]:
    return cast("Any", observe).__wrapped__(state, runtime)


def verified(state: AnswerState, runtime: Runtime[Answering]) -> dict[str, Any]:
    return cast("Any", verify).__wrapped__(state, runtime)


def replies(**look: Any) -> Watcher:
    watcher = Watcher("red")
    watcher.replies = [json.dumps(look)]
    return watcher


def test_the_part_that_the_answerer_asks_for_is_decoded_at_its_rate_and_size(trailer: Path, tmp_path: Path):
    state, runtime = asked(), looking(replies(start=10, end=12, rate=1.5, size="high"), tmp_path, trailer)
    update = observed(state, runtime)
    [wanted] = update["observed"]
    assert wanted == Observation("v", Span(10, 12), 1.5, 1280)
    assert [round(frame.time, 1) for frame in update["frames"]] == pytest.approx([10.0, 10.7, 11.3], abs=0.1)
    assert {max(Image.open(frame.thumbnail).size) for frame in update["frames"]} == {1280}
    assert all(frame.thumbnail.is_relative_to(tmp_path) for frame in update["frames"])
    assert any("looked closer: 0:10–0:12, 3 pictures, 1280 px" in note for note in update["notes"])
    assert "lasts 55 s" in runtime.context.answerer.asked[0]  # pyright: ignore[reportAttributeAccessIssue]


def test_no_more_pictures_than_a_question_selects_whatever_is_asked_for(trailer: Path, tmp_path: Path):
    update = observed(asked(), looking(replies(start=0, end=50, rate=FASTEST), tmp_path, trailer))
    assert 1 < len(update["frames"]) <= 4


def test_a_part_beyond_the_end_is_the_whole_video(trailer: Path, tmp_path: Path):
    [wanted] = observed(asked(), looking(replies(start=400, end=500), tmp_path, trailer))["observed"]
    assert wanted.span == Span(0, 55)


@pytest.mark.parametrize("reply", ["", "I would look at the end.", '{"start": -4}', '{"rate": 900}', '{"zoom": 2}'])
def test_what_is_no_request_is_replaced_by_rules_with_a_note(reply: str, trailer: Path, tmp_path: Path):
    watcher = Watcher()
    watcher.replies = [reply]
    state = asked()
    state.ranked = [candidate("The boat comes in.")]  # 4 to 8 s
    update = observed(state, looking(watcher, tmp_path, trailer))
    [wanted] = update["observed"]
    assert wanted.span == Span(0, 23)
    assert any("the rules say" in note for note in update["notes"])


def test_a_reason_is_looked_for_further_around():
    state = asked()
    state.ranked = [candidate("The boat comes in.")]
    assert state.plan is not None
    state.plan = replace(state.plan, kind=Kind.REASON)
    [wanted] = observed_nothing(state, looking(Watcher()))["observed"]
    assert wanted.span == Span(0, 38)


def test_what_was_seen_already_is_not_looked_at_twice(trailer: Path, tmp_path: Path):
    first = Observation("v", Span(10, 12), 2.0, 1280)
    state = asked(observed=[first])
    [wanted] = observed(state, looking(replies(start=10, end=12, rate=2, size="high"), tmp_path, trailer))["observed"]
    assert wanted.span != first.span


@pytest.mark.parametrize("there", [False, True])
def test_kept_pictures_are_shown_where_the_file_has_gone(tmp_path: Path, there: bool):
    gone = tmp_path / "gone.mp4" if there else None
    update = observed(asked(), looking(replies(start=10, end=12, rate=2), tmp_path, gone))
    assert [frame.time for frame in update["frames"]] == [10.0, 11.0, 12.0]
    assert {str(frame.thumbnail) for frame in update["frames"]} == {"kept-10.jpg", "kept-11.jpg", "kept-12.jpg"}
    assert any("could not be looked at again" in note for note in update["notes"]) is there


def test_an_unsupported_answer_is_looked_at_closely_until_no_observation_is_left():
    runtime = looking(Watcher("red"))
    state = asked()
    assert verified(state, runtime)["supported"] is False
    assert settled_or_look_again(replace(state, supported=False), runtime) == "observe"
    some = Observation("v", Span(0, 1), 1.0, 640)
    spent = replace(state, observed=[some, replace(some, rate=2.0)])
    assert not may_observe(spent, runtime.context)
    assert verified(spent, runtime)["abstained"]


def test_who_cannot_see_looks_at_nothing():
    assert not may_observe(asked(), looking(Watcher(sees=False)).context)
    assert not may_observe(asked(), looking(Watcher(), left=0).context)


class Unsure(Watcher):
    """Finds a sentence shown with a probability that falls from round to round."""

    def __init__(self, *probabilities: float) -> None:
        super().__init__()
        self.probabilities = list(probabilities)

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        text = messages[-2].text
        yes, no = (text[text.index(f") {word}") - 1] for word in ("Yes", "No"))
        share = self.probabilities[0]
        return {yes: float(np.log(share)), no: float(np.log(1 - share))}


def test_an_answer_that_frames_do_not_show_surely_is_looked_at_again_and_the_surest_is_told():
    answerer = Unsure(0.65)
    runtime, state = looking(answerer), asked()
    first = verified(state, runtime)
    assert first["supported"] is False
    assert 0.5 < first["standing"].sure < SURE
    answerer.probabilities = [0.55]
    some = Observation("v", Span(0, 1), 1.0, 640)
    later = replace(asked(observed=[some, some], standing=first["standing"]), text="The boat is blue.")
    later.sentences = [replace(later.sentences[0], text="The boat is blue.")]
    last = verified(later, runtime)
    assert last["supported"]
    assert last["text"] == "The boat is green."


def test_a_sure_answer_ends_at_once():
    update = verified(asked(), looking(Unsure(0.9)))
    assert update["supported"]
    assert "standing" not in update or update["standing"] is None


def test_a_request_has_a_schema_that_names_each_field():
    assert set(Look.model_json_schema()["properties"]) == {"start", "end", "rate", "size"}
