"""Blocks of a video's keys and values: the same as full attention with all of them, and nothing computed twice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.memory.rekv import Blocks, Rekv
from vidscout.tools.videollm.memory.rotary import Rotary

NAMES = ("qwen2.5-vl", "qwen3-vl", "smolvlm2", "llava-onevision", "internvl3")
OPENING = "Answer briefly."


@pytest.fixture(scope="module")
def frames(frames: list[FramePart]) -> list[FramePart]:
    return frames[:6]


@pytest.fixture(scope="module")
def loaded(checkpoint: Callable[[str], Path]) -> Iterator[Callable[..., Transformers]]:
    known: dict[Any, Transformers] = {}

    def load(name: str, **options: Any) -> Transformers:
        options.setdefault("as_video", False)  # what the family prefers is told in test_families.py
        asked = (name, *sorted(options.items()))
        if asked not in known:
            known[asked] = Transformers(checkpoint(name), device="cpu", **options)
            known[asked].ready()
        known[asked]._prefixes.clear()
        known[asked]._encoder.clear()
        return known[asked]

    yield load
    for model in known.values():
        model.close()


def whole(model: Transformers, frames: list[FramePart], question: str) -> torch.Tensor:
    messages = [Message("system", (OPENING,)), Message("user", (*frames, question))]
    return model._prefill(model._prompt(messages))[0]


@pytest.mark.parametrize("name", NAMES)
def test_all_blocks_fetched_are_full_attention(name, loaded, frames):
    model = loaded(name)
    memory = Rekv(model).remember(frames, OPENING)
    for question in ("What is seen?", "Who speaks?"):
        expected = whole(model, frames, question)
        assert torch.allclose(Rekv(model).logits(memory, question), expected, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_positions_are_taken_off_and_put_on(name, loaded):
    rotary = Rotary(loaded(name)._model)
    keys = torch.randn(2, 7, 8)
    axes = 3 if name.startswith("qwen") else 1
    positions = torch.arange(7).expand(axes, 7) + 11
    assert torch.allclose(rotary.take_off(rotary.put_on(keys, positions), positions), keys, atol=1e-5)
    assert not torch.allclose(rotary.put_on(keys, positions), keys, atol=0.1)


def test_a_second_question_runs_neither_the_tower_nor_the_video(loaded, frames):
    model = loaded("qwen2.5-vl")
    rekv = Rekv(model, fetched=3)
    memory = rekv.remember(frames, OPENING)
    model._prefixes.clear()
    model._encoder.clear()
    length = len(rekv.question(memory, "Who speaks?"))
    with Watch(model) as watch:
        text = "".join(rekv.answer(memory, "Who speaks?", max_tokens=4))
    assert watch.looks == 0
    assert watch.fed[:2] == [length, length]  # once to choose the blocks, once to answer
    assert set(watch.fed[2:]) <= {1}
    assert text == "".join(rekv.answer(memory, "Who speaks?", max_tokens=4))


def test_a_question_leaves_no_trace(loaded, frames):
    model = loaded("qwen3-vl")
    rekv = Rekv(model)
    memory = rekv.remember(frames[:3], OPENING)
    before = [key.clone() for key in (*memory.keys, *memory.values)]
    first = rekv.logits(memory, "Who speaks?")
    list(rekv.answer(memory, "What is written on the door of the house?", max_tokens=5))
    assert torch.equal(rekv.logits(memory, "Who speaks?"), first)
    assert all(torch.equal(now, was) for now, was in zip((*memory.keys, *memory.values), before, strict=True))


def test_another_process_answers_from_a_file(loaded, frames, tmp_path):
    model = loaded("qwen2.5-vl")
    memory = Rekv(model, fetched=2).remember(frames, OPENING)
    memory.save(tmp_path / "memory.pt")
    again = Blocks.load(tmp_path / "memory.pt")
    assert again.bytes == memory.bytes
    assert torch.equal(Rekv(model, fetched=2).logits(again, "Why?"), Rekv(model, fetched=2).logits(memory, "Why?"))


def test_the_blocks_that_suit_the_question_are_fetched_in_order_of_time(loaded, frames):
    model = loaded("qwen2.5-vl")
    rekv = Rekv(model, fetched=3)
    memory = rekv.remember(frames, OPENING)
    chosen = rekv.fetches(memory, rekv.question(memory, "Who speaks?"))
    assert len(chosen) == 3
    assert chosen == sorted(chosen)
    with rekv.queries() as seen:
        cache, cursor = rekv.assembled([memory.block(0)])
        rekv.read(rekv.question(memory, "Who speaks?"), cache, cursor)
    scores = {}
    for block in range(1, 7):
        cosines = []
        for layer, queries in enumerate(seen):
            keys = memory.block(block).keys[layer].float().mean(1)  # (key heads, channels)
            query = queries.mean(0).view(keys.shape[0], -1, keys.shape[1]).mean(1)
            cosines.append(torch.nn.functional.cosine_similarity(query.flatten(), keys.flatten(), dim=0))
        scores[block] = float(sum(cosines) / len(cosines))
    assert chosen == sorted(sorted(scores, key=lambda n: -scores[n])[:3])


def test_fetched_blocks_stand_without_gaps(loaded, frames):
    model = loaded("qwen2.5-vl")
    rekv = Rekv(model)
    memory = rekv.remember(frames, OPENING)
    _, near = rekv.assembled([memory.block(n) for n in (0, 1)])
    _, far = rekv.assembled([memory.block(n) for n in (0, 5)])
    assert abs(near - far) <= 1  # a time may take a token more
    _, everything = rekv.assembled([memory.block(n) for n in range(7)])
    assert everything == int(memory.positions.max()) + 1


def test_a_short_window_reads_less_and_still_answers(loaded, frames):
    model = loaded("qwen2.5-vl")
    full = Rekv(model).remember(frames, OPENING)
    short = Rekv(model, window=40).remember(frames, OPENING)
    assert full.edges == short.edges
    assert torch.allclose(full.keys[0], short.keys[0], atol=1e-4)  # which look at nothing before them
    assert not torch.allclose(full.keys[1], short.keys[1], atol=1e-4)
    assert bool(torch.isfinite(Rekv(model).logits(short, "Why?")).all())


def test_a_block_holds_its_frames_time(loaded, frames):
    model = loaded("qwen2.5-vl")
    memory = Rekv(model).remember(frames, OPENING)
    prompt = model._prompt([Message("system", (OPENING,)), Message("user", (*frames, "?"))])
    for number in range(1, 7):
        text = model._reader.tokenizer.decode(prompt.ids[memory.edges[number] : memory.edges[number + 1]])
        assert f"[0:{3 * (number - 1):02}]" in text
        assert text.endswith("<|vision_end|>")


def test_compressed_frames_are_remembered_compressed(loaded, frames):
    model = loaded("qwen2.5-vl", compress="pool:0.25")
    memory = Rekv(model).remember(frames, OPENING)
    assert memory.bytes < Rekv(loaded("qwen2.5-vl")).remember(frames, OPENING).bytes
    assert torch.allclose(Rekv(model).logits(memory, "Why?"), whole(model, frames, "Why?"), atol=1e-3)


def test_what_cannot_be_is_told_in_one_line(loaded, checkpoint, frames, tmp_path):
    with pytest.raises(UsageError, match="memory of blocks"):
        Rekv(loaded("gemma-3"))
    memory = Rekv(loaded("qwen3-vl")).remember(frames[:2], OPENING)
    with pytest.raises(UsageError, match="this memory is of"):
        Rekv(loaded("qwen2.5-vl")).logits(memory, "Why?")
    (tmp_path / "none.pt").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="no memory"):
        Blocks.load(tmp_path / "none.pt")
