"""What every memory of a video shares: frames read block by block, questions read behind what is kept."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...errors import UsageError
from ..interface import MAX_TOKENS, FramePart, Message
from ..processor_inputs import PromptInputs
from ..prompt import Prompt
from ..tokens import Writer, picked, placeholder
from .rotary import Rotary

if TYPE_CHECKING:
    from torch import Tensor

    from ..hub_model import Transformers


@dataclass(frozen=True)
class Block:
    """Tokens that are read together."""

    positions: "Tensor"
    """(axes, tokens)."""
    keys: "Sequence[Tensor]"
    """A layer (heads, tokens, channels), before rotary positions."""
    values: "Sequence[Tensor]"


@dataclass(frozen=True)
class Origin:
    """What a memory is of."""

    model: str
    opening: str
    frames: tuple[FramePart, ...]
    keys_of_frames: tuple[Any, ...]
    """By which a frame's file that has changed is noticed."""


class Remembered(ABC):
    """What is kept of a video."""

    origin: Origin


M = TypeVar("M", bound=Remembered)


class Memory(ABC, Generic[M]):
    """A video-LLM that remembers videos.

    Args:
        model: in this process; its `compress` applies to what is remembered.

    Raises:
        UsageError: the model's keys cannot be moved.
    """

    def __init__(self, model: "Transformers") -> None:
        model.ready()
        if model.loading.visual_stride < 1 or model.extension is not None:
            raise UsageError("a memory of a video takes visual_stride = 1, and no extend")
        self.model = model
        self.rotary = Rotary(model._model)
        known = model._reader.tokenizer.added_tokens_decoder
        self._marks = {number for number, token in known.items() if token.special}

    @abstractmethod
    def remember(self, frames: Sequence[FramePart], opening: str) -> M:
        """Read frames after an opening, the system's turn.

        Raises:
            UsageError: there are none, or the model cannot be given frames one by one.
        """

    @abstractmethod
    def recalled(self, memory: M, question: list[int]) -> tuple[Any, int]:
        """A cache of what a question is read behind, and the position that follows it.

        Args:
            memory: what is kept of a video.
            question: the question's tokens.
        """

    def logits(self, memory: M, question: str) -> "Tensor":
        """Of the answer's first token, (vocabulary,)."""
        with self.model.in_use(), self.model._running:
            return self._begun(memory, question)[0]

    def answer(self, memory: M, question: str, max_tokens: int = MAX_TOKENS) -> Iterator[str]:
        """An answer piece by piece. Neither the vision tower nor the video's tokens are run again.

        Raises:
            UsageError: the memory is another model's, or a frame's file has changed.
        """
        model = self.model
        with model.in_use(), model._running:
            logits, cache, prompt = self._begun(memory, question)
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

    def _begun(self, memory: M, question: str) -> "tuple[Tensor, Any, Prompt]":
        origin = memory.origin
        if origin.model != self.model.model:
            raise UsageError(f"this memory is of {origin.model}, and the question is for {self.model.model}")
        if tuple(self.model._reader._key(frame) for frame in origin.frames) != origin.keys_of_frames:
            raise UsageError("a frame of this memory has changed since it was read: remember the video anew")
        ids = self.question(memory, question)
        cache, cursor = self.recalled(memory, ids)
        return self.read(ids, cache, cursor)

    def origin(self, frames: Sequence[FramePart], opening: str) -> Origin:
        """What a memory of these frames by this model is of."""
        keys = tuple(self.model._reader._key(frame) for frame in frames)
        return Origin(self.model.model, opening, tuple(frames), keys)

    def opened(self, frames: Sequence[FramePart], opening: str) -> "tuple[Prompt, tuple[int, ...], Tensor]":
        """A prompt that is not fed yet, where its blocks begin and end, and all positions, (axes, tokens).

        Raises:
            UsageError: the model cannot be given frames one by one, or there are none.
        """
        import torch

        model = self.model
        prompt = model._prompt(_messages(opening, frames, ""), bounded=False)
        if not frames or len(prompt.frames) != len(frames) or not model._encoder.possible:
            raise UsageError(f"{model.model} reads these frames only together, so they make no blocks")
        if prompt.positions is not None:
            return prompt, self._edges(prompt, opening), prompt.positions[:, 0]
        return prompt, self._edges(prompt, opening), torch.arange(len(prompt.ids))[None]

    def feed(self, prompt: Prompt, span: tuple[int, int], cache: Any, positions: "Tensor") -> Block:
        """Read a stretch of a prompt behind a cache, at positions (axes, tokens): its own keys and values."""
        start, end = span
        if start == end:
            return Block(positions, (), ())
        if prompt.positions is not None:
            moved = prompt.positions.clone()
            moved[:, 0, start:end] = positions
            prompt = replace(prompt, positions=moved)
        self.model._feed(prompt, cache, start, end)
        found = [_last(layer, end - start) for layer in cache.layers]
        keys = [self.rotary.take_off(key, positions.to(key.device)) for key, _ in found]
        return Block(positions, keys, [value for _, value in found])

    def read(self, ids: list[int], cache: Any, cursor: int) -> "tuple[Tensor, Any, Prompt]":
        """Feed a question at positions from a cursor on."""
        import torch

        positions = None
        if getattr(self.model._encoder.base, "get_rope_index", None) is not None:
            positions = (torch.arange(len(ids)) + cursor).expand(3, 1, -1)
        prompt = Prompt(PromptInputs({"input_ids": torch.tensor([ids])}, (), (), True), ids, [], [], positions, cursor)
        return self.model._feed(prompt, cache, 0, len(ids)), cache, prompt

    def assembled(self, blocks: Sequence[Block]) -> tuple[Any, int]:
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
            cache.update(self.rotary.put_on(keys, where)[None], values[None], layer)
        return cache, cursor

    @contextmanager
    def queries(self) -> "Iterator[list[Tensor]]":
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

    def likeness(self, question: list[int], opening: Block, means: "Tensor") -> "Tensor":
        """How alike a question's queries and mean keys are, mean cosine over layers, (blocks,).

        Args:
            question: its tokens; they are read behind the opening alone.
            opening: the beginning of the prompt.
            means: (blocks, layers, key heads × channels).
        """
        import torch

        with self.queries() as seen:
            self.read(question, *self.assembled([opening]))
        unit = torch.nn.functional.normalize
        channels = opening.keys[0].shape[-1]
        heads = means.shape[-1] // channels
        layers = [query.mean(0).view(heads, -1, channels).mean(1).flatten() for query in seen]  # of those with one key
        asked = unit(torch.stack(layers).cpu(), dim=-1)
        return (unit(means, dim=-1) * asked).sum(-1).mean(-1)

    def question(self, memory: M, question: str) -> list[int]:
        """The tokens that follow the last frame's block; pictures' sizes are looked at, no pixels."""
        origin = memory.origin
        inputs = self.model._reader.hollow(_messages(origin.opening, origin.frames, question))
        ids = inputs["input_ids"][0].tolist()
        last = max(n for n, token in enumerate(ids) if token == placeholder(self.model._model.config, "image"))
        return ids[self._end(ids, last + 1) :]

    def _end(self, ids: Sequence[int], end: int) -> int:
        return end + 1 if end < len(ids) and ids[end] in self._marks else end

    def _edges(self, prompt: Prompt, opening: str) -> tuple[int, ...]:
        """The beginning ends where a prompt without frames differs, and blocks behind a frame and the mark that closes
        it, so that a frame's time is in its own block."""
        bare = self.model._reader.hollow(_messages(opening, (), "?"))["input_ids"][0].tolist()
        alike = next((n for n, (one, two) in enumerate(zip(bare, prompt.ids, strict=False)) if one != two), len(bare))
        first = min(alike, prompt.frames[0].start)
        return (0, first, *(self._end(prompt.ids, unit.end) for unit in prompt.frames))


def _messages(opening: str, frames: Sequence[FramePart], question: str) -> list[Message]:
    return [Message("system", (opening,)), Message("user", (*frames, question or "\n"))]


def _last(layer: Any, count: int) -> "tuple[Tensor, Tensor]":
    """The last tokens' keys and values, (heads, tokens, channels), in memory of their own."""
    length = layer.keys.shape[-2]
    return layer.keys[0, :, length - count :].clone(), layer.values[0, :, length - count :].clone()
