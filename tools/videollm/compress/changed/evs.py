"""`evs`: patches that changed since the frame before, over the whole video."""

from typing import TYPE_CHECKING

from ..base import Compressor, Layout, Mix, Scene, best, share_of, unit

if TYPE_CHECKING:
    from torch import Tensor


class EVS(Compressor):
    """The share r of all patches that is least like the same place one frame earlier.

    score(t, n) = 1 − cos(x[t, n], x[t − 1, n]); a first frame, and one after a frame of another size, scores above all.
    The max(N, ⌊r·T·N⌋) highest are kept, N being the patches of the first frame. Still stretches shrink to nothing,
    so it gains on dense video and has little to drop between frames that are far apart.

    Source: Efficient Video Sampling (arXiv 2510.14624); the same rule as vLLM's `--video-pruning-rate 1-r`.
    """

    name = "evs"
    amount = "0.5"
    by_vllm = True

    def __init__(self, amount: str) -> None:
        self.share = share_of(amount, self.name)

    def kept(self, layout: Layout) -> int:
        first = layout.frames[0].patches if layout.frames else 0
        return max(first, int(layout.patches * self.share + 1e-9))

    def mix(self, scene: Scene) -> Mix:
        return Mix(best(change(scene), self.kept(scene.layout)))


NOTHING_BEFORE = 255.0
"""Score of a patch that no frame stands before, as vLLM has it; a cosine distance is at most 2."""


def change(scene: Scene) -> "Tensor":
    """How little each patch is like the same place one frame earlier, (patches,): 0 where it is the same, at most 2."""
    import torch

    parts = []
    for start, end in scene.layout.runs():
        rows = unit(scene.run(start, end))
        first = rows.new_full((1, rows.shape[1]), NOTHING_BEFORE)
        parts.append(torch.cat([first, 1 - (rows[1:] * rows[:-1]).sum(-1)]).flatten())
    return torch.cat(parts)
