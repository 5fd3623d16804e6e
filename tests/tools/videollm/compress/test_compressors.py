"""Each compressor against its rule written out in loops, and what is true of all of them."""

import math

import pytest
import torch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm.compress import COMPRESSORS, Grid, Layout, Mix, Scene, compressor
from vidscout.tools.videollm.compress.aim import merged
from vidscout.tools.videollm.compress.base import allotted
from vidscout.tools.videollm.compress.bvllm import groups_of
from vidscout.tools.videollm.compress.fastvid import peaks, stretches

EVEN = Layout((Grid(4, 6),) * 8)
UNEVEN = Layout((*((Grid(4, 6),) * 4), Grid(3, 5, 1), Grid(3, 5, 1), Grid(1, 7)))
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
    "vidcom2": ("0.05", "0.3", "0.7", "1"),
}
"""Of each from little to everything."""


def scene(layout: Layout = EVEN, seed: int = 0, still: float = 0.3) -> Scene:
    """Frames of which each is the one before and some noise."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(layout.patches, 16, generator=generator)
    for start, end in layout.runs():
        at, size = layout.offsets[start], layout.frames[start].patches
        for n in range(1, end - start):
            own = slice(at + n * size, at + (n + 1) * size)
            rows[own] = rows[at + (n - 1) * size : at + n * size] + still * rows[own]
    return Scene(layout, rows, torch.randn(16, generator=generator))


def cos(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a, b, dim=0))


def highest(scores: dict[int, float], count: int) -> list[int]:
    return sorted(sorted(scores, key=lambda n: (-scores[n], n))[:count])


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


@pytest.mark.parametrize("name", sorted(AMOUNTS))
def test_whatever_is_made_is_a_mean_so_alike_patches_stay_as_they_are(name: str):
    one = torch.linspace(-1, 1, 16)
    given = Scene(EVEN, one.expand(EVEN.patches, 16).contiguous(), torch.ones(16))
    made = compressor(f"{name}:{AMOUNTS[name][1]}").mix(given).of(given.rows)
    assert torch.allclose(made, one.expand_as(made), atol=1e-6)


@pytest.mark.parametrize("name", ["aim", "evs", "fastvid", "hired", "vidcom2"])
def test_a_share_is_kept_to_the_token(name: str):
    for share in (0.1, 0.25, 0.5):
        assert compressor(f"{name}:{share}").kept(EVEN) == max(24 if name == "evs" else 1, math.floor(192 * share))


@pytest.mark.parametrize(
    "spec",
    ["zip", "evs:0", "evs:1.5", "evs:much", "pool:3x4", "stride:0", "delta:-1", "progressive_pool:x2", "bvllm:0.5"],
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


# ---- each one, by loops


def test_evs_keeps_what_changed_most():
    given = scene()
    scores = {}
    for n in range(EVEN.patches):
        scores[n] = 255.0 if n < 24 else 1 - cos(given.rows[n], given.rows[n - 24])
    assert compressor("evs:0.4").mix(given).seats.tolist() == highest(scores, math.floor(192 * 0.4))


def test_a_frame_of_another_size_is_new_to_evs():
    given = scene(UNEVEN)
    first_of_size = {96, 97, 98, 110, 126, 132}
    assert first_of_size <= set(compressor("evs:0.5").mix(given).seats.tolist())


def test_vidcom2_keeps_what_stands_out_in_frames_that_stand_out():
    given = scene()
    variances = [float(given.rows[:, c].var(correction=0)) for c in range(16)]
    quiet = sorted(range(16), key=lambda c: variances[c])[:8]
    x = torch.nn.functional.normalize(given.rows[:, quiet], dim=-1)

    def s(row: torch.Tensor, centre: torch.Tensor) -> float:
        return sum(math.exp(-float((row - centre).square().sum()) / (2 * 2.0**k)) for k in range(-3, 2))

    video = [s(row, x.mean(0)) for row in x]
    means = [-sum(video[f * 24 : f * 24 + 24]) / 24 for f in range(8)]
    exps = [math.exp((m - max(means)) / 0.01) for m in means]
    soft = [e / sum(exps) for e in exps]
    counts = allotted(48, [1 + v - sum(soft) / 8 for v in soft], [24] * 8)
    expected = []
    for f in range(8):
        own = x[f * 24 : f * 24 + 24]
        scores = {n: -(video[f * 24 + n] + s(own[n], own.mean(0))) for n in range(24)}
        expected += [f * 24 + n for n in highest(scores, counts[f])]
    assert compressor("vidcom2:0.25").mix(given).seats.tolist() == expected


def test_pool_is_adaptive_average_pooling():
    given = scene()
    made = compressor("pool:3x2x4").mix(given).of(given.rows)
    volume = given.rows.view(8, 4, 6, 16).permute(3, 0, 1, 2)
    expected = torch.nn.functional.adaptive_avg_pool3d(volume, (3, 2, 4)).permute(1, 2, 3, 0).reshape(-1, 16)
    assert torch.allclose(made, expected, atol=1e-5)


def test_pool_by_a_share_keeps_every_frame():
    given = scene()
    mix = compressor("pool:0.25").mix(given)
    expected = [f * 24 + line * 6 + column for f in range(8) for line in (0, 2) for column in (0, 2, 4)]
    assert mix.seats.tolist() == expected
    block = given.rows[[24, 25, 30, 31]].mean(0)  # the second frame's upper left
    assert torch.allclose(mix.of(given.rows)[6], block, atol=1e-6)


def test_sample_is_evenly_spaced():
    assert compressor("sample:6").mix(scene()).seats.tolist() == [16, 48, 80, 112, 144, 176]


def test_stride_keeps_whole_frames():
    assert compressor("stride:3").mix(scene()).seats.tolist() == [*range(24), *range(72, 96), *range(144, 168)]


def test_delta_compares_with_what_was_last_kept_in_a_place():
    given = scene()
    x = torch.nn.functional.normalize(given.rows, dim=-1)
    known = [x[:24].mean(0)] * 24
    expected = []
    for f in range(8):
        scores = {n: 1 - cos(x[f * 24 + n], known[n]) for n in range(24)}
        for n in highest(scores, 5):
            known[n] = x[f * 24 + n]
            expected.append(f * 24 + n)
    assert compressor("delta:5").mix(given).seats.tolist() == expected


def test_promptpool_weighs_by_the_question():
    given = scene()
    assert given.query is not None
    asked = compressor("promptpool:50")
    mix = asked.mix(given)
    assert asked.kept(EVEN) == 8 * 2 * 3
    members = [24 + n for n in (0, 1, 6, 7)]
    weights = torch.tensor([cos(given.rows[n], given.query) / 0.1 for n in members]).softmax(0)
    expected = (weights[:, None] * given.rows[members]).sum(0)
    assert torch.allclose(mix.of(given.rows)[6], expected, atol=1e-5)


def test_promptpool_without_a_question_is_pooling():
    given = Scene(EVEN, scene().rows)
    pooled = compressor("pool:8x2x3").mix(given).of(given.rows)
    assert torch.allclose(compressor("promptpool:50").mix(given).of(given.rows), pooled)


def test_promptpool_puts_frames_together_only_where_they_are_more_than_the_tokens():
    assert compressor("promptpool:5").kept(EVEN) == 5
    assert compressor("promptpool:9").kept(EVEN) == 8


def test_progressive_pool_keeps_the_first_of_each_group():
    given = scene()
    mix = compressor("progressive_pool:4x2").mix(given)
    made = mix.of(given.rows)
    assert torch.equal(made[:24], given.rows[:24])
    assert torch.allclose(made[24], given.rows[[24, 25, 30, 31]].mean(0), atol=1e-6)
    assert torch.equal(made[24 + 18 : 48 + 18], given.rows[96:120])


def test_dycoke_compares_within_fours():
    given = scene()
    expected = []
    for f in range(8):
        other = {0: f, 1: f - 1, 2: f - 2, 3: f - 1}[f % 4]
        scores = {n: -cos(given.rows[f * 24 + n], given.rows[other * 24 + n]) for n in range(24)}
        expected += [f * 24 + n for n in highest(scores, 24 if f % 4 == 0 else 7)]
    assert compressor("dycoke:0.3").mix(given).seats.tolist() == expected


def test_aim_merges_the_most_alike_pairs_first():
    rows = scene().rows[:24]
    tokens = [([n], rows[n]) for n in range(24)]
    while len(tokens) > 7:
        links = []
        for a in range(0, len(tokens), 2):
            alike = {b: cos(tokens[a][1], tokens[b][1]) for b in range(1, len(tokens), 2)}
            b = max(alike, key=lambda n: alike[n])
            links.append((alike[b], a, b))
        gone = {a: b for _, a, b in sorted(links, reverse=True)[: len(tokens) - 7]}
        for a, b in gone.items():
            tokens[b] = (tokens[b][0] + tokens[a][0], tokens[b][1])
        tokens = [(m, rows[m].mean(0)) for n, (m, _) in enumerate(tokens) if n not in gone]
    owner = merged(rows, 7)
    found = {frozenset((owner == seat).nonzero().flatten().tolist()) for seat in owner.unique().tolist()}
    assert found == {frozenset(members) for members, _ in tokens}
    assert all(int(seat) in (owner == seat).nonzero() for seat in owner.unique())


def test_bvllm_merges_still_frames_and_meets_its_budget():
    rows = scene().rows.clone()
    rows[24:96] = rows[:24].repeat(3, 1)  # frames 0 to 3 show the same
    given = Scene(EVEN, rows)
    assert groups_of(given, 40)[0] == (0, 4)
    assert sum(EVEN.frames[0].patches for _ in groups_of(given, 150)) >= 150
    for budget in (40, 120, 191):
        assert len(compressor(f"bvllm:{budget}").mix(given).seats) == budget


def test_bvllm_samples_the_patches_that_suit_the_question():
    rows = torch.randn(EVEN.patches, 16, generator=torch.Generator().manual_seed(5))
    given = Scene(EVEN, rows, scene().query)
    assert given.query is not None
    assert groups_of(given, 16) == [(n, n + 1) for n in range(8)]
    expected = []
    for f in range(8):
        scores = {f * 24 + n: cos(given.rows[f * 24 + n], given.query) for n in range(24)}
        expected += highest(scores, 2)
    assert compressor("bvllm:16").mix(given).seats.tolist() == expected


def test_fastvid_cuts_where_frames_differ():
    given = Scene(
        Layout((Grid(2, 2),) * 12), torch.cat([torch.eye(4)[:1].repeat(20, 1), -torch.eye(4)[:1].repeat(28, 1)])
    )
    assert (0, 5) not in stretches(given)  # seven cuts there are in any case
    assert any(start == 5 for start, _ in stretches(given))


def test_fastvids_peaks_are_those_of_density():
    rows = scene().rows[:24]
    far = [[float((a - b).norm()) / 4 for b in rows] for a in rows]
    dense = [math.exp(-sum(sorted(line)[1:5][k] ** 2 for k in range(4)) / 4) for line in far]
    expected = []
    for n in range(24):
        above = [far[n][m] for m in range(24) if dense[m] > dense[n]]
        expected.append(dense[n] * (min(above) if above else max(map(max, far))))
    assert peaks(rows).tolist() == pytest.approx(expected, rel=1e-3)


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


def test_hired_divides_over_tiles_and_takes_the_most_attended():
    rows = scene().rows
    tiles = torch.arange(EVEN.patches) // 48
    attention = torch.rand(EVEN.patches, 2, generator=torch.Generator().manual_seed(3))
    attention[:48, 0] *= 4
    counts = allotted(38, [float(attention[tiles == t, 0].sum()) for t in range(4)], [48] * 4)
    assert counts[0] > 2 * counts[1]
    expected = []
    for tile in range(4):
        scores = {tile * 48 + n: float(attention[tile * 48 + n, 1]) for n in range(48)}
        expected += highest(scores, counts[tile])
    assert compressor("hired:0.2").mix(Scene(EVEN, rows, None, attention, tiles)).seats.tolist() == expected


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
