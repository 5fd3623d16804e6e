"""`dycoke`: of every four frames one in full, and of the others what differs from it."""

from ..base import Compressor, Layout, Mix, Scene, best, share_of, unit

GROUP = 4
COMPARED_WITH = {1: 0, 2: 0, 3: 2}
"""Which frame of its group each later frame is held against."""


class DyCoke(Compressor):
    """In groups of four frames the first is kept, and of the three others the share r that is least like it.

    Frames 1 and 2 are compared with frame 0 and frame 3 with frame 2, place by place by cosine; ⌊r·N⌋ patches of each
    are kept. `dycoke:0.3` is the paper's rate of 0.7. A frame whose partner has another size is kept whole. The
    paper's second half, which drops keys and values while an answer is written, is not done here.

    Source: DyCoke (Tao et al., CVPR 2025, arXiv 2411.15024), token temporal merging.
    """

    name = "dycoke"
    amount = "0.3"

    def __init__(self, amount: str) -> None:
        self.share = share_of(amount, self.name)

    def kept(self, layout: Layout) -> int:
        return sum(self._counts(layout))

    def mix(self, scene: Scene) -> Mix:
        import torch

        layout = scene.layout
        seats = []
        for place, (count, start) in enumerate(zip(self._counts(layout), layout.offsets, strict=False)):
            size = layout.frames[place].patches
            if count == size:
                seats.append(torch.arange(start, start + size, device=scene.rows.device))
                continue
            other = place - place % GROUP + COMPARED_WITH[place % GROUP]
            alike = (unit(scene.frame(place)) * unit(scene.frame(other))).sum(-1)
            seats.append(start + best(-alike, count))
        return Mix(torch.cat(seats))

    def _counts(self, layout: Layout) -> list[int]:
        counts = []
        for place, grid in enumerate(layout.frames):
            inner = place % GROUP
            other = layout.frames[place - inner + COMPARED_WITH.get(inner, 0)]
            whole = inner == 0 or (other.height, other.width) != (grid.height, grid.width)
            counts.append(grid.patches if whole else int(grid.patches * self.share + 1e-9))
        return counts
