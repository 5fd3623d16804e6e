"""A cache in 1.5 to 2 bits and its layers; imported when one is made, since transformers takes seconds to import."""

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

from ...errors import UsageError
from .vidkv import GROUP, KINDS, Precision, Split, of_keys, of_values


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


def vidkv_cache(kind: str, config: Any) -> Any:
    """An empty cache of one of `KINDS` for a model with this configuration.

    Raises:
        UsageError: some of the model's layers are not of full attention.
    """
    text = config.get_text_config(decoder=True)
    others = {kind for kind in getattr(text, "layer_types", None) or () if kind != "full_attention"}
    if others:
        raise UsageError(f"kv_cache {kind!r} is for layers of full attention, and this model has {', '.join(others)}")
    return Cache(layers=[VidKVLayer(KINDS[kind]) for _ in range(text.num_hidden_layers)])
