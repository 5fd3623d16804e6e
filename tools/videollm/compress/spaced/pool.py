"""`pool`: averages of neighbouring patches, as PLLaVA pools."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ....errors import UsageError
from ..base import Compressor, Grid, Layout, Mix, Scene, share_of

if TYPE_CHECKING:
    from torch import Tensor


class Pool(Compressor):
    """Adaptive average pooling to frames × height × width, without parameters.

    `pool:16x12x12` pools to at most so many frames, lines and columns; `pool:0.25` keeps every frame and a quarter of
    its patches. A bin of an axis of n cells in m parts goes from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉, as `adaptive_avg_pool3d` has
    it; the mean stands where the bin's middle was. Frames of several sizes are pooled to the smallest one's.

    Source: PLLaVA (Xu et al., 2024, arXiv 2404.16994), which pools 16 frames of 24×24 to 16×12×12.
    """

    name = "pool"
    amount = "0.25"

    def __init__(self, amount: str) -> None:
        self.target: tuple[int, int, int] | None = None
        self.share = 1.0
        if "x" in amount:
            if not re.fullmatch(r"[1-9]\d*x[1-9]\d*x[1-9]\d*", amount):
                raise UsageError(f"compress = pool:{amount}: name frames x height x width, as in 16x12x12")
            frames, height, width = (int(part) for part in amount.split("x"))
            self.target = (frames, height, width)
        else:
            self.share = share_of(amount, self.name)

    def kept(self, layout: Layout) -> int:
        if self.target is None:
            return sum(height * width for height, width in (smaller(grid, self.share) for grid in layout.frames))
        return math.prod(self._target(layout, self.target))

    def mix(self, scene: Scene) -> Mix:
        layout = scene.layout
        if self.target is None:
            sizes = [smaller(grid, self.share) for grid in layout.frames]
            parts = [Part((n, n + 1), *size) for n, size in enumerate(sizes)]
        else:
            frames, height, width = self._target(layout, self.target)
            parts = [Part(some, height, width) for some in bins(len(layout.frames), frames)]
        return pooled(layout, parts)

    @staticmethod
    def _target(layout: Layout, asked: tuple[int, int, int]) -> tuple[int, int, int]:
        frames, height, width = asked
        height = min(height, *(grid.height for grid in layout.frames))
        width = min(width, *(grid.width for grid in layout.frames))
        return min(frames, len(layout.frames)), height, width


def smaller(grid: Grid, share: float) -> tuple[int, int]:
    """Height and width of a grid of the same shape with about a share of the patches: both by its root, cut.

    >>> smaller(Grid(24, 24), 0.25), smaller(Grid(3, 5), 1.0), smaller(Grid(1, 50), 0.1)
    ((12, 12), (3, 5), (1, 5))
    """
    scale = share if 1 in (grid.height, grid.width) else math.sqrt(share)
    return max(1, math.floor(grid.height * scale + 1e-9)), max(1, math.floor(grid.width * scale + 1e-9))


def bins(cells: int, parts: int) -> list[tuple[int, int]]:
    """An axis in parts, each from its first cell to before its last, as adaptive pooling has it.

    >>> bins(5, 2), bins(4, 2)
    ([(0, 3), (2, 5)], [(0, 2), (2, 4)])
    """
    return [(place * cells // parts, -(-(place + 1) * cells // parts)) for place in range(parts)]


def pooled(layout: Layout, parts: "Sequence[Part]") -> Mix:
    """Averages over each part's frames and bins, in the place of the middle frame's middle cell."""
    import torch

    seats, outputs, inputs, weights = [], [], [], []
    offsets = layout.offsets
    done = 0
    for part in parts:
        frames = range(*part.frames)
        for frame in frames:
            cells = _cells(layout.frames[frame], part.height, part.width)
            if frame == (part.frames[0] + part.frames[1] - 1) // 2:
                seats.append(cells.middles + offsets[frame])
            outputs.append(cells.outputs + done)
            inputs.append(cells.inputs + offsets[frame])
            weights.append(cells.weights / len(frames))
        done += part.height * part.width
    return Mix(*(torch.cat(found) for found in (seats, outputs, inputs, weights)))


@dataclass(frozen=True, slots=True)
class Part:
    """Frames, from the first to before the last, that become one frame of a height and a width."""

    frames: tuple[int, int]
    height: int
    width: int


class _Cells(NamedTuple):
    """One frame's cells by bin: which bin, which cell, its share of the bin; and each bin's middle cell."""

    outputs: "Tensor"
    inputs: "Tensor"
    weights: "Tensor"
    middles: "Tensor"


@lru_cache(maxsize=64)
def _cells(grid: Grid, height: int, width: int) -> _Cells:
    import torch

    outputs, inputs, weights, middles = [], [], [], []
    for line, (top, bottom) in enumerate(bins(grid.height, height)):
        for column, (left, right) in enumerate(bins(grid.width, width)):
            cells = [y * grid.width + x for y in range(top, bottom) for x in range(left, right)]
            outputs += [line * width + column] * len(cells)
            inputs += cells
            weights += [1 / len(cells)] * len(cells)
            middles.append((top + bottom - 1) // 2 * grid.width + (left + right - 1) // 2)
    return _Cells(torch.tensor(outputs), torch.tensor(inputs), torch.tensor(weights), torch.tensor(middles))
