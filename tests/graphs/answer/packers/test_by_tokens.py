"""Packings for an answerer that compresses: which frames are given by fewer tokens, within an exact budget."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image
from vidscout.graphs.answer.packers import PACKERS
from vidscout.graphs.answer.packers.by_tokens import from_all_over, spaced
from vidscout.graphs.answer.routes import ROUTES
from vidscout.graphs.answer.state import Answering, AnswerState, Candidate
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.records import FrameRef, Modality, Record, Span
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.compress import Grid, Layout, compressor

FRAME = Grid(12, 12)
DURATION = 80.0


class Seeing:
    """Counts a token a word, 144 a frame, and what the compressors promise of those that name one."""

    accepts_frames = True
    most_frames = None

    def __init__(self, compresses: bool) -> None:
        self.compresses = compresses

    def count_tokens(self, messages: Sequence[Message]) -> int:
        words = sum(len(message.text.split()) for message in messages)
        by: dict[str | None, list[Grid]] = {}
        for message in messages:
            for frame in message.frames:
                with Image.open(frame.path) as picture:
                    small = picture.width < 96
                assert not (small and self.compresses)
                by.setdefault(frame.compress, []).append(Grid(4, 4) if small else FRAME)
        for spec, grids in by.items():
            layout = Layout(tuple(grids))
            assert spec is None or self.compresses
            words += layout.patches if spec is None else compressor(spec).kept(layout)
        return words


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoIndex]:
    index = VideoIndex(tmp_path_factory.mktemp("packers"))
    index.add(
        [
            Record("v", Span(at, at + 5), Modality.CAPTION, f"a street with {at} cars", 1.0, "t/1")
            for at in range(0, 80, 5)
        ],
        np.eye(16, 384, dtype=np.float32),
    )
    folder = tmp_path_factory.mktemp("jpegs")
    Image.new("RGB", (96, 96), "teal").save(folder / "one.jpg")
    jpeg = (folder / "one.jpg").read_bytes()
    times = [float(at) for at in range(0, 80, 2)]
    index.add_frames("v", times, {"t/1": np.eye(40, 64, dtype=np.float32)}, [jpeg] * 40)
    yield index
    index.close()


def packed(index: VideoIndex, packer: str, budget: int, compresses: bool = True) -> Any:
    unused: Any = None
    model: Any = Seeing(compresses)
    answering = Answering(
        index, unused, unused, model, "topk", packer, ROUTES["rag"], "rules", 8, budget, 32, 1, 1.0
    )  # fmt: skip
    said = Record("v", Span(40, 44), Modality.SPEECH, "and here is the red door", 1.0, "t/1")
    state = AnswerState(question="Where is the red door?", videos=["v"])
    state.durations = {"v": DURATION}
    state.ranked = [Candidate(said, 0.9, 0.9, 1.0)]
    state.frames = [FrameRef("v", at, 1 - at / 100, index.thumbnail("v", at)) for at in (4.0, 38.0, 42.0, 70.0)]
    return PACKERS[packer](answering, state), model


def shown(messages: Sequence[Message]) -> dict[float, str | None]:
    return {part.time: part.compress for part in messages[-1].parts if isinstance(part, FramePart)}


@pytest.mark.parametrize("packer", ["thumbnail", "segments", "global_local", "hybrid_res"])
@pytest.mark.parametrize("compresses", [True, False])
@pytest.mark.parametrize("budget", [40, 300, 1000, 5000])
def test_a_prompt_costs_what_is_said_and_no_more_than_the_budget(packer, compresses, budget, index):
    prompt, model = packed(index, packer, budget, compresses)
    assert prompt.prompt == model.count_tokens(prompt.messages)
    assert prompt.auxiliary + prompt.visual <= budget


def test_hybrid_res_gives_the_selection_in_full_and_the_rest_in_brief(index):
    prompt, _ = packed(index, "hybrid_res", 5000)
    frames = shown(prompt.messages)
    assert {time for time, how in frames.items() if how is None} == {4.0, 38.0, 42.0, 70.0}
    assert len(frames) == 40
    tight, _ = packed(index, "hybrid_res", 800)
    assert {4.0, 38.0, 42.0, 70.0} < set(shown(tight.messages))  # the selected ones come first


def test_hybrid_res_draws_smaller_copies_for_an_answerer_that_takes_whole_frames(index):
    prompt, _ = packed(index, "hybrid_res", 5000, compresses=False)
    paths = {part.time: part.path for part in prompt.messages[-1].parts if isinstance(part, FramePart)}
    with Image.open(paths[42.0]) as selected, Image.open(paths[10.0]) as context:
        assert (selected.size, context.size) == ((96, 96), (32, 32))


def test_global_local_gives_the_stretch_in_full(index):
    frames = shown(packed(index, "global_local", 5000)[0].messages)
    full = {time for time, how in frames.items() if how is None}
    assert full == {38.0, 42.0, 70.0}  # from half a minute before the best candidate to half a minute after it
    assert frames[4.0] is not None
    assert len(frames) == 40


def test_the_thumbnails_others_are_sampled(index):
    prompt, _ = packed(index, "thumbnail", 1000)
    assert set(shown(prompt.messages).values()) <= {None, "sample:400"}


def test_segments_merge_frames_after_a_line_on_the_whole(index):
    prompt, _ = packed(index, "segments", 2000)
    assert set(shown(prompt.messages).values()) == {"tome:0.5x8"}
    first, line = prompt.messages[-1].parts[:2]
    assert first == "Evidence:\n"
    assert line.startswith("The whole video: 0:00 a street with 0 cars; 0:10 a street with 10 cars")
    assert "The whole video" not in packed(index, "segments", 2000, compresses=False)[0].messages[-1].text


def test_every_beginning_of_the_order_is_spread():
    frames = [FrameRef("v", float(n)) for n in range(16)]
    order = [frame.time for frame in from_all_over(frames)]
    assert sorted(order) == [float(n) for n in range(16)]
    assert max(np.diff(sorted([-1, *order[:7], 16]))) <= 4
    assert spaced(list(range(100)), 10) == list(range(5, 100, 10))
