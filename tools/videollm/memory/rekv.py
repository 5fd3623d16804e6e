"""A video's keys and values in blocks, of which a question fetches the few that it needs.

The frames are read once, block by block, each looking at no more than the last `window` tokens. Every block's keys are
kept before their rotary positions, in RAM or in a file. A question is read alone first; the mean of its queries, layer
by layer, is compared by cosine with the mean of each block's keys, and the most alike blocks come back in order of
time, at positions that follow each other without gaps. What the question adds is not kept.

With a window as long as the video and all blocks fetched this is full attention. ReKV fetches for each layer its own
blocks; here one choice, by the mean over layers, serves all, since transformers masks all layers alike.

Source: ReKV (Di et al., ICLR 2025, arXiv 2503.00540).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..interface import FramePart
from .reading import Block, Memory, Origin, Remembered

if TYPE_CHECKING:
    from torch import Tensor

    from ..hub_model import Transformers

WINDOW = 15_000
"""Tokens before it that a block looks at while it is read, the paper's."""
FETCHED = 64
"""Blocks that a question fetches, the paper's for blocks of one frame."""


@dataclass(frozen=True)
class Blocks(Remembered):
    """The beginning of the prompt, then a block a frame."""

    origin: Origin
    edges: tuple[int, ...]
    """Where each block begins among the tokens, and where the last one ends."""
    positions: "Tensor"
    """(axes, tokens), as in the whole prompt."""
    keys: "tuple[Tensor, ...]"
    """A layer (heads, tokens, channels), before rotary positions."""
    values: "tuple[Tensor, ...]"
    means: "Tensor"
    """Mean keys of all blocks but the beginning, (blocks, layers, heads × channels) in 32 bits."""

    def block(self, number: int) -> Block:
        """One block, 0 the beginning."""
        start, end = self.edges[number : number + 2]
        keys, values = ([layer[:, start:end] for layer in part] for part in (self.keys, self.values))
        return Block(self.positions[:, start:end], keys, values)

    @property
    def bytes(self) -> int:
        """Of keys and values."""
        return sum(part.numel() * part.element_size() for part in (*self.keys, *self.values))

    def save(self, file: Path) -> None:
        """Write everything to a file, from which `load` reads single blocks.

        Raises:
            OSError: it cannot be written.
        """
        import torch

        told = vars(self) | vars(self.origin)
        told["frames"] = [(str(frame.path), frame.time) for frame in self.origin.frames]
        del told["origin"]
        torch.save(told, file)

    @classmethod
    def load(cls, file: Path) -> "Blocks":
        """What `save` wrote. Keys and values stay in the file until a block is fetched.

        Raises:
            UsageError: it is no such file.
        """
        import torch

        try:
            told = torch.load(file, mmap=True, weights_only=True)
            frames = tuple(FramePart(Path(path), time) for path, time in told.pop("frames"))
            origin = Origin(told.pop("model"), told.pop("opening"), frames, told.pop("keys_of_frames"))
            return cls(origin, **told)
        except (OSError, RuntimeError, KeyError, TypeError, ValueError, UnpicklingError) as error:
            raise UsageError(f"{file} holds no memory of a video") from error


class Rekv(Memory[Blocks]):
    """A video-LLM that remembers blocks.

    Args:
        model: in this process; its `compress` applies to what is remembered.
        window: tokens that a block looks back at while it is read.
        fetched: blocks that a question fetches at most.

    Raises:
        UsageError: the model's keys cannot be moved.
    """

    def __init__(self, model: "Transformers", window: int = WINDOW, fetched: int = FETCHED) -> None:
        super().__init__(model)
        self.window = window
        self.fetched = fetched

    def remember(self, frames: Sequence[FramePart], opening: str) -> Blocks:
        import torch

        blocks: list[Block] = []
        with self.model.in_use(), self.model._running:
            prompt, edges, positions = self.opened(frames, opening)
            for number, (start, end) in enumerate(pairwise(edges)):
                cache, cursor = self.assembled([blocks[n] for n in self._in_sight(edges[: number + 1])])
                own = positions[:, start:end]
                read = self.feed(prompt, (start, end), cache, own - own.min() + cursor if start < end else own)
                blocks.append(Block(own, read.keys, read.values))
        told = [block for block in blocks if block.keys]
        keys, values = (
            tuple(torch.cat(layer, 1) for layer in zip(*parts, strict=True))
            for parts in ([block.keys for block in told], [block.values for block in told])
        )
        means = [torch.stack([key.float().mean(1).flatten() for key in block.keys]) for block in blocks[1:]]
        kept = positions[:, : edges[-1]].clone()
        return Blocks(self.origin(frames, opening), edges, kept, keys, values, torch.stack(means).cpu())

    def recalled(self, memory: Blocks, question: list[int]) -> tuple[Any, int]:
        return self.assembled([memory.block(number) for number in (0, *self.fetches(memory, question))])

    def fetches(self, memory: Blocks, question: list[int]) -> list[int]:
        """The blocks that a question fetches, by number from 1, in order of time; block 0 is always there."""
        blocks = len(memory.edges) - 2
        if blocks <= self.fetched:
            return list(range(1, blocks + 1))
        alike = self.likeness(question, memory.block(0), memory.means)
        return sorted((alike.topk(self.fetched).indices + 1).tolist())

    def _in_sight(self, edges: Sequence[int]) -> list[int]:
        """The beginning and the last blocks that fit into the window, of those that end at these edges."""
        read = len(edges) - 1
        return [n for n in range(read) if n == 0 or edges[-1] - edges[n] <= self.window]
