"""Frames are shown with the pixels that the answerer can use, from the file itself."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from vidscout.graphs.answer.selectors.sharpen import sharpened
from vidscout.graphs.answer.state import AnswerState, Plan, Retrieval, Want
from vidscout.tools.media.video import frames, thumbnail
from vidscout.tools.records import FrameRef, Modality
from vidscout.tools.videollm.families import AROUND, of_name


class Sees:
    """What a video-LLM of a family says about frames, as far as it is asked."""

    accepts_frames = True

    def __init__(self, name: str) -> None:
        family = of_name(name)
        assert family is not None
        self.family = family

    def frame_cost(self, width: int, height: int) -> int:
        return self.family.with_marks(width, height)

    def wanted_side(self, tokens: int) -> int:
        return self.family.longest_side(tokens - AROUND)


@pytest.fixture
def kept(trailer: Path, tmp_path: Path) -> list[FrameRef]:
    """Four frames of the trailer as the index keeps them, 640 pixels wide."""
    found = []
    for number, frame in enumerate(frames(trailer, rate=0.2, start=5.0, end=24.0)):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(thumbnail(frame.image))
        found.append(FrameRef("v", frame.time, 1.0 - number / 10, path))
    return found


def answering(tmp_path: Path, source: Path, name: str, budget: int) -> Any:
    index = SimpleNamespace(home=tmp_path / "home")
    return SimpleNamespace(index=index, answerer=Sees(name), token_budget=budget, sources={"v": source})


def asked(text: bool = False) -> AnswerState:
    weights = {Modality.SCREEN_TEXT: 1.0, Modality.SPEECH: 0.3 if text else 1.0}
    requests = tuple(Retrieval(modality, "q", weight, ("v",), None, 8) for modality, weight in weights.items())
    return AnswerState("q", videos=["v"], plan=Plan(Want.FACT, "q", "q", requests))


def widths(shown: list[FrameRef]) -> list[int]:
    return [Image.open(frame.thumbnail).width for frame in shown if frame.thumbnail is not None]


def test_frames_are_decoded_anew_at_the_size_that_the_budget_allows(trailer, tmp_path, kept):
    import numpy as np

    work = answering(tmp_path, trailer, "Qwen3-VL-8B", 4 * 900)
    shown = sharpened(work, asked(), kept)
    assert [frame.time for frame in shown] == [frame.time for frame in kept]
    assert all(1024 <= width <= 1280 for width in widths(shown))
    for frame, before in zip(shown, kept, strict=True):
        assert frame.thumbnail is not None
        assert before.thumbnail is not None
        small = np.asarray(Image.open(frame.thumbnail).resize((64, 36)), dtype=float)
        assert abs(small - np.asarray(Image.open(before.thumbnail).resize((64, 36)), dtype=float)).mean() < 4
    pictures = [Image.open(frame.thumbnail) for frame in shown if frame.thumbnail is not None]
    assert sum(work.answerer.frame_cost(*picture.size) for picture in pictures) <= 0.8 * 4 * 900


def test_where_text_is_asked_for_the_best_frames_are_large_and_the_others_left_out(trailer, tmp_path, kept):
    shown = sharpened(answering(tmp_path, trailer, "Qwen3-VL-8B", 2400), asked(text=True), kept)
    assert widths(shown) == [1280, 1280]
    assert {frame.time for frame in shown} == {frame.time for frame in kept[:2]}


def test_a_model_of_one_small_size_is_given_what_is_kept(trailer, tmp_path, kept):
    assert sharpened(answering(tmp_path, trailer, "SmolVLM2-500M", 1152), asked(), kept) == kept


def test_a_file_that_is_gone_leaves_what_is_kept(tmp_path, kept):
    assert sharpened(answering(tmp_path, tmp_path / "gone.mp4", "Qwen3-VL-8B", 4 * 900), asked(), kept) == kept
