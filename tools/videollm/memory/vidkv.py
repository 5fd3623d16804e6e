"""A cache of keys and values in 1.5 to 2 bits, after VidKV.

Keys, channel by channel over groups of 128 tokens: the channels of the widest range in two bits; of the others the
mean, and one bit each (the sign) of the Fourier coefficients over the group's tokens. Values, channel by channel over
the same groups: the middles of the range's three thirds, packed in 1.6 bits; in `vidkv-1.58` the fifth of the tokens
with the longest values in two bits. The last tokens, fewer than 128, stay as they are.

    kind        keys                              values
    vidkv-1.5   half of the channels in 2 bits    three values
    vidkv-1.58  0.58 of the channels in 2 bits    three values, salient tokens in 2 bits
    vidkv-2     2 bits                            2 bits

Bounds, R being a channel's range in a group, but for rounding in 16 bits: two bits err by at most R/8, three values by
at most R/6, one bit a coefficient by no more than the channel's energy around its mean, Σ err² ≤ Σ (x − mean)². Means,
levels and scales are kept in 16 bits, which adds 0.25 to 0.5 bits a number; `cache_bytes` counts everything. This saves
memory only: keys and values are unpacked in full for every step, so nothing is faster.

Source: VidKV (Tao et al., 2025, arXiv 2503.16257). There salient tokens are those that the text attends to; a cache
sees no attention, so here they are those of the longest values. All tokens are quantised, not those of the video alone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .packing import packed_bits, packed_trits, unpacked_bits, unpacked_trits

if TYPE_CHECKING:
    from torch import Tensor

GROUP = 128
"""Tokens that share a channel's range."""
SALIENT = 0.2
"""Share of a group's tokens whose values get two bits in `vidkv-1.58`, the paper's."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How exact one kind is."""

    wide: float
    """Share of the key channels in two bits."""
    salient: float
    """Share of the tokens whose values are in two bits."""


KINDS = {"vidkv-1.5": Precision(0.5, 0.0), "vidkv-1.58": Precision(0.58, SALIENT), "vidkv-2": Precision(1.0, 1.0)}


@dataclass(frozen=True)
class Levels:
    """Numbers of a group on evenly spaced levels, along its last axis."""

    stored: "Tensor"
    low: "Tensor"
    """The lowest level, (…, 1)."""
    step: "Tensor"
    count: int
    """Numbers in the last axis."""
    levels: int

    @classmethod
    def of(cls, x: "Tensor", levels: int) -> "Levels":
        """The middles of three or four even parts of the range."""
        import torch

        low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
        step = ((high - low) / levels).half().float().clamp_min(1e-7)
        low = (low + step / 2).half().float()
        numbers = ((x - low) / step).round().clamp(0, levels - 1).to(torch.uint8)
        stored = packed_trits(numbers) if levels == 3 else packed_bits(numbers, 2)
        return cls(stored, low.half(), step.half(), x.shape[-1], levels)

    def back(self) -> "Tensor":
        """The numbers, rounded, in 32 bits."""
        numbers = (
            unpacked_trits(self.stored, self.count) if self.levels == 3 else unpacked_bits(self.stored, 2, self.count)
        )
        return self.low.float() + numbers.float() * self.step.float()

    @property
    def bytes(self) -> int:
        return sum(part.numel() * part.element_size() for part in (self.stored, self.low, self.step))


@dataclass(frozen=True)
class Waves:
    """Numbers of a group by the signs of their Fourier coefficients, along the last axis."""

    real: "Tensor"
    imaginary: "Tensor"
    mean: "Tensor"
    scales: "Tensor"
    """(…, 2): mean size of the real and of the imaginary parts."""
    count: int

    @classmethod
    def of(cls, x: "Tensor") -> "Waves":
        import torch

        mean = x.mean(-1, keepdim=True).half()
        waves = torch.fft.rfft(x - mean.float(), norm="ortho")[..., 1:]
        parts = (waves.real, waves.imag)
        scales = torch.stack([part.abs().mean(-1) for part in parts], -1).half()
        return cls(packed_bits(parts[0] >= 0, 1), packed_bits(parts[1] >= 0, 1), mean, scales, x.shape[-1])

    def back(self) -> "Tensor":
        """The numbers, as far as signs tell them, in 32 bits."""
        import torch

        half = self.count // 2
        signs = [unpacked_bits(part, 1, half).float() * 2 - 1 for part in (self.real, self.imaginary)]
        real, imaginary = (sign * self.scales[..., n, None].float() for n, sign in enumerate(signs))
        imaginary = torch.cat([imaginary[..., :-1], torch.zeros_like(imaginary[..., -1:])], -1)  # the last one is real
        waves = torch.complex(real, imaginary)
        waves = torch.nn.functional.pad(waves, (1, 0))
        return torch.fft.irfft(waves, n=self.count, norm="ortho") + self.mean.float()

    @property
    def bytes(self) -> int:
        parts = (self.real, self.imaginary, self.mean, self.scales)
        return sum(part.numel() * part.element_size() for part in parts)


@dataclass(frozen=True)
class Split:
    """Keys or values of whole groups in two precisions, by channel or by token."""

    order: "Tensor"
    """(…, channels or tokens) in bytes, the finer ones first."""
    parts: "tuple[Levels | Waves, ...]"
    """Each (…, channels, tokens)."""
    by_token: bool

    def back(self) -> "Tensor":
        """(…, GROUP, channels) in 32 bits."""
        import torch

        lines = [part.back().transpose(-1, -2) if self.by_token else part.back() for part in self.parts]
        ordered = torch.cat(lines, -2)
        place = self.order.long().argsort(-1)[..., None].expand(ordered.shape)
        found = ordered.gather(-2, place)
        return found if self.by_token else found.transpose(-1, -2)

    @property
    def bytes(self) -> int:
        """How much memory it takes; an order that changes nothing is not counted."""
        return sum(part.bytes for part in self.parts) + (self.order.numel() if len(self.parts) > 1 else 0)


def of_keys(keys: "Tensor", wide: float) -> Split:
    """Keys of whole groups, (…, GROUP, channels): the channels of the widest range in two bits, the others as waves."""
    lines = keys.float().transpose(-1, -2)
    order, lines = _ordered(lines.amax(-1) - lines.amin(-1), lines)
    count = round(lines.shape[-2] * wide)
    fine, rest = lines[..., :count, :], lines[..., count:, :]
    parts = [Levels.of(fine, 4)] if count else []
    return Split(order, (*parts, Waves.of(rest)) if rest.shape[-2] else tuple(parts), by_token=False)


def of_values(values: "Tensor", salient: float) -> Split:
    """Values of whole groups, (…, GROUP, channels): the longest tokens in two bits, the others in three values."""
    order, lines = _ordered(values.float().norm(dim=-1), values.float())
    count = round(lines.shape[-2] * salient)
    fine, rest = (part.transpose(-1, -2) for part in (lines[..., :count, :], lines[..., count:, :]))
    parts = [Levels.of(fine, 4)] if count else []
    return Split(order, (*parts, Levels.of(rest, 3)) if rest.shape[-1] else tuple(parts), by_token=True)


def _ordered(worth: "Tensor", lines: "Tensor") -> "tuple[Tensor, Tensor]":
    """Lines by what they are worth, the most first, and their numbers."""
    import torch

    order = worth.argsort(dim=-1, descending=True, stable=True)
    return order.to(torch.uint8), lines.gather(-2, order[..., None].expand(lines.shape))


def cache_bytes(cache: Any) -> int:
    """Bytes of keys and values in a cache, packed ones as they are packed: of `quanto`, `hqq` and `fp8` too, with the
    scales that belong to them."""
    found = 0
    for layer in cache.layers:
        own = getattr(layer, "bytes", None)
        if own is not None:
            found += own
        elif layer.is_initialized:
            quantised = getattr(layer, "_quantized_keys", None), getattr(layer, "_quantized_values", None)
            found += tensor_bytes((layer.keys, layer.values, *quantised))
    return found


def tensor_bytes(held: Any) -> int:
    """Bytes of the tensors in tuples, lists, mappings and tensors that are made of others, as those of quanto are."""
    import torch

    flatten = getattr(held, "__tensor_flatten__", None)
    if isinstance(held, torch.Tensor) and flatten is not None:
        return tensor_bytes([getattr(held, name) for name in flatten()[0]])
    if isinstance(held, torch.Tensor):
        return held.numel() * held.element_size()
    if isinstance(held, dict):
        return tensor_bytes(list(held.values()))
    return sum(map(tensor_bytes, held)) if isinstance(held, tuple | list) else 0
