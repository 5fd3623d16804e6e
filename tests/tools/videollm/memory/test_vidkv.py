"""Keys and values in 1.5 to 2 bits: errors within their bounds, bytes as promised, answers that still come."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm.caches.prefix_cache import forked_cache, new_cache
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.interface import Message
from vidscout.tools.videollm.memory.packing import packed_bits, packed_trits, unpacked_bits, unpacked_trits
from vidscout.tools.videollm.memory.vidkv import (
    GROUP,
    KINDS,
    Levels,
    Waves,
    cache_bytes,
    of_keys,
    of_values,
)
from vidscout.tools.videollm.memory.vidkv_layer import vidkv_cache


class Config:
    """Two layers of full attention."""

    num_hidden_layers = 2
    layer_types = ("full_attention", "full_attention")

    def get_text_config(self, decoder: bool) -> "Config":
        return self


def text_config() -> Any:
    """Of the cache's two layers, as transformers has it."""
    from transformers import Qwen2Config

    return Qwen2Config(num_hidden_layers=2, hidden_size=64, num_attention_heads=2, num_key_value_heads=2)


def made(tokens: int, channels: int = 32, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    spread = torch.linspace(0.2, 3, channels)
    return torch.randn(1, 2, tokens, channels, generator=generator) * spread + spread


@pytest.mark.parametrize("count", [1, 4, 5, 13, 128])
def test_what_is_packed_comes_back(count: int):
    generator = torch.Generator().manual_seed(count)
    for bits in (1, 2):
        numbers = torch.randint(0, 2**bits, (3, count), generator=generator).to(torch.uint8)
        assert torch.equal(unpacked_bits(packed_bits(numbers, bits), bits, count), numbers)
    numbers = torch.randint(0, 3, (3, count), generator=generator).to(torch.uint8)
    assert packed_trits(numbers).shape[-1] == -(-count // 5)
    assert torch.equal(unpacked_trits(packed_trits(numbers), count), numbers)


@pytest.mark.parametrize("levels", [3, 4])
def test_levels_err_by_no_more_than_half_a_step(levels: int):
    x = made(GROUP).transpose(-1, -2)
    error = (Levels.of(x, levels).back() - x).abs().amax(-1)
    assert bool((error <= (x.amax(-1) - x.amin(-1)) / (2 * levels) + 0.02).all())


def test_waves_err_by_no_more_than_the_energy_and_keep_the_mean():
    x = made(GROUP).transpose(-1, -2)
    back = Waves.of(x).back()
    energy = (x - x.mean(-1, keepdim=True)).square().sum(-1)
    assert bool(((back - x).square().sum(-1) <= energy * 1.01).all())
    assert torch.allclose(back.mean(-1), x.mean(-1), atol=0.01)


def test_a_wave_costs_one_bit_and_tells_more_than_the_mean():
    tokens = torch.arange(GROUP) * 2 * torch.pi / GROUP
    x = torch.stack([torch.sin(5 * tokens), torch.cos(9 * tokens) + torch.sin(20 * tokens)])
    waves = Waves.of(x)
    assert waves.real.numel() + waves.imaginary.numel() == 2 * GROUP // 8
    mixed = made(GROUP).transpose(-1, -2)
    error = (Waves.of(mixed).back() - mixed).square().sum(-1)
    assert bool((error < 0.6 * (mixed - mixed.mean(-1, keepdim=True)).square().sum(-1)).all())


def test_the_widest_channels_are_the_finer_ones():
    keys = made(GROUP)[..., None, :, :]
    split = of_keys(keys, 0.5)
    error = (split.back() - keys).square().mean((-2, -3, -4))[0]
    ranges = (keys.amax(-2) - keys.amin(-2))[0, :, 0].mean(0)
    relative = error / ranges.square()
    assert float(relative[16:].mean()) < float(relative[:16].mean())  # channels get wider from first to last
    assert set(split.order[0, 0, 0, :16].tolist()) >= set(range(20, 32))


def test_the_longest_tokens_are_the_finer_ones():
    values = made(GROUP)[..., None, :, :].clone()
    values[..., :10, :] *= 3
    split = of_values(values, 0.2)
    assert set(range(10)) <= set(split.order[0, 0, 0, :26].tolist())
    assert split.back().shape == values.shape


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_cache_gives_back_all_tokens_in_order_and_the_last_ones_exactly(kind: str):
    cache = vidkv_cache(kind, Config())
    keys, values = made(300), made(300, seed=1)
    for start, end in ((0, 200), (200, 299), (299, 300)):
        told = cache.update(keys[:, :, start:end], values[:, :, start:end], 0)
        assert told[0].shape == (1, 2, end, 32)
        assert cache.layers[0].get_seq_length() == end
        assert torch.equal(told[0][:, :, start:], keys[:, :, start:end])  # what is new is not yet rounded
    for got, whole in zip(told, (keys, values), strict=True):
        assert torch.equal(got[:, :, 256:], whole[:, :, 256:])
        cosine = torch.nn.functional.cosine_similarity(got[:, :, :256].flatten(), whole[:, :, :256].flatten(), dim=0)
        assert float(cosine) > 0.9


@pytest.mark.parametrize(("kind", "bits"), [("vidkv-1.5", 2.1), ("vidkv-1.58", 2.3), ("vidkv-2", 2.5)])
def test_bytes_are_counted_with_everything(kind: str, bits: float):
    cache = vidkv_cache(kind, Config())
    tokens = 16 * GROUP
    cache.update(made(tokens, 128).half(), made(tokens, 128, seed=1).half(), 0)
    numbers = 2 * 2 * tokens * 128
    assert cache_bytes(cache) * 8 / numbers < bits
    assert cache_bytes(cache) * 6 < numbers * 2  # 16 bits


@pytest.mark.parametrize(("kind", "needs", "bits"), [("fp8", "torch", 8), ("quanto", "optimum", 5), ("hqq", "hqq", 5)])
def test_bytes_of_transformers_own_quantised_caches_are_counted(kind: str, needs: str, bits: float):
    pytest.importorskip(needs)
    cache = new_cache(kind, text_config())
    cache.update(made(300), made(300, seed=1), 0)
    cache.update(made(20), made(20, seed=1), 0)
    numbers = 2 * 2 * 32
    least = 320 if kind == "fp8" else 300  # the others keep the last 128 tokens as they are
    rest = (320 - least) * numbers * 4
    assert 0 <= cache_bytes(cache) - rest - bits // 4 * 4 * least * numbers // 8 <= least * numbers // 4
    full = new_cache("full", text_config())
    full.update(made(320), made(320), 0)
    assert cache_bytes(full) == 320 * numbers * 4


def test_two_bits_are_nearer_than_one_and_a_half():
    errors = []
    for kind in ("vidkv-1.5", "vidkv-1.58", "vidkv-2"):
        cache = vidkv_cache(kind, Config())
        keys = made(256)
        cache.update(keys, keys, 0)
        told, _ = cache.update(keys[:, :, :1], keys[:, :, :1], 0)
        errors.append(float((told[:, :, :256] - keys).square().mean()))
    assert errors == sorted(errors, reverse=True)


def test_a_fork_goes_its_own_way():
    cache = vidkv_cache("vidkv-2", Config())
    cache.update(made(100), made(100), 0)
    fork = forked_cache(cache)
    fork.update(made(100), made(100), 0)
    assert (cache.layers[0].get_seq_length(), fork.layers[0].get_seq_length()) == (100, 200)
    cache.crop(-10)
    assert cache.layers[0].get_seq_length() == 90
    with pytest.raises(ValueError, match="packed"):
        fork.crop(-150)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_model_answers_from_it(kind: Any, checkpoint: Callable[[str], Path]):
    messages = [Message("user", ("word " * 60 + "What is said?",))]
    model = Transformers(checkpoint("qwen2.5-vl"), device="cpu", kv_cache=kind)
    model.ready()
    prompt = model._prompt(messages)
    first, cache = model._prefill(prompt)
    assert cache.layers[0].packed >= 2 * GROUP
    told = model.choose(messages, ["yes", "no"])
    assert sum(told) == pytest.approx(1)
    assert len("".join(model.stream(messages, 5, 0.0, None))) > 0
    assert first.shape == model._prefill(prompt)[0].shape
    model.close()


def test_sliding_layers_are_refused_in_one_line():
    class Sliding(Config):
        layer_types = ("sliding_attention", "full_attention")

        def get_text_config(self, decoder: bool) -> "Sliding":
            return self

    with pytest.raises(UsageError, match="sliding_attention"):
        vidkv_cache("vidkv-2", Sliding())
