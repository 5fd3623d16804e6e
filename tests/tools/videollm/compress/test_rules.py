"""Every compressor of the registry against its rule written out in loops: what is kept, where, and made of what."""

import itertools
import math
from collections.abc import Callable, Iterator

import pytest
import torch
from made_scenes import EVEN, UNEVEN, cos, highest, scene
from vidscout.tools.videollm.compress import COMPRESSORS, Grid, Mix, Scene, compressor
from vidscout.tools.videollm.compress.base import allotted

Made = dict[int, dict[int, float]]
"""Each kept token by the place where it stands: the rows that are added, and by how much."""


def as_they_are(seats: list[int]) -> Made:
    return {seat: {seat: 1.0} for seat in seats}


def mean(seat: int, rows: list[int]) -> Made:
    return {seat: dict.fromkeys(rows, 1 / len(rows))}


def frames(of: Scene) -> Iterator[tuple[int, int, Grid]]:
    """Number, offset and grid of each frame."""
    yield from ((n, of.layout.offsets[n], grid) for n, grid in enumerate(of.layout.frames))


def alike_in_size(of: Scene, one: int, other: int) -> bool:
    """Whether there are two such frames, and their grids are the same."""
    grids = of.layout.frames
    return other >= 0 and (grids[one].height, grids[one].width) == (grids[other].height, grids[other].width)


def share(of: Scene, by: float) -> int:
    return max(1, math.floor(of.layout.patches * by))


# ---- one each, in the order of the alphabet


def merging(of: Scene, parts: list[tuple[int, int]]) -> Made:
    """Pairs are merged within each part, of which are told the offset and the patches."""
    sizes = [size for _, size in parts]
    made: Made = {}
    for (offset, size), count in zip(parts, allotted(share(of, 0.3), sizes, sizes), strict=True):
        tokens = [(offset + n, [offset + n]) for n in range(size)] if count else []
        while len(tokens) > count:
            vectors = [of.rows[members].mean(0) for _, members in tokens]
            links = []
            for a in range(0, len(tokens), 2):
                alike, b = max((cos(vectors[a], vectors[b]), b) for b in range(1, len(tokens), 2))
                links.append((alike, a, b))
            gone = {a: b for _, a, b in sorted(links, reverse=True)[: len(tokens) - count]}
            for a, b in gone.items():
                tokens[b] = (tokens[b][0], tokens[b][1] + tokens[a][1])
            tokens = [token for n, token in enumerate(tokens) if n not in gone]
        for seat, members in tokens:
            made |= mean(seat, members)
    return made


def aim(of: Scene) -> Made:
    return merging(of, [(offset, grid.patches) for _, offset, grid in frames(of)])


def bvllm(of: Scene) -> Made:
    groups = [[n] for n in range(len(of.layout.frames))]
    while True:
        means = [torch.stack([of.frame(n).mean(0) for n in group]).sum(0) for group in groups]
        left = sum(of.layout.frames[group[0]].patches for group in groups)
        links = [
            (cos(means[n], means[n + 1]), -n)
            for n in range(len(groups) - 1)
            if alike_in_size(of, groups[n][0], groups[n + 1][0]) and left - of.layout.frames[groups[n][0]].patches >= 40
        ]
        if not links or max(links)[0] < 0.9:
            break
        n = -max(links)[1]
        groups[n : n + 2] = [groups[n] + groups[n + 1]]
    sizes = [of.layout.frames[group[0]].patches for group in groups]
    made: Made = {}
    for group, size, count in zip(groups, sizes, allotted(40, [1.0] * len(groups), sizes), strict=True):
        whole = torch.stack([of.frame(n) for n in group]).mean(0)
        places = [math.floor((n + 0.5) * size / count) for n in range(count)]
        if of.query is not None:
            places = highest({n: cos(row, of.query) for n, row in enumerate(whole)}, count)
        for place in places:
            made |= mean(of.layout.offsets[group[0]] + place, [of.layout.offsets[n] + place for n in group])
    return made


def delta(of: Scene) -> Made:
    seats: list[int] = []
    known: list[torch.Tensor] = []
    for n, offset, grid in frames(of):
        rows = torch.nn.functional.normalize(of.frame(n), dim=-1)
        if not alike_in_size(of, n, n - 1):
            known = [rows.mean(0)] * grid.patches
        for place in highest({p: 1 - cos(row, known[p]) for p, row in enumerate(rows)}, min(5, grid.patches)):
            known[place] = rows[place]
            seats.append(offset + place)
    return as_they_are(seats)


def dycoke(of: Scene) -> Made:
    seats: list[int] = []
    for n, offset, grid in frames(of):
        other = n - n % 4 + (0, 0, 0, 2)[n % 4]
        whole = n % 4 == 0 or not alike_in_size(of, n, other)
        scores = {} if whole else {p: -cos(row, of.frame(other)[p]) for p, row in enumerate(of.frame(n))}
        places = range(grid.patches) if whole else highest(scores, math.floor(grid.patches * 0.3))
        seats += [offset + place for place in places]
    return as_they_are(seats)


def evs(of: Scene) -> Made:
    scores = {}
    for n, offset, grid in frames(of):
        for place in range(grid.patches):
            same = alike_in_size(of, n, n - 1)
            scores[offset + place] = 1 - cos(of.frame(n)[place], of.frame(n - 1)[place]) if same else 255.0
    return as_they_are(highest(scores, max(of.layout.frames[0].patches, share(of, 0.4))))


def fastvid(of: Scene) -> Made:
    number = len(of.layout.frames)
    means = [of.frame(n).mean(0) for n in range(number)]
    likeness = {n: cos(means[n], means[n - 1]) for n in range(1, number)}
    cuts = {n for n in likeness if likeness[n] < 0.9 or not alike_in_size(of, n, n - 1)}
    cuts |= set(sorted(likeness, key=lambda n: (likeness[n], n))[:7])
    edges = [0, *sorted(cuts), number]
    sizes = [grid.patches for grid in of.layout.frames]
    counts = allotted(share(of, 0.25), sizes, sizes)
    made: Made = {}
    for start, end in itertools.pairwise(edges):
        picked, merged, salient = set[int](), 0, dict[int, float]()
        for n in range(start, end):
            rows = torch.nn.functional.normalize(of.frame(n), dim=-1)
            own = {of.layout.offsets[n] + p: -cos(row, rows.mean(0)) for p, row in enumerate(rows)}
            merged += math.floor(counts[n] * 0.4)
            picked |= set(highest(own, counts[n] - math.floor(counts[n] * 0.4)))
            salient |= own
        anchors = [
            [of.layout.offsets[n] + p for p in range(sizes[n]) if of.layout.offsets[n] + p not in picked]
            for n in range(start, end, 4)
        ]
        peaks: list[int] = []
        for n, own, count in zip(
            range(start, end, 4),
            anchors,
            allotted(merged, [1.0] * len(anchors), [len(a) for a in anchors]),
            strict=True,
        ):
            scores = density(of.frame(n))
            peaks += highest({seat: scores[seat - of.layout.offsets[n]] for seat in own}, count)
        rest = set(salient) - picked - set(peaks)
        extra = set(highest({seat: salient[seat] for seat in rest}, merged - len(peaks)))
        members: dict[int, list[int]] = {peak: [] for peak in peaks}
        for seat in sorted(rest - extra) if peaks else []:
            members[max(peaks, key=lambda peak, seat=seat: cos(of.rows[seat], of.rows[peak]))].append(seat)
        made |= as_they_are(sorted(picked | extra))
        for peak, own in members.items():
            by = max(0.6, 1 / (len(own) + 1))
            made[peak] = {peak: by} | {seat: (1 - by) / len(own) for seat in own}
    return made


def density(rows: torch.Tensor) -> list[float]:
    """How much of a peak of density each row is."""
    far = [[float((a - b).norm()) / math.sqrt(rows.shape[1]) for b in rows] for a in rows]
    if len(rows) == 1:
        return [1.0]
    near = [sorted(line)[1:5] for line in far]
    dense = [math.exp(-sum(value**2 for value in line) / len(line)) for line in near]
    above = [[far[n][m] for m in range(len(rows)) if dense[m] > dense[n]] for n in range(len(rows))]
    return [one * (min(to) if to else max(map(max, far))) for one, to in zip(dense, above, strict=True)]


def hired(of: Scene) -> Made:
    if of.attention is None or of.tiles is None:
        return vidcom2(of, 0.2)
    tiles = [(of.tiles == tile).nonzero().flatten().tolist() for tile in range(int(of.tiles.max()) + 1)]
    budgets = allotted(share(of, 0.2), [float(of.attention[own, 0].sum()) for own in tiles], [len(t) for t in tiles])
    late = of.attention[:, 1].tolist()
    return as_they_are(
        [n for own, c in zip(tiles, budgets, strict=True) for n in highest({m: late[m] for m in own}, c)]
    )


def cells(grid: Grid, height: int, width: int) -> Iterator[tuple[int, list[int]]]:
    """The middle and the cells of each bin of a grid."""
    for line in range(height):
        ys = range(line * grid.height // height, math.ceil((line + 1) * grid.height / height))
        for column in range(width):
            xs = range(column * grid.width // width, math.ceil((column + 1) * grid.width / width))
            middle = (ys[0] + ys[-1]) // 2 * grid.width + (xs[0] + xs[-1]) // 2
            yield middle, [y * grid.width + x for y in ys for x in xs]


def pool(of: Scene) -> Made:
    made: Made = {}
    for _, offset, grid in frames(of):
        by = 0.3 if 1 in (grid.height, grid.width) else math.sqrt(0.3)
        height, width = max(1, math.floor(grid.height * by)), max(1, math.floor(grid.width * by))
        for middle, own in cells(grid, height, width):
            made |= mean(offset + middle, [offset + n for n in own])
    return made


def progressive_pool(of: Scene) -> Made:
    made: Made = {}
    for n, offset, grid in frames(of):
        by = 1 if n % 4 == 0 else 2
        for middle, own in cells(grid, max(1, grid.height // by), max(1, grid.width // by)):
            made |= mean(offset + middle, [offset + one for one in own])
    return made


def promptpool(of: Scene) -> Made:
    """Of few enough frames, which stay apart."""
    grids = of.layout.frames
    least = min(grid.height for grid in grids), min(grid.width for grid in grids)
    fit = [(line, max(1, line * least[1] // least[0])) for line in range(1, least[0] + 1)]
    fit = [(line, column) for line, column in fit if len(grids) * line * column <= 50 and (line, column) != (1, 1)]
    height, width = fit[-1] if fit else (1, min(least[1], 50 // len(grids)))
    made: Made = {}
    for _, offset, grid in frames(of):
        for middle, own in cells(grid, height, width):
            rows = [offset + n for n in own]
            suits = [0.0 if of.query is None else cos(of.rows[row], of.query) / 0.1 for row in rows]
            made[offset + middle] = dict(zip(rows, torch.tensor(suits).softmax(0).tolist(), strict=True))
    return made


def sample(of: Scene) -> Made:
    return as_they_are([math.floor((n + 0.5) * of.layout.patches / 40) for n in range(40)])


def stride(of: Scene) -> Made:
    return as_they_are([offset + p for n, offset, grid in frames(of) if n % 3 == 0 for p in range(grid.patches)])


def tome(of: Scene) -> Made:
    edges = [of.layout.offsets[n * len(of.layout.frames) // 3] for n in range(4)]
    return merging(of, [(start, end - start) for start, end in itertools.pairwise(edges)])


def vidcom2(of: Scene, by: float = 0.25) -> Made:
    quiet = sorted(range(of.rows.shape[1]), key=lambda c: float(of.rows[:, c].var(correction=0)))
    x = torch.nn.functional.normalize(of.rows[:, quiet[: len(quiet) // 2]], dim=-1)

    def s(row: torch.Tensor, centre: torch.Tensor) -> float:
        return sum(math.exp(-float((row - centre).square().sum()) / (2 * 2.0**k)) for k in range(-3, 2))

    video = [s(row, x.mean(0)) for row in x]
    parts = [(offset, grid.patches) for _, offset, grid in frames(of)]
    unusual = torch.tensor([-sum(video[a : a + size]) / size for a, size in parts], dtype=torch.float64)
    soft = (unusual / 0.01).softmax(0).tolist()
    weights = [(1 + one - sum(soft) / len(soft)) * size for one, (_, size) in zip(soft, parts, strict=True)]
    seats: list[int] = []
    for (a, size), count in zip(parts, allotted(share(of, by), weights, [size for _, size in parts]), strict=True):
        centre = x[a : a + size].mean(0)
        seats += highest({n: -(video[n] + s(x[n], centre)) for n in range(a, a + size)}, count)
    return as_they_are(seats)


RULES: dict[str, tuple[str, Callable[[Scene], Made]]] = {
    "aim": ("0.3", aim), "bvllm": ("40", bvllm), "delta": ("5", delta), "dycoke": ("0.3", dycoke),
    "evs": ("0.4", evs), "fastvid": ("0.25", fastvid), "hired": ("0.2", hired), "pool": ("0.3", pool),
    "progressive_pool": ("4x2", progressive_pool), "promptpool": ("50", promptpool), "sample": ("40", sample),
    "stride": ("3", stride), "tome": ("0.3x3", tome), "vidcom2": ("0.25", vidcom2),
}  # fmt: skip
"""By name: an amount, and the rule at that amount."""


def spelled(mix: Mix) -> Made:
    """What a compressor made, as the rules have it."""
    whole = mix.spelled()
    assert whole.outputs is not None
    assert whole.inputs is not None
    assert whole.weights is not None
    made: Made = {seat: {} for seat in whole.seats.tolist()}
    for output, row, weight in zip(whole.outputs.tolist(), whole.inputs.tolist(), whole.weights.tolist(), strict=True):
        own = made[int(whole.seats[output])]
        own[row] = own.get(row, 0.0) + weight
    return made


def attended(given: Scene) -> Scene:
    """The scene with the attention of a tower, by tiles of 24 patches."""
    patches = given.layout.patches
    attention = torch.rand(patches, 2, generator=torch.Generator().manual_seed(3))
    attention[:24, 0] *= 4
    return Scene(given.layout, given.rows, given.query, attention, torch.arange(patches) // 24)


def test_every_compressor_has_its_rule():
    assert set(RULES) == set(COMPRESSORS)


@pytest.mark.parametrize("asks", [True, False], ids=["asked", "not asked"])
@pytest.mark.parametrize("still", [0.3, 0.02], ids=["moving", "still"])
@pytest.mark.parametrize("layout", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("name", sorted(RULES))
def test_what_is_kept_and_what_it_is_made_of_is_the_rule_in_loops(name, layout, still, asks):
    amount, rule = RULES[name]
    given = scene(layout, seed=1, still=still)
    if name == "hired" and asks:
        given = attended(given)
    elif not asks:
        given = Scene(layout, given.rows)
    made, expected = spelled(compressor(f"{name}:{amount}").mix(given)), rule(given)
    assert sorted(made) == sorted(expected)
    for seat, rows in expected.items():
        assert made[seat].keys() == rows.keys()
        assert [made[seat][row] for row in rows] == pytest.approx(list(rows.values()), abs=1e-4)
