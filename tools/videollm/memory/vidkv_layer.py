"""One layer of a cache in 1.5 to 2 bits; imported when such a cache is made, since transformers takes seconds."""

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicLayer

from .vidkv import GROUP, Precision, Split, of_keys, of_values


class VidKVLayer(DynamicLayer):
    """One layer: groups that are packed once and never again, and the last tokens as they are."""

    keys: Any
    values: Any

    def __init__(self, precision: Precision, **options: Any) -> None:
        super().__init__(**options)
        self.precision = precision
        self.groups: tuple[tuple[Split, Split], ...] = ()
        self.packed = 0
        """Tokens in the groups."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        keys = torch.cat([self.keys, key_states], -2) if self.keys.numel() else key_states
        values = torch.cat([self.values, value_states], -2) if self.values.numel() else value_states
        told = self._unpacked(keys, values)
        whole = keys.shape[-2] // GROUP * GROUP
        if whole:
            new = [part[..., :whole, :].unflatten(-2, (-1, GROUP)) for part in (keys, values)]
            packed = (of_keys(new[0], self.precision.wide), of_values(new[1], self.precision.salient))
            self.groups, self.packed = (*self.groups, packed), self.packed + whole
        self.keys, self.values = keys[..., whole:, :].clone(), values[..., whole:, :].clone()
        return told

    def _unpacked(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        parts = [[split.back().flatten(-3, -2).to(keys.dtype) for split in group] for group in self.groups]
        return (
            torch.cat([*(part[0] for part in parts), keys], -2),
            torch.cat([*(part[1] for part in parts), values], -2),
        )

    def get_seq_length(self) -> int:
        return self.packed + (self.keys.shape[-2] if self.is_initialized and self.keys.numel() else 0)

    def crop(self, tokens_to_remove: int) -> None:
        """Remove the last tokens, as long as none of them is packed.

        Raises:
            ValueError: some are.
        """
        if not self.is_initialized:
            return
        kept = self.keys.shape[-2] if self.keys.numel() else 0
        if abs(tokens_to_remove) > kept:
            raise ValueError("packed tokens cannot be removed")
        super().crop(tokens_to_remove)

    def reset(self) -> None:
        super().reset()
        self.groups, self.packed = (), 0

    @property
    def bytes(self) -> int:
        """How much memory the layer takes."""
        loose = sum(part.numel() * part.element_size() for part in (self.keys, self.values) if part is not None)
        return loose + sum(split.bytes for group in self.groups for split in group)
