"""A memory a clip and a running summary, of which a question takes a constant number whatever the video's length.

Frames are read clip by clip, each behind the running summary of those before it. Of a clip's tokens those are kept that
`infinipot` would keep (unlike the newest, and the longest values); the summary is chosen likewise out of itself and the
clip. A question is read alone first, as in `rekv`; the `fetched` clips whose mean keys are most like its queries come
back in order of time, behind the summary of the whole. So its cost is that of the opening, one summary and `fetched`
memories. Where all clips are fetched the summary adds nothing and is left out; with all tokens kept as well this is
full attention.

VideoStreaming trains a small language model to write memories of single tokens; here nothing is trained, and memories
are keys and values of the model itself.

Source: VideoStreaming (Qian et al., NeurIPS 2024, arXiv 2405.16009).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..interface import FramePart
from .infinipot import Kept, chosen
from .reading import Block, Memory, Origin, Remembered

if TYPE_CHECKING:
    from torch import Tensor

    from ..hub_model import Transformers

CLIP = 16
"""Frames of a clip, the paper's."""
KEPT = 256
"""Tokens that are kept of a clip, and of the running summary."""
AVERAGED = 3
"""Neighbours over which the length of values is averaged; see `infinipot`."""
FETCHED = 4
"""Clips that a question takes, the paper's."""


@dataclass(frozen=True)
class Clips(Remembered):
    """The beginning of the prompt, a memory a clip, and the summary of all."""

    origin: Origin
    opening: Block
    clips: tuple[Block, ...]
    summary: Block
    means: "Tensor"
    """Mean keys of the clips' memories, (clips, layers, heads × channels) in 32 bits."""

    @property
    def bytes(self) -> int:
        """Of keys and values."""
        parts = [part for block in (self.opening, *self.clips, self.summary) for part in (*block.keys, *block.values)]
        return sum(part.numel() * part.element_size() for part in parts)

    def save(self, file: Path) -> None:
        """Write everything to a file.

        Raises:
            OSError: it cannot be written.
        """
        import torch

        told = vars(self) | vars(self.origin)
        told["frames"] = [(str(frame.path), frame.time) for frame in self.origin.frames]
        for name in ("opening_block", "clips", "summary"):
            blocks = {"opening_block": [self.opening], "clips": self.clips, "summary": [self.summary]}[name]
            told[name] = [(block.positions, list(block.keys), list(block.values)) for block in blocks]
        told["opening"] = self.origin.opening
        del told["origin"]
        torch.save(told, file)

    @classmethod
    def load(cls, file: Path) -> "Clips":
        """What `save` wrote.

        Raises:
            UsageError: it is no such file.
        """
        import torch

        try:
            told = torch.load(file, mmap=True, weights_only=True)
            frames = tuple(FramePart(Path(path), time) for path, time in told["frames"])
            origin = Origin(told["model"], told["opening"], frames, told["keys_of_frames"])
            [opening], clips, [summary] = (
                [Block(*parts) for parts in told[name]] for name in ("opening_block", "clips", "summary")
            )
            return cls(origin, opening, tuple(clips), summary, told["means"])
        except (OSError, RuntimeError, KeyError, TypeError, ValueError, UnpicklingError) as error:
            raise UsageError(f"{file} holds no memory of a video") from error


class StreamMemory(Memory[Clips]):
    """A video-LLM that remembers clips.

    Args:
        model: in this process; its `compress` applies to what is remembered.
        clip: frames of a clip.
        kept: tokens of a clip, and of the running summary, that are kept.
        fetched: clips that a question takes.

    Raises:
        UsageError: the model's keys cannot be moved.
    """

    def __init__(self, model: "Transformers", clip: int = CLIP, kept: int = KEPT, fetched: int = FETCHED) -> None:
        super().__init__(model)
        self.clip, self.kept, self.fetched = clip, kept, fetched

    def remember(self, frames: Sequence[FramePart], opening: str) -> Clips:
        import torch

        with self.model.in_use(), self.model._running:
            prompt, edges, positions = self.opened(frames, opening)
            first, *spans = pairwise(edges)
            beginning = self.feed(prompt, first, self.assembled([])[0], positions[:, : first[1]])
            clips: list[Block] = []
            summary: Kept | None = None
            layers = len(beginning.keys)
            for begin in range(0, len(spans), self.clip):
                clip: Kept | None = None
                for number, (start, end) in enumerate(spans[begin : begin + self.clip], begin):
                    before = [_block(part, layers) for part in (summary, clip) if part is not None]
                    cache, cursor = self.assembled([beginning, *before])
                    own = positions[:, start:end]
                    read = self.feed(prompt, (start, end), cache, own - own.min() + cursor)
                    layers = len(read.keys)
                    clip = _behind(clip, _kept(Block(own, read.keys, read.values), number))
                assert clip is not None
                summary = self._fewer(_behind(summary, clip))
                clips.append(_block(self._fewer(clip), layers))
        assert summary is not None
        means = [torch.stack([key.float().mean(1).flatten() for key in block.keys]) for block in clips]
        told = _block(summary, layers)
        return Clips(self.origin(frames, opening), beginning, tuple(clips), told, torch.stack(means).cpu())

    def recalled(self, memory: Clips, question: list[int]) -> tuple[Any, int]:
        taken = self.fetches(memory, question)
        blocks = [memory.clips[number] for number in taken]
        return self.assembled([memory.opening, *([memory.summary] if len(taken) < len(memory.clips) else []), *blocks])

    def fetches(self, memory: Clips, question: list[int]) -> list[int]:
        """The clips that a question takes, by number from 0, in order of time."""
        if len(memory.clips) <= self.fetched:
            return list(range(len(memory.clips)))
        alike = self.likeness(question, memory.opening, memory.means)
        return sorted(alike.topk(self.fetched).indices.tolist())

    def _fewer(self, kept: Kept) -> Kept:
        """At most `kept` tokens; where positions are plain numbers they stand without gaps."""
        import torch

        if kept.keys.shape[1] <= self.kept:
            return kept
        left = kept.only(chosen(kept, self.kept, AVERAGED))
        if len(left.positions) > 1:
            return left
        return replace(left, positions=torch.arange(self.kept, device=left.positions.device)[None])


def _kept(block: Block, number: int) -> Kept:
    """A frame's tokens, the heads of all layers as if they were one's, so that one choice serves all."""
    import torch

    keys, values = (torch.cat([layer.to(part[0].device) for layer in part]) for part in (block.keys, block.values))
    places = torch.arange(keys.shape[1] - 1, -1, -1, device=keys.device)
    return Kept(keys, values, block.positions.to(keys.device), places, torch.full_like(places, number))


def _behind(first: Kept | None, second: Kept) -> Kept:
    import torch

    if first is None:
        return second
    return Kept(
        torch.cat([first.keys, second.keys], 1),
        torch.cat([first.values, second.values], 1),
        torch.cat([first.positions, second.positions], 1),
        torch.cat([first.places, second.places]),
        torch.cat([first.frames, second.frames]),
    )


def _block(kept: Kept, layers: int) -> Block:
    return Block(kept.positions.cpu(), kept.keys.chunk(layers), kept.values.chunk(layers))
