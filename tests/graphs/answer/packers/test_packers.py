"""Every packer, with random records, frames and budgets, counted by a real tokenizer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from vidscout.graphs.answer.packers import PACKERS
from vidscout.graphs.answer.routes import ROUTES
from vidscout.graphs.answer.state import Answering, AnswerState, Candidate, Plan, Want
from vidscout.tools.geometry import Box
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import ObjectCounts, Track
from vidscout.tools.records import Detection, FrameRef, Modality, Record, Span
from vidscout.tools.videollm import Message
from vidscout.tools.videollm.servers.llama_cpp import LlamaCpp

pytestmark = pytest.mark.models

A_FRAME = 40
"""Tokens of one picture."""
DURATION = 600.0


class Seeing(LlamaCpp):
    """The embedded model's tokenizer, and pictures at a fixed price."""

    accepts_frames = True

    def count_tokens(self, messages: Sequence[Message]) -> int:
        text = [Message(message.role, (message.text,)) for message in messages]
        return super().count_tokens(text) + A_FRAME * sum(len(message.frames) for message in messages)


Seeing.name = "seeing"  # set afterwards, so that it does not register beside the real ones


@pytest.fixture(scope="module")
def seeing() -> Iterator[Seeing]:
    model = Seeing()
    model.ready()
    yield model
    model.close()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoIndex]:
    index = VideoIndex(tmp_path_factory.mktemp("packers"))
    index.add(
        [
            Record("v", Span(at, at + 20), Modality.CAPTION, f"a street with {at} cars", 1.0, "composed/1")
            for at in range(0, 600, 20)
        ],
        np.eye(30, 384, dtype=np.float32),
    )
    yield index
    index.close()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "frame.jpg"
    Image.new("RGB", (64, 36), "teal").save(path)
    return path


def answering(index: VideoIndex, model: LlamaCpp, budget: int) -> Answering:
    unused: Any = None
    return Answering(
        index=index,
        text_embedding=unused,
        label_embedding=unused,
        answerer=model,
        selector="topk",
        packer="interleaved",
        route=ROUTES["rag"],
        planner="rules",
        frames=8,
        token_budget=budget,
        max_new_tokens=32,
        max_rounds=1,
        tool_timeout=1.0,
    )


FOUND = st.builds(
    lambda text, at, length, relevance, modality: Candidate(
        Record("v", Span(at, at + length), modality, text, 1.0, "test/1"), relevance, relevance, 1.0
    ),
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=120),
    st.floats(0, DURATION - 30),
    st.floats(0.1, 30),
    st.floats(0, 1),
    st.sampled_from([Modality.SPEECH, Modality.SCREEN_TEXT, Modality.OBJECT]),
)


@pytest.mark.parametrize("packer", sorted(PACKERS))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(FOUND, max_size=12),
    times=st.lists(st.floats(0, DURATION), max_size=12, unique=True),
    budget=st.integers(32, 600),
    sees=st.booleans(),
)
def test_a_prompt_costs_what_is_said_and_never_more_than_the_budget(
    packer: str, found, times, budget: int, sees: bool, seeing: Seeing, index: VideoIndex, picture: Path
):
    seeing.accepts_frames = sees
    context = answering(index, seeing, budget)
    best_first = sorted(found, key=lambda candidate: -candidate.relevance)
    state = AnswerState(
        "What is there?",
        videos=["v"],
        durations={"v": DURATION},
        ranked=best_first,
        frames=[FrameRef("v", at, 0.5, picture) for at in sorted(times)],
    )
    packed = PACKERS[packer](context, state)
    empty = seeing.count_tokens(PACKERS[packer](context, AnswerState("What is there?")).messages)
    assert packed.prompt == seeing.count_tokens(packed.messages)
    assert packed.prompt - empty <= budget
    assert packed.prompt - empty == packed.auxiliary + packed.visual
    assert packed.candidates == sorted(
        packed.candidates, key=lambda f: (f.record.video, f.record.span, f.record.modality)
    )
    shown = [frame for message in packed.messages for frame in message.frames]
    assert sees or not shown
    assert all(frame.path.is_file() for frame in shown)


def test_no_tool_takes_more_than_its_share(seeing: Seeing, index: VideoIndex):
    def found(at: int, modality: Modality, relevance: float) -> Candidate:
        text = f"the harbour with {at} boats and a lighthouse on the rock beside it"
        return Candidate(Record("v", Span(at, at + 2), modality, text, 1.0, "test/1"), relevance, relevance, 1.0)

    said = [found(at, Modality.SPEECH, 0.9) for at in range(12)]
    state = AnswerState("What is there?", videos=["v"], ranked=[*said, found(40, Modality.OBJECT, 0.8)])
    context = answering(index, seeing, 150)
    assert {one.record.modality for one in PACKERS["interleaved"](context, state).candidates} == {Modality.SPEECH}
    shared = PACKERS["interleaved"](replace(context, tool_share=0.5), state)
    tools = [one.record.modality for one in shared.candidates]
    assert tools.count(Modality.OBJECT) == 1
    assert 0 < tools.count(Modality.SPEECH) < 12
    assert shared.auxiliary <= 150


def test_frames_are_cut_down_to_what_the_question_names_and_the_saving_is_told(index: VideoIndex, tmp_path: Path):
    class ByPixels(Seeing):
        """Takes a token for 28 × 28 pixels, as models of changing resolution do."""

        def count_tokens(self, messages: Sequence[Message]) -> int:
            sizes = [Image.open(frame.path).size for message in messages for frame in message.frames]
            return sum(len(message.text.split()) for message in messages) + sum(w * h // 784 for w, h in sizes)

    ByPixels.name = "by-pixels"
    path = tmp_path / "4000.jpg"
    Image.new("RGB", (640, 360), "teal").save(path)
    bus, other = Detection("bus", 0.9, Box(0.5, 0.4, 0.7, 0.6)), Detection("person", 0.9, Box(0.0, 0.0, 0.1, 0.9))
    seen = Record.of("v", Span(3, 5), ObjectCounts.of([bus, other]), 0.9, "test/1", (bus.box, other.box))
    plan = Plan(Want.FACT, "What colour is the bus?", "bus colour", (), labels=("bus",))
    state = AnswerState(plan.question, videos=["v"], plan=plan, ranked=[Candidate(seen, 0.9, 0.9, 1.0)])
    state.frames = [FrameRef("v", 4.0, 0.5, path), FrameRef("v", 30.0, 0.4, path)]
    context = answering(index, ByPixels(), 2000)
    whole, cut = PACKERS["interleaved"](context, state), PACKERS["cropped"](context, state)
    first, second = [frame for message in cut.messages for frame in message.frames]
    assert second.path == path  # nothing is known of where to look then
    assert Image.open(first.path).size == (256, 144)  # the bus with a tenth of the picture on every side
    saved = whole.prompt - cut.prompt
    assert saved == 640 * 360 // 784 - 256 * 144 // 784
    assert cut.notes == (f"1 of 2 frames were cut down to what the question is about: {saved} tokens fewer",)
    index.add([Record.of("v", Span(29, 33), Track("bus", (29.0, 31.0), (bus.box,) * 2), 0.9, "test/1")], None)
    tracked = PACKERS["cropped"](context, state)
    assert tracked.notes[0].startswith("2 of 2 frames")
