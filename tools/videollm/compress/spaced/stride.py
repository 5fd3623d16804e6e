"""`stride`: every n-th frame, as STORM drops frames at test time."""

from ..base import Compressor, Layout, Mix, Scene, whole_of


class Stride(Compressor):
    """Frames 0, n, 2n, … are kept whole; of the others only the time that stands as text before them.

    `stride:2` keeps every second. STORM drops frames after a trained encoder (Mamba) has carried what they show into
    their neighbours; without that encoder what the dropped ones show is lost, so this is the weaker half of it.

    Source: STORM (Jiang et al., 2025, arXiv 2503.04130), test-time temporal sampling.
    """

    name = "stride"
    amount = "2"

    def __init__(self, amount: str) -> None:
        self.step = whole_of(amount, self.name, "the step in frames")

    def kept(self, layout: Layout) -> int:
        return sum(grid.patches for grid in layout.frames[:: self.step])

    def mix(self, scene: Scene) -> Mix:
        import torch

        offsets = scene.layout.offsets
        frames = range(0, len(scene.layout.frames), self.step)
        return Mix(torch.cat([torch.arange(offsets[n], offsets[n + 1]) for n in frames]))
