"""`promptpool`: pooling in which patches that suit the question weigh more, to at most 1,024 tokens."""

import math

from ..base import Compressor, Layout, Mix, Scene, unit, whole_of
from .pool import Part, bins, pooled

TEMPERATURE = 0.1
"""Of the softmax over a bin's patches; the cosine of unrelated rows moves by some hundredths."""


class PromptPool(Compressor):
    """Weighted 3-D pooling to at most `promptpool:1024` tokens.

    Height and width of all frames shrink alike, and frames are pooled together only where one token a frame is still
    too many. A bin becomes Σ w·x with w = softmax(cos(x, q) / 0.1) over its patches and q the mean direction of the
    question's token embeddings. Without a question every patch weighs the same.

    Source: PPLLaVA (Liu et al., 2024, arXiv 2411.02327), which takes q and the similarity from CLIP and trains the
    model with it; this is its rule without training, in the language model's own space.
    """

    name = "promptpool"
    amount = "1024"
    asks = True

    def __init__(self, amount: str) -> None:
        self.most = whole_of(amount, self.name, "the most tokens")

    def kept(self, layout: Layout) -> int:
        if layout.patches <= self.most:
            return layout.patches
        return math.prod(self._target(layout))

    def mix(self, scene: Scene) -> Mix:
        import torch

        layout = scene.layout
        frames, height, width = self._target(layout)
        even = pooled(layout, [Part(some, height, width) for some in bins(len(layout.frames), frames)])
        if scene.query is None or even.outputs is None or even.inputs is None:
            return even
        suits = (unit(scene.rows) @ unit(scene.query) / TEMPERATURE).cpu()
        weights = torch.exp(suits - suits.max())[even.inputs]
        totals = torch.zeros(len(even.seats)).index_add_(0, even.outputs, weights)
        return Mix(even.seats, even.outputs, even.inputs, weights / totals[even.outputs])

    def _target(self, layout: Layout) -> tuple[int, int, int]:
        """The largest frames × height × width that fits: all frames if it can be, and sides in one scale."""
        frames = min(len(layout.frames), self.most)
        height = min(grid.height for grid in layout.frames)
        width = min(grid.width for grid in layout.frames)
        if frames * height * width <= self.most:
            return frames, height, width
        best = (1, 1)
        for line in range(1, height + 1):
            column = max(1, line * width // height)
            if frames * line * column <= self.most:
                best = (line, column)
        if best == (1, 1):  # a grid of one line, or hardly more than one token a frame
            best = (1, max(1, min(width, self.most // frames)))
        return frames, best[0], best[1]
