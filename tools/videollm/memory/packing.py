"""Small numbers in few bits: one and two bits, and three values (1.6 bits), packed into bytes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

TRITS = 5
"""Three-valued numbers in a byte: 3⁵ = 243."""


def packed_bits(values: "Tensor", bits: int) -> "Tensor":
    """Whole numbers of one or two bits, (…, n), as bytes, (…, ⌈n·bits/8⌉)."""
    import torch

    each = 8 // bits
    values = _filled(values, each)
    shifts = torch.arange(each, device=values.device) * bits
    return (values.to(torch.int32) << shifts).sum(-1).to(torch.uint8)


def unpacked_bits(stored: "Tensor", bits: int, count: int) -> "Tensor":
    """What `packed_bits` stored, (…, count) in bytes."""
    import torch

    shifts = torch.arange(8 // bits, device=stored.device) * bits
    values = (stored[..., None].to(torch.int32) >> shifts) & (2**bits - 1)
    return values.flatten(-2)[..., :count].to(torch.uint8)


def packed_trits(values: "Tensor") -> "Tensor":
    """Whole numbers 0 to 2, (…, n), as bytes, (…, ⌈n/5⌉)."""
    import torch

    values = _filled(values, TRITS)
    return (values.to(torch.int32) * 3 ** torch.arange(TRITS, device=values.device)).sum(-1).to(torch.uint8)


def unpacked_trits(stored: "Tensor", count: int) -> "Tensor":
    """What `packed_trits` stored, (…, count) in bytes."""
    import torch

    values = stored[..., None].to(torch.int32) // 3 ** torch.arange(TRITS, device=stored.device) % 3
    return values.flatten(-2)[..., :count].to(torch.uint8)


def _filled(values: "Tensor", each: int) -> "Tensor":
    """The last axis in groups of `each`, filled up with zeros."""
    import torch

    missing = -values.shape[-1] % each
    return torch.nn.functional.pad(values, (0, missing)).unflatten(-1, (-1, each))
