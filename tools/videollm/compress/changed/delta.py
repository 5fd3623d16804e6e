"""`delta`: of each frame only what the frames before did not show, at most 64 tokens a frame."""

from ..base import Compressor, Layout, Mix, Scene, best, unit, whole_of


class Delta(Compressor):
    """The patches of each frame that differ most from what was last kept at their place.

    For each place n there is a reference: the row that was last kept there, and before that the mean of the first
    frame (of the stretch of frames of one size). min(cap, N) patches with the highest 1 − cos(x[t, n], reference[n])
    are kept of every frame, so that the cost is known beforehand. `delta:64` caps at 64.

    Source: the idea of PVC (Yang et al., CVPR 2025, arXiv 2412.09613), which adds to each frame's 64 tokens what
    earlier ones lacked, by trained attention; here by comparison, without training.
    """

    name = "delta"
    amount = "64"

    def __init__(self, amount: str) -> None:
        self.cap = whole_of(amount, self.name, "the most patches of a frame")

    def kept(self, layout: Layout) -> int:
        return sum(min(self.cap, grid.patches) for grid in layout.frames)

    def mix(self, scene: Scene) -> Mix:
        import torch

        seats = []
        offsets = scene.layout.offsets
        for start, end in scene.layout.runs():
            rows = unit(scene.run(start, end))
            known = unit(rows[0].mean(0)).expand_as(rows[0]).clone()
            for place, frame in enumerate(rows):
                chosen = best(1 - (frame * known).sum(-1), min(self.cap, len(frame)))
                known[chosen] = frame[chosen]
                seats.append(offsets[start + place] + chosen)
        return Mix(torch.cat(seats))
