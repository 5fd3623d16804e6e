"""The compressors' bench: its arithmetic, its picture, and one row of it on a tiny model."""

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from vidscout.bench.measure.tokens import compress
from vidscout.bench.measure.tokens.compress import Bench, Cost, flops, picture


def test_flops_count_weights_and_attention():
    config = SimpleNamespace(
        hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
    )
    weights = 8 * 8 + 8 * 8 + 2 * 8 * 4 + 3 * 8 * 16  # queries and output, keys and values, three of the block's
    assert flops(config, 10) == 2 * (2 * weights * 10 + 4 * 8 * 10 * 10 / 2)


def test_the_picture_has_a_point_for_each_row():
    costs = [Cost("all", 100, 1.0, 0.0, 1.0, 10, 1.0), Cost("evs:0.5", 50, 0.4, 0.1, 0.5, 5, 0.9)]
    root = ElementTree.fromstring(picture(costs))
    assert len(root.findall("{*}circle")) == 2


def test_fewer_tokens_cost_less_and_all_of_them_change_nothing(monkeypatch: pytest.MonkeyPatch):
    text, vision = compress.SIZES["small"]
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    small = ({**text, **heads, "hidden_size": 64, "num_hidden_layers": 2}, {**vision, "depth": 2})
    monkeypatch.setitem(compress.SIZES, "small", small)
    monkeypatch.setattr(compress, "SIDE", 112)
    bench = Bench("small", 4)
    whole, logits = bench.cost(None, 1, None)
    assert whole.tokens == bench.layout.patches == 4 * 16
    everything, _ = bench.cost("evs:1", 1, logits)
    assert everything.cosine == pytest.approx(1, abs=1e-5)
    half, _ = bench.cost("evs:0.5", 1, logits)
    assert half.tokens == 32
    assert half.cache_bytes < whole.cache_bytes
    assert half.flops < whole.flops
    assert "| `evs:0.5` | 32 |" in half.row()
