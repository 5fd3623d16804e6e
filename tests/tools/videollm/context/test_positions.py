"""Positions of visual tokens that advance by less than one."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fed_tokens import Watch
from transformers.cache_utils import DynamicCache
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.context.positions import strided
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.memory.infinipot import InfiniPot
from vidscout.tools.videollm.prompt import Prompt
from vidscout.tools.videollm.tokens import Writer, placeholder

VISUAL = 9


class Config:
    """A language model of 40 positions."""

    max_position_embeddings = 40


def asked(frames: list[FramePart], question: str = "Who speaks?") -> list[Message]:
    return [Message("system", ("Answer briefly.",)), Message("user", (*frames, question))]


def test_text_advances_by_one_and_visual_tokens_by_the_stride():
    ids = [1, 2, VISUAL, VISUAL, VISUAL, 3, VISUAL, 4]
    positions, beyond = strided(ids, VISUAL, 0.25, Config)
    expected, at = [], -1.0
    for token in ids:
        at += 0.25 if token == VISUAL else 1.0
        expected.append(at)
    assert positions.tolist() == [expected]
    assert len(ids) + beyond == expected[-1] + 1
    plain, nothing = strided(ids, VISUAL, 1.0, Config)
    assert (plain.tolist(), nothing) == ([list(range(8))], 0)


def test_more_visual_tokens_than_there_are_positions_fit_and_too_many_are_refused():
    ids = [1, *[VISUAL] * 100, 2]
    assert float(strided(ids, VISUAL, 1 / 4, Config)[0].max()) == 26
    with pytest.raises(UsageError, match="ends at position 101, and there are 40"):
        strided(ids, VISUAL, 1.0, Config)


def written_anew(model: Transformers, prompt: Prompt, count: int) -> list[int]:
    """The likeliest tokens after a prompt, where each is found by reading everything before it from the beginning."""
    mark, text = placeholder(model._model.config, "image"), model._model.config.get_text_config(decoder=True)
    ids = list(prompt.ids)
    for _ in range(count):
        inputs = prompt.read.inputs | {"input_ids": torch.tensor([ids])}
        whole = replace(prompt, read=replace(prompt.read, inputs=inputs), ids=ids)
        whole.positions, whole.offset = strided(ids, mark, model.loading.visual_stride, text)
        token = int(model._feed(whole, DynamicCache(config=model._model.config), 0, len(ids)).argmax())
        ids = [*ids, token]
    return ids[len(prompt.ids) :]


@pytest.mark.parametrize("name", ["smolvlm2", "llava-onevision", "internvl3"])
def test_a_stride_moves_keys_and_answers_go_on_from_there(
    name, checkpoint: Callable[[str], Path], frames, monkeypatch: pytest.MonkeyPatch
):
    said: list[int] = []

    class Noting(Writer):
        def add(self, token: int) -> str:
            said.append(token)
            return super().add(token)

    monkeypatch.setattr("vidscout.tools.videollm.hub_model.Writer", Noting)
    with closing(Transformers(checkpoint(name), device="cpu", as_video=False)) as plain:
        plain.ready()
        expected = plain._prefill(plain._prompt(asked(frames[:3])))[0]
        plain.loading = type(plain.loading)(visual_stride=0.25)
        plain._prefixes.clear()
        prompt = plain._prompt(asked(frames[:3]))
        assert prompt.positions is not None
        found = plain._prefill(prompt)[0]
        assert not torch.allclose(found, expected, atol=1e-4)
        visual = sum(token == placeholder(plain._model.config, "image") for token in prompt.ids)
        assert float(prompt.positions.max()) == len(prompt.ids) - 1 - 0.75 * visual
        plain._ends = set()  # which random weights may name at once
        with Watch(plain) as watch:
            list(plain.stream(asked(frames[:3]), 4, 0.0, None))
        assert watch.fed[1:] == [1, 1, 1]
        assert said == written_anew(plain, prompt, 4)
        whole = plain._prefill(plain._prompt(asked(frames[:3], "Who speaks? Why")))[0]
        plain._prefixes.clear()
        again = plain._prefill(plain._prompt(asked(frames[:3], "Who speaks? Why")))[0]
        assert torch.allclose(whole, again, atol=1e-4)


def test_where_it_cannot_be_is_one_line(checkpoint: Callable[[str], Path]):
    for stride in (0.0, 0.3, 2.0, 1 / 512):
        with pytest.raises(UsageError, match="visual_stride is 1, 1/2"):
            Transformers(checkpoint("smolvlm2"), visual_stride=stride)
    with pytest.raises(UsageError, match="plain positions"):
        Transformers(checkpoint("qwen2.5-vl"), device="cpu", visual_stride=0.25).ready()
    model = Transformers(checkpoint("smolvlm2"), device="cpu", visual_stride=0.25)
    with closing(model), pytest.raises(UsageError, match="visual_stride = 1"):
        InfiniPot(model)


def test_options_of_a_choice_are_read_together_at_their_own_positions(
    checkpoint: Callable[[str], Path], frames: list[FramePart]
):
    model = Transformers(checkpoint("smolvlm2"), device="cpu", as_video=False, visual_stride=0.25)
    with closing(model):
        model.ready()
        prompts = [asked(frames[:3], question) for question in ("Who?", "Who speaks, and to whom?", "Why?")]
        together = model.next_tokens_each(prompts)
        for prompt, told in zip(prompts, together, strict=True):
            model._prefixes.clear()
            alone = model.next_tokens(prompt)
            assert told == pytest.approx(alone, abs=1e-3)
        assert sum(model.choose(prompts[0], ["a woman", "nobody at all"])) == pytest.approx(1)
