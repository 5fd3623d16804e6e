"""`progressive_pool`: the first frame of every few in full, the others pooled."""

import re

from ....errors import UsageError
from ..base import Compressor, Layout, Mix, Scene
from .pool import Part, pooled


class ProgressivePool(Compressor):
    """The first of every K frames keeps its patches; the others are averaged over S × S of theirs.

    `progressive_pool:4x2` has K = 4 and S = 2: a group of four frames costs 1 + 3/4 frames. A side that S does not
    divide is pooled to its length by S, cut, as adaptive pooling has it.

    Source: Visual Context Window Extension (Wei and Chen, 2024, arXiv 2409.20018).
    """

    name = "progressive_pool"
    amount = "4x2"

    def __init__(self, amount: str) -> None:
        if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", amount):
            raise UsageError(f"compress = progressive_pool:{amount}: name frames x stride, as in 4x2")
        group, _, stride = amount.partition("x")
        self.group, self.stride = int(group), int(stride or 2)

    def kept(self, layout: Layout) -> int:
        return sum(part.height * part.width for part in self._parts(layout))

    def mix(self, scene: Scene) -> Mix:
        return pooled(scene.layout, self._parts(scene.layout))

    def _parts(self, layout: Layout) -> list[Part]:
        parts = []
        for place, grid in enumerate(layout.frames):
            by = 1 if place % self.group == 0 else self.stride
            parts.append(Part((place, place + 1), max(1, grid.height // by), max(1, grid.width // by)))
        return parts
