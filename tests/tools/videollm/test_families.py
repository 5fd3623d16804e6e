"""What each family is shown of a question's frames, with the sizes and limits of the published checkpoints."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from published import PROCESSORS, smolvlm2_2b
from vidscout.agent.profiles.budget import budget_for
from vidscout.agent.profiles.profile import GPU, LAPTOP, SERVED, Profile
from vidscout.graphs.answer.packers.base import packed_with
from vidscout.graphs.answer.state import AnswerState
from vidscout.tools.records import FrameRef
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.families import Family, families, of_model, of_name
from vidscout.tools.videollm.processor_inputs import Reader

FAMILIES = {family.title: family for family in families()}
WIDE, SPARSE = (640, 360), (0.0, 61.0, 3725.0)
"""A kept frame's size, and times far apart."""


@cache
def reader(title: str, as_video: bool) -> Reader:
    return Reader(PROCESSORS[title](), as_video, FAMILIES[title])


def pictures(folder: Path, times: Sequence[float], size: tuple[int, int] = WIDE) -> list[FramePart]:
    from PIL import Image

    found = []
    for number, time in enumerate(times):
        path = folder / f"{size[0]}x{size[1]}-{number}.png"
        Image.new("RGB", size, (number, 90, 200)).save(path)
        found.append(FramePart(path, time))
    return found


@cache
def each(title: str, as_video: bool) -> float:
    """Tokens that a kept frame adds to a prompt, by the family's own processor."""
    read_by = reader(title, as_video)
    with TemporaryDirectory() as folder:
        frames = pictures(Path(folder), (600.0, 1200.0, 1800.0, 2400.0))
        return (read_by.count([Message("user", (*frames, "?"))]) - read_by.count([Message("user", ("?",))])) / 4


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Answerer:
    """As much of a video-LLM as packing asks: it counts what the family's own processor makes of a prompt.

    Frames of one size add the same each, so that only a few of them go through the processor.
    """

    accepts_frames = True
    most_frames = None
    compresses = False
    context = 32768

    def __init__(self, family: Family) -> None:
        self.family = family
        self.as_video = family.path == "video"

    def frame_cost(self, width: int, height: int) -> int:
        return self.family.with_marks(width, height)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        texts = [Message(message.role, (message.text,)) for message in messages]
        shown = sum(len(message.frames) for message in messages)
        read_by = reader(self.family.title, self.as_video)
        return (
            read_by.count(texts) + ceil(shown * each(self.family.title, self.as_video))
            if shown
            else read_by.count(texts)
        )


@pytest.mark.parametrize("profile", [LAPTOP, GPU], ids=lambda profile: profile.name)
@pytest.mark.parametrize("title", FAMILIES)
def test_nine_tenths_of_the_selected_frames_reach_the_prompt(title: str, profile: Profile, tmp_path: Path):
    family = FAMILIES[title]
    answerer: Any = Answerer(family)
    selected = [
        FrameRef("v", part.time, 1.0 - place / 100, part.path)
        for place, part in enumerate(pictures(tmp_path, [60.0 * n for n in range(profile.frames)]))
    ]
    answering: Any = SimpleNamespace(answerer=answerer, token_budget=budget_for(profile, answerer), tool_share=1.0)
    state = AnswerState("What does she hold?", videos=["v"], durations={"v": 3600.0})
    packed = packed_with(answering, state, selected, candidates=[])
    shown = sum(len(message.frames) for message in packed.messages)
    assert shown >= 0.9 * profile.frames
    assert packed.prompt == answerer.count_tokens(packed.messages) < answerer.context


def test_the_default_models_of_the_profiles_need_no_more_than_their_profiles_budget():
    assert (SERVED.frames, SERVED.token_budget) == (GPU.frames, GPU.token_budget)
    for profile in (LAPTOP, GPU, SERVED):
        family = of_name(str(profile.roles["answerer"].options["model"]))
        assert family is not None
        answerer: Any = Answerer(family)
        assert budget_for(profile, answerer) == profile.token_budget


@pytest.mark.parametrize(
    ("title", "size"),
    [
        (title, size)
        for title, family in FAMILIES.items()
        for size in (WIDE, *([(1280, 720), (360, 640), (120, 90)] if family.token else []))
    ],
)
def test_the_table_tells_what_a_frame_costs(title: str, size: tuple[int, int], tmp_path: Path):
    family = FAMILIES[title]
    read_by = reader(title, family.path == "video")
    frames = pictures(tmp_path, SPARSE[:2], size)
    around = read_by.count([Message("user", ("?",))])
    taken = (read_by.count([Message("user", (*frames, "?"))]) - around) / len(frames)
    told = family.with_marks(*size)
    assert (
        0.9 * taken <= told <= max(1.15 * taken, taken + 20)
    )  # one token a byte makes marks cost more here than there


@pytest.mark.parametrize("title", [title for title, family in FAMILIES.items() if family.token])
@pytest.mark.parametrize("tokens", [100, 300, 1200])
def test_a_frame_of_the_wanted_size_costs_no_more_than_was_asked(title: str, tokens: int):
    family = FAMILIES[title]
    side = family.longest_side(tokens)
    assert 0.75 * tokens <= family.cost(side, round(side * 9 / 16)) <= tokens


def test_a_frame_of_the_larger_smolvlm2_costs_a_tenth_of_its_tiles(tmp_path: Path):
    frames = pictures(tmp_path, SPARSE)
    whole = Reader(smolvlm2_2b(), family=FAMILIES["SmolVLM2"]).count([Message("user", tuple(frames))])
    tiled = Reader(smolvlm2_2b()).count([Message("user", tuple(frames))])
    assert whole < tiled / 9


TOLD = {
    "Qwen3-VL": r"<([\d.]+) seconds>",
    "Qwen3.5": r"<([\d.]+) seconds>",
    "GLM-4.xV": r"<\|end_of_image\|>(\d+)",
    "Gemma 4": r"(\d\d+:\d\d) <\|image>",
    "SmolVLM2": r"Frame from (\d\d:\d\d):",
}
"""How a family's own processor writes a frame's time on the video path."""


def seconds(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = 60 * total + float(part)
    return total


@pytest.mark.parametrize("title", FAMILIES)
class TestTimes:
    def test_each_frame_that_is_an_image_has_its_own_time_before_it(self, title: str, tmp_path: Path):
        read_by = reader(title, False)
        frames = pictures(tmp_path, SPARSE)
        messages = [Message("user", (*frames, "Which is the dog?"))]
        written = read_by.write(messages)
        assert [seconds(time) for time in re.findall(r"\[([\d:]+)\]", written)] == [int(time) for time in SPARSE]
        if title != "LLaVA-NeXT-Video":  # whose template puts a turn's pictures before its text; it goes as a video
            pieces = re.split(r"\[[\d:]+\]\n", written)[1:]
            assert all(re.match(r"\s*<", piece) for piece in pieces), "each time is followed by its frame"
        grids = read_by.read(messages).inputs.get("image_grid_thw")
        if grids is not None:
            assert grids[:, 0].tolist() == [1] * len(frames), "no two frames are fused"

    def test_each_frame_of_a_video_has_a_grid_and_a_time_of_its_own(self, title: str, tmp_path: Path):
        if getattr(PROCESSORS[title](), "video_processor", None) is None:
            pytest.skip("no path for videos")
        read_by = reader(title, True)
        frames = pictures(tmp_path, SPARSE)
        read = read_by.read([Message("user", (*frames, "Which is the dog?"))])
        written = read_by.tokenizer.decode(read.ids)
        assert "[0:00, 1:01, 1:02:05]" in written
        if title in TOLD:
            told = [seconds(time) for time in re.findall(TOLD[title], written)]
            assert told == pytest.approx(SPARSE, abs=1.0)
        if (grids := read.inputs.get("video_grid_thw")) is not None:
            assert int(grids[:, 0].sum()) == len(frames), "no two frames are fused"
        if FAMILIES[title].time == "step":
            assert read.inputs["second_per_grid_ts"].tolist() == pytest.approx([SPARSE[-1] / (len(SPARSE) - 1)])


def test_families_are_told_by_configuration_and_by_name():
    assert of_model("qwen3_vl_moe") is FAMILIES["Qwen3-VL"]
    assert of_model("llama") is None
    for name, title in {
        "Qwen/Qwen3-VL-30B-A3B-Instruct": "Qwen3-VL",
        "Qwen/Qwen3.5-9B": "Qwen3.5",
        "HuggingFaceTB/SmolVLM2-2.2B-Instruct": "SmolVLM2",
        "OpenGVLab/InternVL3_5-8B-HF": "InternVL3",
        "google/gemma-3n-E4B-it": "Gemma 3n",
        "zai-org/GLM-4.6V-Flash": "GLM-4.xV",
    }.items():
        assert of_name(name) is FAMILIES[title]
    assert of_name("mistral-large") is None


def test_only_the_thinking_checkpoints_of_a_family_think_aloud():
    family = FAMILIES["Qwen3-VL"]
    assert family.thinks_aloud("Qwen/Qwen3-VL-8B-Thinking")
    assert not family.thinks_aloud("Qwen/Qwen3-VL-8B-Instruct")


def test_a_template_that_can_think_is_told_not_to():
    processor = PROCESSORS["Qwen3.5"]()
    processor.chat_template += "{% if enable_thinking is not defined or enable_thinking %}<think>{% endif %}"
    asked = [Message("user", ("Why?",))]
    assert "<think>" in Reader(processor).write(asked)
    assert "<think>" not in Reader(processor, family=FAMILIES["Qwen3.5"]).write(asked)
