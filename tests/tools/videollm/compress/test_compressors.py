"""What is true of all compressors, and what is particular to single ones; `test_rules.py` has their rules in loops."""

import math

import pytest
import torch
from made_scenes import EVEN, UNEVEN, scene
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm.compress import COMPRESSORS, Grid, Layout, Mix, Scene, compressor
from vidscout.tools.videollm.compress.base import allotted
from vidscout.tools.videollm.compress.merged.bvllm import groups_of
from vidscout.tools.videollm.compress.merged.fastvid import stretches

AMOUNTS = {
    "aim": ("0.05", "0.3", "0.7", "1"),
    "bvllm": ("5", "40", "100", "100000"),
    "delta": ("2", "5", "20", "64"),
    "dycoke": ("0.1", "0.3", "0.7", "1"),
    "evs": ("0.05", "0.3", "0.7", "1"),
    "fastvid": ("0.05", "0.3", "0.7", "1"),
    "hired": ("0.05", "0.3", "0.7", "1"),
    "pool": ("0.05", "0.3", "0.7", "1"),
    "progressive_pool": ("8x3", "4x2", "2x2", "1"),
    "promptpool": ("5", "40", "100", "1024"),
    "sample": ("5", "40", "100", "512"),
    "stride": ("8", "4", "2", "1"),
    "tome": ("0.05", "0.3x3", "0.7x100", "1"),
    "vidcom2": ("0.05", "0.3", "0.7", "1"),
}
"""Of each from little to everything."""


# ---- all of them


def test_every_compressor_is_tried_here():
    assert set(AMOUNTS) == set(COMPRESSORS)


@pytest.mark.parametrize("layout", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("name", sorted(AMOUNTS))
def test_exactly_what_was_promised_is_kept_and_more_costs_no_less(name: str, layout: Layout):
    before = 0
    for amount in AMOUNTS[name]:
        asked = compressor(f"{name}:{amount}")
        kept = asked.kept(layout)
        assert before <= kept <= layout.patches
        before = kept
        if kept == layout.patches:
            continue
        given = scene(layout)
        mix = asked.mix(given)
        seats = mix.seats.tolist()
        assert len(seats) == kept
        assert seats == sorted(set(seats))
        assert 0 <= seats[0] <= seats[-1] < layout.patches
        made = mix.of(given.rows)
        assert made.shape == (kept, 16)
        assert bool(torch.isfinite(made).all())
    assert before == layout.patches


@pytest.mark.parametrize("layout", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("name", sorted(AMOUNTS))
def test_a_little_more_is_never_fewer_tokens(name: str, layout: Layout):
    amounts = [f"{n / 100:g}" for n in range(1, 101)] if AMOUNTS[name][-1] == "1" else [str(n) for n in range(1, 250)]
    if name in ("stride", "progressive_pool"):  # the more, the fewer
        amounts = [str(n) for n in range(12, 0, -1)]
    kept = [compressor(f"{name}:{amount}").kept(layout) for amount in amounts]
    assert kept == sorted(kept)
    assert 1 <= kept[0] < kept[-1] == layout.patches


@pytest.mark.parametrize("name", sorted(AMOUNTS))
def test_whatever_is_made_is_a_mean_so_alike_patches_stay_as_they_are(name: str):
    one = torch.linspace(-1, 1, 16)
    given = Scene(EVEN, one.expand(EVEN.patches, 16).contiguous(), torch.ones(16))
    made = compressor(f"{name}:{AMOUNTS[name][1]}").mix(given).of(given.rows)
    assert torch.allclose(made, one.expand_as(made), atol=1e-6)


@pytest.mark.parametrize("name", ["aim", "evs", "fastvid", "hired", "tome", "vidcom2"])
def test_a_share_is_kept_to_the_token(name: str):
    for share in (0.1, 0.25, 0.5):
        assert compressor(f"{name}:{share}").kept(EVEN) == max(24 if name == "evs" else 1, math.floor(192 * share))


@pytest.mark.parametrize(
    "spec",
    [
        "zip",
        "evs:0",
        "evs:1.5",
        "evs:much",
        "pool:3x4",
        "stride:0",
        "delta:-1",
        "progressive_pool:x2",
        "bvllm:0.5",
        "tome:0.5x",
        "tome:x8",
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(spec: str):
    with pytest.raises(UsageError) as told:
        compressor(spec)
    assert "\n" not in str(told.value)


def test_a_budget_is_divided_exactly():
    for budget in range(30):
        given = allotted(budget, [1.0, 0.0, 5.0, 2.5], [9, 4, 3, 12])
        assert sum(given) == min(budget, 28)
        assert all(0 <= one <= most for one, most in zip(given, [9, 4, 3, 12], strict=True))


# ---- single ones


def test_a_frame_of_another_size_is_new_to_evs():
    given = scene(UNEVEN)
    first_of_size = {96, 97, 98, 110, 126, 132}
    assert first_of_size <= set(compressor("evs:0.5").mix(given).seats.tolist())


def test_pool_is_adaptive_average_pooling():
    given = scene()
    made = compressor("pool:3x2x4").mix(given).of(given.rows)
    volume = given.rows.view(8, 4, 6, 16).permute(3, 0, 1, 2)
    expected = torch.nn.functional.adaptive_avg_pool3d(volume, (3, 2, 4)).permute(1, 2, 3, 0).reshape(-1, 16)
    assert torch.allclose(made, expected, atol=1e-5)


def test_promptpool_without_a_question_is_pooling():
    given = Scene(EVEN, scene().rows)
    pooled = compressor("pool:8x2x3").mix(given).of(given.rows)
    assert torch.allclose(compressor("promptpool:50").mix(given).of(given.rows), pooled)


def test_promptpool_puts_frames_together_only_where_they_are_more_than_the_tokens():
    assert compressor("promptpool:5").kept(EVEN) == 5
    assert compressor("promptpool:9").kept(EVEN) == 8


def test_bvllm_merges_still_frames_and_meets_its_budget():
    rows = scene().rows.clone()
    rows[24:96] = rows[:24].repeat(3, 1)  # frames 0 to 3 show the same
    given = Scene(EVEN, rows)
    assert groups_of(given, 40)[0] == (0, 4)
    assert sum(EVEN.frames[0].patches for _ in groups_of(given, 150)) >= 150
    for budget in (40, 120, 191):
        assert len(compressor(f"bvllm:{budget}").mix(given).seats) == budget


def test_fastvid_cuts_where_frames_differ():
    given = Scene(
        Layout((Grid(2, 2),) * 12), torch.cat([torch.eye(4)[:1].repeat(20, 1), -torch.eye(4)[:1].repeat(28, 1)])
    )
    assert (0, 5) not in stretches(given)  # seven cuts there are in any case
    assert any(start == 5 for start, _ in stretches(given))


def test_fastvid_merges_what_it_does_not_pick_into_its_peaks():
    given = scene(still=0.05)
    mix = compressor("fastvid:0.25").mix(given)
    assert mix.outputs is not None
    assert mix.inputs is not None
    assert mix.weights is not None
    totals = torch.zeros(len(mix.seats)).index_add_(0, mix.outputs, mix.weights)
    assert torch.allclose(totals, torch.ones_like(totals), atol=1e-5)
    sizes = mix.outputs.bincount().tolist()
    assert max(sizes) > 1
    for place, size in enumerate(sizes):
        own = mix.weights[mix.outputs == place]
        assert float(own[0]) == pytest.approx(1.0 if size == 1 else max(0.6, 1 / size))
    assert len(set(mix.inputs.tolist())) == len(mix.inputs)  # nothing is told twice


def test_fastvid_takes_the_attention_where_there_is_any():
    rows = scene().rows
    attention = torch.zeros(EVEN.patches, 2)
    attention[5::24, 1] = 1.0
    seats = compressor("fastvid:0.1").mix(Scene(EVEN, rows, None, attention)).seats.tolist()
    assert {5 + 24 * n for n in range(8)} <= set(seats)


def test_hired_without_attention_is_vidcom2_and_says_so(caplog: pytest.LogCaptureFixture):
    given = scene()
    asked = compressor("hired:0.25")
    assert torch.equal(asked.mix(given).seats, compressor("vidcom2:0.25").mix(given).seats)
    asked.mix(given)
    assert len([line for line in caplog.messages if "hired" in line]) == 1


def test_a_mix_keeps_the_precision_of_its_rows():
    mix = Mix(torch.tensor([1]), torch.tensor([0, 0]), torch.tensor([0, 1]), torch.tensor([0.5, 0.5]))
    rows = torch.tensor([[2.0], [4.0]], dtype=torch.bfloat16)
    assert mix.of(rows).dtype is torch.bfloat16
    assert mix.of(rows).item() == 3.0
