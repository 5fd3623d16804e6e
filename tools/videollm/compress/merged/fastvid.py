"""`fastvid`: stretches of alike frames, each told by salient patches and by merged ones around peaks of density."""

import itertools
from typing import TYPE_CHECKING

from ..base import Compressor, Layout, Mix, Scene, allotted, best, mixed, share_of, unit

if TYPE_CHECKING:
    from torch import Tensor

ALIKE = 0.9
"""Cosine of two frames' means below which a stretch ends."""
LEAST_STRETCHES = 8
DENSITY_SHARE = 0.4
"""Share of what is kept that is merged; the rest is picked."""
ANCHOR_EVERY = 4
"""Frames from one in which peaks are looked for to the next."""
NEIGHBOURS = 4
LEAST_OF_ANCHOR = 0.6
"""The paper's values, all five."""


class FastVID(Compressor):
    """The share r of all patches, by stretches: 60 % picked for their salience, 40 % merged around peaks of density.

    Frames are cut into stretches where cos(frame, next) < 0.9, and at the seven lowest of these in any case. Of every
    frame the most salient patches are picked: those that get most of the vision tower's attention, or without it
    those least like their frame's mean. In every fourth frame of a stretch peaks are picked by
    exp(−mean d² to the 4 nearest) × distance to the nearest denser patch; all patches of the stretch that were not
    picked go to the most alike peak, which becomes β·peak + (1 − β)·their mean, β = max(0.6, 1/(n + 1)) for n of them.
    Together exactly max(1, ⌊r·patches⌋).

    Source: FastVID (Shen et al., NeurIPS 2025, arXiv 2503.11187).
    """

    name = "fastvid"
    amount = "0.25"
    attends = True

    def __init__(self, amount: str) -> None:
        self.share = share_of(amount, self.name)

    def kept(self, layout: Layout) -> int:
        return max(1, int(layout.patches * self.share + 1e-9))

    def mix(self, scene: Scene) -> Mix:
        sizes = [grid.patches for grid in scene.layout.frames]
        counts = allotted(self.kept(scene.layout), [float(size) for size in sizes], sizes)
        groups = []
        for start, end in stretches(scene):
            groups += _stretch(scene, start, end, counts[start:end])
        return mixed(groups)


def stretches(scene: Scene) -> list[tuple[int, int]]:
    """Frames from the first to before the second that look alike and have one size."""
    import torch

    count = len(scene.layout.frames)
    means = unit(torch.stack([scene.frame(n).float().mean(0) for n in range(count)]))
    alike = (means[1:] * means[:-1]).sum(-1)
    lowest = alike.argsort(stable=True)[: LEAST_STRETCHES - 1].tolist()
    cuts = {n + 1 for n in lowest} | {n + 1 for n, value in enumerate(alike.tolist()) if value < ALIKE}
    edges = sorted({0, count} | cuts | {start for start, _ in scene.layout.runs()})
    return list(itertools.pairwise(edges))


def salience(scene: Scene) -> "Tensor":
    """How salient each patch is in its frame, (patches,)."""
    import torch

    if scene.attention is not None:
        return scene.attention[:, 1].float()
    frames = [unit(scene.frame(n)) for n in range(len(scene.layout.frames))]
    return torch.cat([-(rows @ unit(rows.mean(0))) for rows in frames])


def peaks(rows: "Tensor") -> "Tensor":
    """How much of a peak of density each row is, (n,), by density-peak clustering over nearest neighbours."""
    import torch

    far = torch.cdist(rows.float(), rows.float()) / rows.shape[1] ** 0.5
    if len(rows) == 1:
        return far.new_ones(1)
    near = far.topk(min(NEIGHBOURS + 1, len(rows)), largest=False).values[:, 1:]  # the nearest is the row itself
    dense = torch.exp(-near.square().mean(-1))
    denser = dense[None] > dense[:, None]
    to_denser = far.masked_fill(~denser, float("inf")).min(-1).values
    return dense * torch.where(denser.any(-1), to_denser, far.max())


def _stretch(scene: Scene, start: int, end: int, counts: list[int]) -> "list[tuple[int, Tensor, Tensor]]":
    """What is kept of a stretch, as `mixed` takes it."""
    import torch

    offsets = scene.layout.offsets
    begin, size = offsets[start], scene.layout.frames[start].patches
    rows = scene.rows[begin : offsets[end]].float()
    salient = salience(scene)[begin : offsets[end]].view(end - start, size)
    picked = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
    merged = 0
    for place, count in enumerate(counts):
        dense = int(count * DENSITY_SHARE)
        picked[place * size + best(salient[place], count - dense)] = True
        merged += dense
    anchors: list[Tensor] = []
    frames = list(range(0, end - start, ANCHOR_EVERY))
    left = [int((~picked[n * size : (n + 1) * size]).sum()) for n in frames]
    for n, count in zip(frames, allotted(merged, [1.0] * len(frames), left), strict=True):
        own = slice(n * size, (n + 1) * size)
        anchors.append(n * size + best(peaks(rows[own]).masked_fill(picked[own], -1.0), count))
    peak = torch.cat(anchors)
    open_ones = ~picked
    open_ones[peak] = False
    if (more := merged - len(peak)) > 0:  # the anchors' frames were full: the most salient of the others
        extra = best(salient.flatten().masked_fill(~open_ones, -float("inf")), more)
        picked[extra], open_ones[extra] = True, False
    one = torch.ones(1)
    groups = [(begin + n, torch.tensor([begin + n]), one) for n in picked.nonzero().flatten().tolist()]
    others = open_ones.nonzero().flatten()
    whose = (unit(rows[others]) @ unit(rows[peak]).T).argmax(-1) if len(peak) and len(others) else others.new_empty(0)
    for number, seat in enumerate(peak.tolist()):
        members = others[whose == number] if len(others) else others
        share = max(LEAST_OF_ANCHOR, 1 / (len(members) + 1))
        weights = torch.full((len(members) + 1,), (1 - share) / max(len(members), 1))
        weights[0] = share
        groups.append((begin + seat, begin + torch.cat([peak[number : number + 1], members]), weights))
    return groups
