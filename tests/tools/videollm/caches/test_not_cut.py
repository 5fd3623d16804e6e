"""Caches that cannot be cut where two prompts part: recurrent ones (Qwen3.5's linear attention) and quantised ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fed_tokens import Watch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.interface import FramePart, Message

QUESTIONS = ("What is shown?", "Who is there at the end, and why?", "When?", "What is shown?", "Where is it?")


def asked(frames: list[FramePart], question: str) -> list[Message]:
    return [Message("system", ("Answer briefly.",)), Message("user", (*frames, question))]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("qwen3.5", {}),
        ("qwen3.5", {"compress": "evs:0.5"}),
        ("qwen2.5-vl", {"kv_cache": "fp8"}),
        ("qwen2.5-vl", {"kv_cache": "vidkv-2"}),
    ],
)
def test_each_further_question_about_the_same_frames_reads_only_what_stands_behind_them(
    name: str, options: dict[str, Any], checkpoint: Callable[[str], Path], frames: list[FramePart]
):
    model = Transformers(checkpoint(name), device="cpu", as_video=False, **options)
    model.ready()
    told = []
    for number, question in enumerate(QUESTIONS):
        prompt = model._prompt(asked(frames[:4], question))
        behind = len(prompt.ids) - prompt.frames[-1].end
        with Watch(model) as watch:
            told.append(model._prefill(prompt)[0])
        assert watch.tokens == (len(prompt.ids) if number == 0 else behind)
    assert told[3].allclose(told[0], atol=1e-4), "the same question again"
    if "kv_cache" not in options:
        model._prefixes.clear()
        anew = model._prefill(model._prompt(asked(frames[:4], QUESTIONS[-1])))[0]
        assert told[-1].allclose(anew, atol=1e-4)
    shares = model.choose(asked(frames[:4], "Which?"), ["a red one", "a blue one", "none"])
    assert sum(shares) == pytest.approx(1)
    other = model._prompt(asked(frames[1:3], "What is shown?"))
    with Watch(model) as watch:
        model._prefill(other)
    assert watch.tokens == len(other.ids), "other frames are read anew"
    model.close()


@pytest.mark.parametrize("kind", ["fp8", "vidkv-2"])
def test_quantised_caches_are_refused_at_once_where_layers_are_not_of_full_attention(
    kind: Any, checkpoint: Callable[[str], Path]
):
    with pytest.raises(UsageError, match=f"{kind}' is for layers of full attention, and .* linear_attention"):
        Transformers(checkpoint("qwen3.5"), device="cpu", kv_cache=kind).ready()
