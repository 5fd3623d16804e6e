"""A memory of a video that never grows beyond a number of tokens, whatever is asked later.

Frames are read one by one. When more than `budget` tokens are held, each layer keeps a share of them: one half by TaR,
which are the tokens of the newest quarter of the frames and those older ones whose key is least like the keys of that
quarter at the same place (−mean cosine), the other half by VaN, the longest values, averaged over 7, 5, 3 or 1
neighbours by quarter of the depth. The beginning of the prompt is always kept.

Tokens are chosen for a layer rather than for a head, and the averages run along the tokens only: once some are gone
there is no grid to run over. Models with positions in space and time keep those of what they keep; for others the
positions are numbered anew, without gaps. With a budget as long as the video this is full attention.

Source: InfiniPot-V (Kim et al., NeurIPS 2025, arXiv 2506.15745).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..interface import FramePart
from .reading import Block, Memory, Origin, Remembered

if TYPE_CHECKING:
    from torch import Tensor

    from ..hub_model import Transformers

BUDGET = 4096
"""Tokens that are held at most, of the paper's 4 to 6 thousand."""
SHARE = 0.5
"""Of the budget that is left when it is exceeded, the paper's."""
NEWEST = 4
"""One in so many frames counts as new."""
AVERAGED = (7, 5, 3, 1)
"""Neighbours over which the length of values is averaged, by quarter of the depth."""


@dataclass(frozen=True)
class Kept:
    """One layer's tokens."""

    keys: "Tensor"
    """(heads, tokens, channels), before rotary positions."""
    values: "Tensor"
    positions: "Tensor"
    """(axes, tokens)."""
    places: "Tensor"
    """(tokens,): each one's place in its frame's block, from its end."""
    frames: "Tensor"
    """(tokens,): the number of its frame."""

    def only(self, chosen: "Tensor") -> "Kept":
        """These tokens, by their places among all."""
        return Kept(
            self.keys[:, chosen], self.values[:, chosen], self.positions[:, chosen], self.places[chosen],
            self.frames[chosen],
        )  # fmt: skip

    def and_block(self, block: Block, layer: int, number: int) -> "Kept":
        """With a frame's tokens behind them."""
        import torch

        keys, values = block.keys[layer], block.values[layer]
        count = keys.shape[1]
        places = torch.arange(count - 1, -1, -1, device=keys.device)
        return Kept(
            torch.cat([self.keys, keys], 1),
            torch.cat([self.values, values], 1),
            torch.cat([self.positions, block.positions.to(keys.device)], 1),
            torch.cat([self.places, places]),
            torch.cat([self.frames, torch.full_like(places, number)]),
        )


@dataclass(frozen=True)
class Pot(Remembered):
    """The beginning of the prompt, and of the frames what was kept."""

    origin: Origin
    opening: Block
    layers: tuple[Kept, ...]
    cursor: int
    """The position that follows."""

    @property
    def tokens(self) -> int:
        """Of the frames."""
        return self.layers[0].keys.shape[1]

    @property
    def bytes(self) -> int:
        """Of keys and values."""
        parts = [part for kept in self.layers for part in (kept.keys, kept.values)]
        return sum(part.numel() * part.element_size() for part in (*parts, *self.opening.keys, *self.opening.values))


class InfiniPot(Memory[Pot]):
    """A video-LLM with a memory of constant size.

    Args:
        model: in this process; its `compress` applies to what is remembered.
        budget: tokens of frames that are held at most.

    Raises:
        UsageError: the model's keys cannot be moved.
    """

    def __init__(self, model: "Transformers", budget: int = BUDGET) -> None:
        super().__init__(model)
        self.budget = budget

    def remember(self, frames: Sequence[FramePart], opening: str) -> Pot:
        with self.model.in_use(), self.model._running:
            prompt, edges, positions = self.opened(frames, opening)
            first, *spans = pairwise(edges)
            nothing = Block(positions[:, :0], (), ())
            beginning = self.feed(prompt, first, self._cache(nothing, ()), positions[:, : first[1]])
            layers: list[Kept] = []
            for number, (start, end) in enumerate(spans):
                own = self._placed(positions[:, start:end], beginning, layers)
                block = self.feed(prompt, (start, end), self._cache(beginning, layers), own)
                layers = self._with(layers, block, number)
            in_space = len(positions) > 1
            last = int(positions[:, edges[-1] - 1].max())
            cursor = last + 1 if in_space else beginning.positions.shape[1] + layers[0].keys.shape[1]
            return Pot(self.origin(frames, opening), beginning, tuple(layers), cursor)

    def recalled(self, memory: Pot, question: list[int]) -> tuple[Any, int]:
        return self._cache(memory.opening, memory.layers), memory.cursor

    def _placed(self, positions: "Tensor", beginning: Block, layers: Sequence[Kept]) -> "Tensor":
        """Where the next tokens are: as in the prompt for positions in space and time, else behind what is held."""
        import torch

        if len(positions) > 1:
            return positions
        held = beginning.positions.shape[1] + (layers[0].keys.shape[1] if layers else 0)
        return torch.arange(positions.shape[1])[None] + held

    def _with(self, layers: list[Kept], block: Block, number: int) -> list[Kept]:
        import torch

        if not layers:
            none = torch.empty(0, dtype=torch.long, device=block.keys[0].device)
            layers = [
                Kept(keys[:, :0], values[:, :0], block.positions[:, :0].to(keys.device), none, none)
                for keys, values in zip(block.keys, block.values, strict=True)
            ]
        held = [kept.and_block(block, layer, number) for layer, kept in enumerate(layers)]
        if held[0].keys.shape[1] <= self.budget:
            return held
        count = max(1, int(self.budget * SHARE))
        quarter = len(held) / len(AVERAGED)
        return [kept.only(chosen(kept, count, AVERAGED[int(n / quarter)])) for n, kept in enumerate(held)]

    def _cache(self, beginning: Block, layers: Sequence[Kept]) -> Any:
        import torch
        from transformers.cache_utils import DynamicCache

        cache = DynamicCache(config=self.model._model.config)
        for number, keys in enumerate(beginning.keys):
            values, positions = beginning.values[number], beginning.positions.to(keys.device)
            if layers:
                kept = layers[number]
                keys, values = torch.cat([keys, kept.keys], 1), torch.cat([values, kept.values], 1)
                positions = torch.cat([positions, kept.positions], 1)
            if len(positions) == 1:
                positions = torch.arange(keys.shape[1], device=keys.device)[None]
            cache.update(self.rotary.put_on(keys, positions)[None], values[None], number)
        return cache


def chosen(kept: Kept, count: int, averaged: int) -> "Tensor":
    """Which of a layer's tokens stay, (count,) rising: half by TaR and half by VaN."""
    import torch

    numbers = kept.frames.unique()
    new = numbers[-max(1, len(numbers) // NEWEST) :]
    while len(new) > 1 and int(torch.isin(kept.frames, new).sum()) > count // 2:
        new = new[1:]
    is_new = torch.isin(kept.frames, new)
    stays = torch.zeros_like(is_new)
    stays[is_new.nonzero().flatten()[-max(count // 2, 1) :]] = True
    if (more := count // 2 - int(stays.sum())) > 0:
        stays[_highest(unlike(kept, is_new), more, ~stays & ~is_new)] = True
    stays[_highest(lengths(kept.values, averaged), count - int(stays.sum()), ~stays)] = True
    return stays.nonzero().flatten()


def unlike(kept: Kept, is_new: "Tensor") -> "Tensor":
    """−mean cosine of each key with those of the new frames at its place, over heads, (tokens,); 0 where none is."""
    import torch

    keys = torch.nn.functional.normalize(kept.keys.float(), dim=-1).transpose(0, 1)
    places = int(kept.places.max()) + 1
    sums = keys.new_zeros(places, *keys.shape[1:]).index_add_(0, kept.places[is_new], keys[is_new])
    counts = kept.places[is_new].bincount(minlength=places).clamp_min(1)
    cosines = (keys * sums[kept.places]).sum(-1).mean(-1)
    return -cosines / counts[kept.places]


def lengths(values: "Tensor", averaged: int) -> "Tensor":
    """Lengths of values, mean over heads and over neighbouring tokens, (tokens,)."""
    import torch

    found = values.float().norm(dim=-1).mean(0)
    return torch.nn.functional.avg_pool1d(
        found[None, None], averaged, stride=1, padding=averaged // 2, count_include_pad=False
    )[0, 0]


def _highest(scores: "Tensor", count: int, among: "Tensor") -> "Tensor":
    import torch

    count = max(0, min(count, int(among.sum())))
    return torch.sort(scores.masked_fill(~among, -float("inf")), descending=True, stable=True).indices[:count]
