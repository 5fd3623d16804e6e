"""`vidcom2`: frames that stand out get more tokens, and in each the patches that stand out are kept."""

import itertools
from typing import TYPE_CHECKING

from ..base import Compressor, Layout, Mix, Scene, allotted, best, share_of, unit

if TYPE_CHECKING:
    from torch import Tensor

WIDTHS = (-3, -2, -1, 0, 1)
"""Powers of two of the kernel's widths."""
TEMPERATURE = 0.01
"""Of the softmax over frames."""


class VidCom2(Compressor):
    """The share r of all patches: more of unusual frames, and of each frame the patches least like the rest.

    On the half of the channels that vary least, rows of length one: s(x, c) = Σ_{k=−3..1} exp(−‖x − c‖² / (2·2ᵏ)).
    With c the mean over the video, a frame's mean of −s gives its share r·(1 + softmax(· / 0.01) − mean of these);
    with both means, the patches with the smallest s(x, video) + s(x, frame) are kept. The frames' counts are rounded
    by largest remainder, so that together they are exactly max(1, ⌊r·patches⌋).

    Source: VidCom² (Liu et al., EMNLP 2025).
    """

    name = "vidcom2"
    amount = "0.25"
    by_vllm = True

    def __init__(self, amount: str) -> None:
        self.share = share_of(amount, self.name)

    def kept(self, layout: Layout) -> int:
        return max(1, int(layout.patches * self.share + 1e-9))

    def mix(self, scene: Scene) -> Mix:
        import torch

        layout = scene.layout
        rows = scene.rows.float()
        quiet = rows.var(0, correction=0).argsort(stable=True)[: max(1, rows.shape[1] // 2)]
        rows = unit(rows[:, quiet])
        by_video = likeness(rows, rows.mean(0))
        offsets = layout.offsets
        frames = list(itertools.pairwise(offsets))
        unusual = torch.stack([-by_video[start:end].mean() for start, end in frames])
        spread = torch.softmax((unusual - unusual.max()) / TEMPERATURE, 0)
        shares = 1 + spread - spread.mean()
        sizes = [grid.patches for grid in layout.frames]
        weights = [float(share) * size for share, size in zip(shares, sizes, strict=True)]
        counts = allotted(self.kept(layout), weights, sizes)
        seats = []
        for (start, end), count in zip(frames, counts, strict=True):
            own = rows[start:end]
            seats.append(start + best(-(by_video[start:end] + likeness(own, own.mean(0))), count))
        return Mix(torch.cat(seats))


def likeness(rows: "Tensor", centre: "Tensor") -> "Tensor":
    """Sum of Gaussian kernels of five widths between rows, (n, width), and a centre, (width,): (n,)."""
    import torch

    far = (rows - centre).square().sum(-1)
    return torch.stack([torch.exp(-far / (2 * 2.0**power)) for power in WIDTHS]).sum(0)
