"""A video's keys and values in blocks, of which a question fetches the few that it needs.

The frames are read once, block by block, each looking at no more than the last `window` tokens. Every block's keys are
kept before their rotary positions, in RAM or in a file. A question is read alone first; the mean of its queries, layer
by layer, is compared by cosine with the mean of each block's keys, and the most alike blocks come back in order of
time, at positions that follow each other without gaps. What the question adds is not kept.

With a window as long as the video and all blocks fetched this is full attention. ReKV fetches for each layer its own
blocks; here one choice, by the mean over layers, serves all, since transformers masks all layers alike.

Source: ReKV (Di et al., ICLR 2025, arXiv 2503.00540).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..interface import MAX_TOKENS, FramePart, Message
from ..processor_inputs import PromptInputs
from ..prompt import Prompt
from ..tokens import Writer, picked
from .rotary import Rotary

if TYPE_CHECKING:
    from torch import Tensor

    from ..hub_model import Transformers

WINDOW = 15_000
"""Tokens before it that a block looks at while it is read, the paper's."""
FETCHED = 64
"""Blocks that a question fetches, the paper's for blocks of one frame."""


@dataclass(frozen=True)
class Block:
    """Tokens that are read, kept and fetched together."""

    positions: "Tensor"
    """(axes, tokens)."""
    keys: "Sequence[Tensor]"
    """A layer (heads, tokens, channels), before rotary positions."""
    values: "Sequence[Tensor]"


@dataclass(frozen=True)
class Blocks:
    """What is kept of a video: the beginning of the prompt, then a block a frame."""

    model: str
    opening: str
    frames: tuple[FramePart, ...]
    keys_of_frames: tuple[Any, ...]
    """By which a frame's file that has changed is noticed."""
    edges: tuple[int, ...]
    """Where each block begins among the tokens, and where the last one ends."""
    positions: "Tensor"
    """(axes, tokens), as in the whole prompt."""
    keys: "tuple[Tensor, ...]"
    """A layer (heads, tokens, channels), before rotary positions."""
    values: "tuple[Tensor, ...]"
    means: "Tensor"
    """Mean keys of all blocks but the beginning, (blocks, layers, heads × channels) in 32 bits."""

    def block(self, number: int) -> "Block":
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

        told = {name: value for name, value in vars(self).items() if name != "frames"}
        told["frames"] = [(str(frame.path), frame.time) for frame in self.frames]
        told["keys"], told["values"] = list(self.keys), list(self.values)
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
            told["frames"] = tuple(FramePart(Path(path), time) for path, time in told["frames"])
            told["keys"], told["values"] = tuple(told["keys"]), tuple(told["values"])
            return cls(**told)
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{file} holds no memory of a video") from error


class Rekv:
    """A video-LLM that remembers blocks.

    Args:
        model: in this process; its `compress` applies to what is remembered.
        window: tokens that a block looks back at while it is read.
        fetched: blocks that a question fetches at most.

    Raises:
        UsageError: the model's keys cannot be moved.
    """

    def __init__(self, model: "Transformers", window: int = WINDOW, fetched: int = FETCHED) -> None:
        model.ready()
        self.model = model
        self.window = window
        self.fetched = fetched
        self._rotary = Rotary(model._model)

    def remember(self, frames: Sequence[FramePart], opening: str) -> Blocks:
        """Read frames after an opening, the system's turn.

        Raises:
            UsageError: there are none, or the model cannot be given frames one by one.
        """
        import torch

        model = self.model
        prompt = model._prompt(self._messages(opening, frames, ""))
        if len(prompt.frames) != len(frames) or not model._encoder.possible:
            raise UsageError(f"{model.model} reads these frames only together, so they make no blocks")
        edges = self._edges(prompt)
        positions = prompt.positions[:, 0] if prompt.positions is not None else torch.arange(len(prompt.ids))[None]
        blocks: list[Block] = []
        with model.in_use(), model._running:
            for number, (start, end) in enumerate(pairwise(edges)):
                cache, cursor = self._assembled([blocks[n] for n in self._in_sight(edges[: number + 1])])
                own = positions[:, start:end]
                moved = own - own.min() + cursor if start < end else own
                self._feed(prompt, cache, start, end, moved)
                found = [self._last(layer, end - start) for layer in cache.layers if start < end]
                keys = [self._rotary.take_off(key, moved.to(key.device)) for key, _ in found]
                blocks.append(Block(own, keys, [value for _, value in found]))
        told = [block for block in blocks if block.keys]
        joined = [
            tuple(torch.cat(layer, 1) for layer in zip(*parts, strict=True))
            for parts in ([block.keys for block in told], [block.values for block in told])
        ]
        means = [torch.stack([key.float().mean(1).flatten() for key in block.keys]) for block in blocks[1:]]
        return Blocks(
            model=model.model,
            opening=opening,
            frames=tuple(frames),
            keys_of_frames=tuple(model._reader._key(frame) for frame in frames),
            edges=edges,
            positions=positions[:, : edges[-1]].clone(),
            keys=joined[0],
            values=joined[1],
            means=torch.stack(means).cpu(),
        )

    def logits(self, memory: Blocks, question: str, fetched: Sequence[int] | None = None) -> "Tensor":
        """Of the answer's first token, (vocabulary,)."""
        with self.model.in_use(), self.model._running:
            return self._begun(memory, question, fetched)[0]

    def answer(self, memory: Blocks, question: str, max_tokens: int = MAX_TOKENS) -> Iterator[str]:
        """An answer piece by piece. Neither the vision tower nor the video's tokens are run again.

        Raises:
            UsageError: the memory is another model's, or a frame's file has changed.
        """
        model = self.model
        with model.in_use(), model._running:
            logits, cache, prompt = self._begun(memory, question, None)
            writer = Writer(model._reader.tokenizer)
            for written in range(max_tokens):
                token = picked(logits, 0.0)
                if token in model._ends:
                    break
                if piece := writer.add(token):
                    yield piece
                logits = model._step(prompt, cache, token, len(prompt.ids) + written)
            if piece := writer.rest():
                yield piece

    def fetches(self, memory: Blocks, question: str) -> list[int]:
        """The blocks that a question fetches, by number from 1, in order of time; block 0 is always there."""
        import torch

        blocks = len(memory.edges) - 2
        if blocks <= self.fetched:
            return list(range(1, blocks + 1))
        ids = self._question(memory, question)
        with self._queries() as seen:
            cache, cursor = self._assembled([memory.block(0)])
            self._read(ids, cache, cursor)
        unit = torch.nn.functional.normalize
        layers = [self._by_key_head(query, memory.keys[n]) for n, query in enumerate(seen)]
        asked = unit(torch.stack(layers).cpu(), dim=-1)
        alike = (unit(memory.means, dim=-1) * asked).sum(-1).mean(-1)
        return sorted((alike.topk(self.fetched).indices + 1).tolist())

    def _begun(self, memory: Blocks, question: str, fetched: Sequence[int] | None) -> "tuple[Tensor, Any, Prompt]":
        if memory.model != self.model.model:
            raise UsageError(f"this memory is of {memory.model}, and the question is for {self.model.model}")
        if tuple(self.model._reader._key(frame) for frame in memory.frames) != memory.keys_of_frames:
            raise UsageError("a frame of this memory has changed since it was read: remember the video anew")
        chosen = self.fetches(memory, question) if fetched is None else fetched
        cache, cursor = self._assembled([memory.block(number) for number in (0, *sorted(chosen))])
        return self._read(self._question(memory, question), cache, cursor)

    def _read(self, ids: list[int], cache: Any, cursor: int) -> "tuple[Tensor, Any, Prompt]":
        """Feed a question at positions from a cursor on."""
        import torch

        positions = None
        if getattr(self.model._encoder.base, "get_rope_index", None) is not None:
            positions = (torch.arange(len(ids)) + cursor).expand(3, 1, -1)
        prompt = Prompt(PromptInputs({"input_ids": torch.tensor([ids])}, (), (), True), ids, [], [], positions, cursor)
        return self.model._feed(prompt, cache, 0, len(ids)), cache, prompt

    def _messages(self, opening: str, frames: Sequence[FramePart], question: str) -> list[Message]:
        return [Message("system", (opening,)), Message("user", (*frames, question or "\n"))]

    def _question(self, memory: Blocks, question: str) -> list[int]:
        """The tokens that follow the last frame's block; pictures' sizes are looked at, no pixels."""
        reader = self.model._reader
        inputs = reader.hollow(self._messages(memory.opening, memory.frames, question))
        ids = inputs["input_ids"][0].tolist()
        last = max(n for n, token in enumerate(ids) if token == self.model._placeholder("image"))
        return ids[self._end(ids, last + 1) :]

    def _edges(self, prompt: Prompt) -> tuple[int, ...]:
        """Blocks end behind a frame and the mark that closes it, so that a frame's time is in its own block."""
        first = prompt.frames[0].start
        while first > 0 and prompt.ids[first - 1] in self.model._reader.tokenizer.all_special_ids:
            first -= 1
        return (0, first, *(self._end(prompt.ids, unit.end) for unit in prompt.frames))

    def _end(self, ids: Sequence[int], end: int) -> int:
        closes = end < len(ids) and ids[end] in self.model._reader.tokenizer.all_special_ids
        return end + 1 if closes else end

    def _in_sight(self, edges: Sequence[int]) -> list[int]:
        """The beginning and the last blocks that fit into the window, of those that end at these edges."""
        read = len(edges) - 1
        return [n for n in range(read) if n == 0 or edges[-1] - edges[n] <= self.window]

    def _assembled(self, blocks: Sequence[Block]) -> tuple[Any, int]:
        """A cache of these blocks, one behind the other, and the position that follows them."""
        import torch
        from transformers.cache_utils import DynamicCache

        cache = DynamicCache(config=self.model._model.config)
        blocks = [block for block in blocks if block.keys and block.positions.shape[-1]]
        if not blocks:
            return cache, 0
        positions, cursor = [], 0
        for block in blocks:
            first, last = int(block.positions.min()), int(block.positions.max())
            positions.append(block.positions - first + cursor)
            cursor += last - first + 1
        device = self.model._model.device
        where = torch.cat(positions, -1).to(device)
        for layer in range(len(blocks[0].keys)):
            keys = torch.cat([block.keys[layer] for block in blocks], 1).to(device)
            values = torch.cat([block.values[layer] for block in blocks], 1).to(device)
            cache.update(self._rotary.put_on(keys, where)[None], values[None], layer)
        return cache, cursor

    def _feed(self, prompt: Prompt, cache: Any, start: int, end: int, moved: "Tensor") -> None:
        if start == end:
            return
        if prompt.positions is not None:
            positions = prompt.positions.clone()
            positions[:, 0, start:end] = moved
            prompt = replace(prompt, positions=positions)
        self.model._feed(prompt, cache, start, end)

    @staticmethod
    def _last(layer: Any, count: int) -> "tuple[Tensor, Tensor]":
        """The last tokens' keys and values, (heads, tokens, channels), in memory of their own."""
        length = layer.keys.shape[-2]
        return layer.keys[0, :, length - count :].clone(), layer.values[0, :, length - count :].clone()

    @contextmanager
    def _queries(self) -> "Iterator[list[Tensor]]":
        """Each layer's queries before rotary positions, (tokens, heads × channels), as the model is run."""
        seen: list[Tensor] = []
        hooks = []
        for name, part in self.model._model.named_modules():
            if name.endswith("self_attn.q_proj") and "vision" not in name and "visual" not in name:
                attention = self.model._model.get_submodule(name.rpartition(".")[0])
                told = getattr(attention, "q_norm", part)
                hooks.append(told.register_forward_hook(lambda _, __, out: seen.append(out[0].flatten(1).float())))
        if not hooks:
            raise UsageError(f"{self.model.model} does not tell its queries, so it cannot choose blocks")
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    @staticmethod
    def _by_key_head(query: "Tensor", keys: "Tensor") -> "Tensor":
        """Mean query of tokens and of the heads that share a key's, (key heads × channels)."""
        heads, _, channels = keys.shape
        return query.mean(0).view(heads, -1, channels).mean(1).flatten()
