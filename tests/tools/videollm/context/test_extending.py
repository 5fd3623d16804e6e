"""More tokens than a model was trained on: what is stretched, and by how much; frames in interleaved groups."""

import math
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.context.extending import Extension, stretched
from vidscout.tools.videollm.context.interleaved import groups, in_order
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.memory.infinipot import InfiniPot


def asked(frames: list[FramePart], question: str = "Who speaks?") -> list[Message]:
    return [Message("system", ("Answer briefly.",)), Message("user", (*frames, question))]


def frequencies(channels: int = 64, base: float = 10000.0) -> torch.Tensor:
    return 1 / base ** (torch.arange(0, channels, 2).float() / channels)


@pytest.mark.parametrize(("window", "channels", "base"), [(4096, 64, 1e4), (6272, 128, 1e6), (300, 32, 1e4)])
def test_frequencies_are_transformers_yarn_within_the_visual_window(window: int, channels: int, base: float):
    from transformers import Qwen2Config
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    factor = 4.0
    yarn = {"rope_type": "yarn", "rope_theta": base, "factor": factor, "original_max_position_embeddings": window}
    config = Qwen2Config(
        hidden_size=channels,
        num_attention_heads=1,
        max_position_embeddings=32768,
        rope_parameters=yarn,
    )
    expected, sharpened = ROPE_INIT_FUNCTIONS["yarn"](config, torch.device("cpu"))
    made, scaling = stretched(frequencies(channels, base), factor, "vcw", window)
    assert torch.allclose(made, expected, rtol=1e-5)
    assert scaling == pytest.approx(sharpened)


def test_the_channels_that_stay_and_those_slowed_in_full_are_the_ones_that_the_authors_draw():
    """A figure on their page: 23 and 40 of 64 in a window of 32K, 15 and 32 in the visual one of 32 frames of 196."""
    plain = frequencies(128, 1e6)
    for window, stays, slowed in ((32768, 23, 40), (6272, 15, 32)):
        ratio = (plain / stretched(plain, 4.0, "vcw", window)[0]).tolist()
        assert [number for number, by in enumerate(ratio) if by == pytest.approx(1)][-1] == stays
        assert next(number for number, by in enumerate(ratio) if by == pytest.approx(4)) == slowed


def test_a_window_in_which_nothing_turns_is_slowed_as_a_whole():
    plain = frequencies()
    made, _ = stretched(plain, 4.0, "vcw", 3)
    assert torch.allclose(made[1:], plain[1:] / 4)


def test_the_base_grows_so_that_the_slowest_channel_is_slowed_by_the_factor():
    channels, factor = 64, 3.0
    made, scaling = stretched(frequencies(channels), factor, "intp", 1)
    grown = frequencies(channels, 10000.0 * factor ** (channels / (channels - 2)))
    assert torch.allclose(made, grown)
    assert made[-1] == pytest.approx(float(frequencies(channels)[-1]) / factor)
    assert scaling == 1


def test_factors_come_from_the_visual_tokens_or_from_all():
    assert Extension("vcw", 100).factor(500, 250, 1000) == 2.5
    assert Extension("vcw", 100).factor(5000, 90, 1000) == 1
    assert Extension("intp").factor(2500, 1, 1000) == 2.5
    assert Extension("intp").factor(2501, 1, 1000) == 2.625
    assert Extension("intp").factor(900, 1, 1000) == 1


@pytest.mark.parametrize("frames", range(1, 20))
@pytest.mark.parametrize("at_once", [1, 3, 4, 8])
def test_groups_are_full_span_the_video_and_are_put_in_order_exactly(frames: int, at_once: int):
    members = groups(frames, at_once)
    assert all(len(group) == at_once for group in members)
    assert in_order(members, members, frames) == list(range(frames))
    assert [group[0] for group in members] == list(range(len(members)))


@pytest.mark.parametrize("name", ["video-llava", "llava-onevision", "llava-next-video"])
def test_interleaved_groups_give_the_rows_of_one_pass_in_order(name, checkpoint: Callable[[str], Path], frames):
    """These towers look at each frame by itself, so that groups change nothing but the order in which they are seen."""
    with closing(Transformers(checkpoint(name), device="cpu", as_video=True)) as model:
        model.ready()
        expected = model._prompt(asked(frames[:5])).frames[0].encoded
        logits = model._prefill(model._prompt(asked(frames[:5])))[0]
    with closing(Transformers(checkpoint(name), device="cpu", as_video=True, extend="intp:2")) as model:
        model.ready()
        with Watch(model) as watch:
            found = model._prompt(asked(frames[:5])).frames[0].encoded
        assert watch.looks == 3
        assert {len(pixels.reshape(-1, *pixels.shape[-3:])) for pixels in watch.pixels} == {2}
        assert torch.allclose(found.rows, expected.rows, atol=1e-4)
        for one, other in zip(found.deeper, expected.deeper, strict=True):
            assert torch.allclose(one, other, atol=1e-4)
        assert torch.allclose(model._prefill(model._prompt(asked(frames[:5])))[0], logits, atol=1e-3)


def test_a_prompt_past_all_positions_is_read_stretched_and_kept_by_its_factor(checkpoint, frames, monkeypatch):
    monkeypatch.setattr("vidscout.tools.videollm.hub_model.PORTION", 10**6)
    with closing(Transformers(checkpoint("smolvlm2"), device="cpu", as_video=False, extend="intp")) as model:
        model.ready()
        assert model.context == model._most_context
        adapting = model._adapting
        assert adapting.frequencies is not None
        plain = model._prefill(model._prompt(asked(frames)))[0]
        adapting.frequencies.positions = 100  # as if it had been trained on so few
        prompt = model._prompt(asked(frames))
        assert prompt.stretched == math.ceil(8 * len(prompt.ids) / 100) / 8
        whole, cache = model._prefill(prompt)
        assert not torch.allclose(whole, plain, atol=1e-3)
        rotary = adapting.frequencies._rotary
        before = rotary.inv_freq
        channels = 2 * len(before)
        rotary.inv_freq = frequencies(channels, 10000.0 * prompt.stretched ** (channels / (channels - 2)))
        adapting.frequencies.positions = 10**6
        model._prefixes.clear()
        by_base = model._prefill(model._prompt(asked(frames)))[0]
        rotary.inv_freq = before
        assert torch.allclose(whole, by_base, atol=1e-4)
        assert torch.isfinite(model._step(prompt, cache, 40, len(prompt.ids))).all()


@pytest.mark.parametrize("name", ["qwen2.5-vl", "llava-onevision"])
def test_the_visual_window_stretches_by_visual_tokens_alone(name, checkpoint: Callable[[str], Path], frames):
    model = Transformers(checkpoint(name), device="cpu", as_video=False, extend="vcw:20")
    with closing(model):
        model.ready()
        prompt = model._prompt(asked(frames[:4]))
        visual = sum(unit.end - unit.start for unit in prompt.frames)
        assert prompt.stretched == visual / 20 > 1
        first = model._prefill(prompt)[0]
        longer = model._prompt(asked(frames[:4], "Who speaks? And why does nobody answer?"))
        assert longer.stretched == prompt.stretched
        with Watch(model) as watch:  # what two questions begin with is kept
            model._prefill(longer)
        assert watch.tokens < len(longer.ids) / 2
        assert model._prompt(asked(frames[:2], "?")).stretched == max(1, visual / 40)
        text = model._prompt([Message("user", ("Who speaks?",))])
        assert text.stretched == 1
        model._adapting.frequencies = None
        model._prefixes.clear()
        assert not torch.allclose(model._prefill(model._prompt(asked(frames[:4])))[0], first, atol=1e-3)


def test_what_does_not_go_together_is_one_line(checkpoint: Callable[[str], Path]):
    folder = checkpoint("smolvlm2")
    for spec, says in (
        ("yarn", "no extend 'yarn'; there are vcw and intp"),
        ("vcw:many", "a whole number from 1"),
        ("intp:0", "a whole number from 1"),
    ):
        with pytest.raises(UsageError, match=says):
            Transformers(folder, extend=spec)
    qwen = Transformers(checkpoint("qwen2.5-vl"), device="cpu", as_video=True, extend="intp:8")
    with pytest.raises(UsageError, match="takes any number of frames"):
        qwen.ready()
    with pytest.raises(UsageError, match="turns its keys in a way of its own"):
        Transformers(checkpoint("gemma-3"), device="cpu", extend="vcw").ready()
    with (
        closing(Transformers(folder, device="cpu", as_video=False, extend="vcw")) as model,
        pytest.raises(UsageError, match="no extend"),
    ):
        InfiniPot(model)
