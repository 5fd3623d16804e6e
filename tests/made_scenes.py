"""Prompts that compressors are tried with: frames of one size, and of several."""

import torch
from vidscout.tools.videollm.compress import Grid, Layout, Scene

EVEN = Layout((Grid(4, 6),) * 8)
UNEVEN = Layout((*((Grid(4, 6),) * 4), Grid(3, 5, 1), Grid(3, 5, 1), Grid(1, 7)))


def scene(layout: Layout = EVEN, seed: int = 0, still: float = 0.3) -> Scene:
    """Frames of which each is the one before and some noise."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(layout.patches, 16, generator=generator)
    for start, end in layout.runs():
        at, size = layout.offsets[start], layout.frames[start].patches
        for n in range(1, end - start):
            own = slice(at + n * size, at + (n + 1) * size)
            rows[own] = rows[at + (n - 1) * size : at + n * size] + still * rows[own]
    return Scene(layout, rows, torch.randn(16, generator=generator))


def cos(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a, b, dim=0))


def highest(scores: dict[int, float], count: int) -> list[int]:
    """The places of the highest scores, rising; of equals the earlier."""
    return sorted(sorted(scores, key=lambda n: (-scores[n], n))[:count])
