"""Positions that advance by less than one at visual tokens, so that more of them fit into a model's range.

Experimental: the models of the paper were fine-tuned with such positions. One that was not may answer worse with them;
what it gains is room.

Source: V2PE (Ge et al., 2024, arXiv 2412.09616).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST = 1 / 256
"""The paper's smallest step."""


def checked_stride(stride: float) -> float:
    """The stride itself.

    Raises:
        UsageError: it is none of 1, 1/2, 1/4 … 1/256.
    """
    if not (SMALLEST <= stride <= 1) or not math.log2(stride).is_integer():
        raise UsageError(f"visual_stride is 1, 1/2, 1/4 and so on to 1/256, as a number, got {stride:g}")
    return stride


def strided(ids: Sequence[int], placeholder: int | None, stride: float, config: Any) -> "tuple[Tensor, float]":
    """Positions of a prompt's tokens, (1, tokens), and what the next one's is beyond the number of tokens before it.

    A token stands 1 behind the one before it if it is text, and `stride` behind it if it is visual.

    Args:
        ids: the prompt's tokens.
        placeholder: the token that stands for visual ones.
        stride: see `checked_stride`; fractions of two are exact in 32 bits.
        config: the language model's.

    Raises:
        UsageError: the last position is past what the model knows.
    """
    import torch

    steps = torch.where(torch.tensor(ids) == placeholder, stride, 1.0).double()
    positions = (steps.cumsum(0) - steps[0]).float()[None]
    most = getattr(config, "max_position_embeddings", None)
    last = float(positions[0, -1])
    if most is not None and last >= most - 1:
        raise UsageError(f"visual_stride = {stride:g}: the prompt ends at position {last:,.0f}, and there are {most:,}")
    return positions, last + 1 - len(ids)
