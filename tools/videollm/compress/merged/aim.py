"""`aim`: alike patches of a frame are merged, pair by pair, until the share is reached."""

from typing import TYPE_CHECKING

from ....errors import UsageError
from ...attending.pruning import Schedule
from ..base import Compressor, Layout, Mix, Scene, allotted, mixed, share_of, unit

if TYPE_CHECKING:
    from torch import Tensor


class AIM(Compressor):
    """The share r of all patches, by repeated bipartite soft matching inside each frame.

    A round divides a frame's tokens alternately into two sets, links each of the first to the most alike of the second
    by cosine, and merges the most alike links; rounds go on until the frame's count is reached, so each halves it at
    most. A merged token is the mean of the patches in it and stands in the place of one of them. Together exactly
    max(1, ⌊r·patches⌋), divided by the frames' sizes.

    `aim:0.25:prune` also drops tokens inside the language model, from half of its layers on (`attending.pruning`). That
    needs `attention = "eager"`; otherwise it only merges, and says so once in the log. A question then reads its whole
    prompt: what is dropped depends on it.

    Source: AIM (Zhong et al., ICCV 2025, arXiv 2412.03248), after ToMe (Bolya et al., 2023).
    """

    name = "aim"
    amount = "0.25"

    def __init__(self, amount: str) -> None:
        share, _, inside = amount.partition(":")
        if inside not in ("", "prune"):
            raise UsageError(f"compress = aim:{amount}: behind the share stands `prune`, or nothing")
        self.share = share_of(share, self.name)
        self.inside = Schedule() if inside else None

    def kept(self, layout: Layout) -> int:
        return max(1, int(layout.patches * self.share + 1e-9))

    def mix(self, scene: Scene) -> Mix:
        sizes = [grid.patches for grid in scene.layout.frames]
        counts = allotted(self.kept(scene.layout), [float(size) for size in sizes], sizes)
        groups = []
        for place, (count, offset) in enumerate(zip(counts, scene.layout.offsets, strict=False)):
            if not count:
                continue
            groups += by_means(merged(scene.frame(place), count), offset)
        return mixed(groups)


def by_means(owner: "Tensor", offset: int) -> "list[tuple[int, Tensor, Tensor]]":
    """The means of what `merged` put together of rows from an offset on, as `mixed` takes them."""
    import torch

    groups = []
    for seat in owner.unique().tolist():
        members = (owner == seat).nonzero().flatten()
        groups.append((offset + seat, offset + members, torch.full((len(members),), 1 / len(members))))
    return groups


def merged(rows: "Tensor", count: int) -> "Tensor":
    """For each of some rows, (n, width), in the place of which of them it is, (n,), when `count` are left."""
    import torch

    owner = torch.arange(len(rows), device=rows.device)
    seats = owner.clone()
    tokens, sizes = rows.float(), torch.ones(len(rows), 1, device=rows.device)
    while (surplus := len(tokens) - count) > 0:
        alike = unit(tokens[::2]) @ unit(tokens[1::2]).T
        closest, partner = alike.max(-1)
        leave = closest.argsort(descending=True, stable=True)[:surplus]
        source, target = 2 * leave, 2 * partner[leave] + 1
        sums = (tokens * sizes).index_add(0, target, tokens[source] * sizes[source])
        sizes = sizes.index_add(0, target, sizes[source])
        moved = torch.arange(len(rows), device=rows.device)
        moved[seats[source]] = seats[target]
        owner = moved[owner]
        stay = torch.ones(len(tokens), dtype=torch.bool, device=rows.device)
        stay[source] = False
        tokens, sizes, seats = (sums / sizes)[stay], sizes[stay], seats[stay]
    return owner
