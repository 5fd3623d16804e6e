"""Keys and values of prompts that were read, so that what two prompts begin with is computed once."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ..memory.vidkv import KINDS

if TYPE_CHECKING:
    from .vision_cache import Encoded

GROUP = 64
"""Most numbers that share a scale in the caches of `quanto` and `hqq`, transformers' own default."""

Mark = object
"""A token, or its place in a frame: what two prompts must have in common for their caches to agree."""


@dataclass(frozen=True)
class Unit:
    """Where a frame, or a whole video, stands among the tokens: from `start` to before `end`."""

    start: int
    end: int
    encoded: "Encoded"


def units(ids: Sequence[int], placeholder: int | None, encoded: "Sequence[Encoded]") -> list[Unit]:
    """Where each frame stands. Frames whose rows cannot be told apart are one unit."""
    places = [n for n, token in enumerate(ids) if token == placeholder]
    found = []
    done = 0
    for frame in encoded:
        count = len(frame.rows)
        own = places[done : done + count]
        if len(own) < count:
            raise RuntimeError(f"the prompt has {len(places)} places for {sum(len(e.rows) for e in encoded)} features")
        found.append(Unit(own[0], own[-1] + 1, frame))
        done += count
    if done < len(places):
        raise RuntimeError(f"the prompt has {len(places)} places for {done} features")
    return found


def marks(ids: Sequence[int], frames: Sequence[Unit]) -> list[Mark]:
    """The tokens of a prompt, with each frame's own in place of the placeholders that all frames share."""
    marked: list[Mark] = list(ids)
    for frame in frames:
        for place in range(frame.start, frame.end):
            marked[place] = (frame.encoded.key, place - frame.start, ids[place])
    return marked


def shared(first: Sequence[Mark], second: Sequence[Mark], frames: Sequence[Unit]) -> int:
    """How many tokens two prompts begin with in common, never ending inside one of the second's frames."""
    length = _common(first, second)
    return next((frame.start for frame in frames if frame.start < length < frame.end), length)


@dataclass(frozen=True, eq=False)
class Prefix:
    """The cache of a prompt's tokens. It is never written to: `fork` gives one that may be."""

    marks: list[Mark]
    cache: Any
    least: int = 0
    """Tokens of which it cannot hold fewer: up to the last one that was dropped inside the model."""

    def usable(self, marks: Sequence[Mark]) -> int:
        """How many tokens of a prompt need not be read, one at least being read anew: what both have in common, or all
        that the cache has or nothing where it cannot be cut."""
        common = _common(self.marks, marks)
        return common if can_be_cut(self.cache) or common == len(self.marks) < len(marks) else 0

    def fork(self, length: int) -> Any | None:
        """A cache of the first tokens that can be continued, or None where this kind of cache cannot be cut there."""
        surplus = len(self.marks) - length
        if length < self.least or (surplus and not can_be_cut(self.cache)):
            return None
        forked = forked_cache(self.cache)
        if surplus:
            forked.crop(-surplus)
        return forked


KEPT = 3
"""Prompts whose caches are kept at once: of a question's frames, of what plans a question, and of one more."""


class Prefixes:
    """The caches of the prompts that were read last, so that a short prompt between two long ones costs neither."""

    def __init__(self) -> None:
        self._kept: list[Prefix] = []

    @property
    def last(self) -> Prefix | None:
        """The one that was kept last."""
        return self._kept[-1] if self._kept else None

    def nearest(self, marks: Sequence[Mark]) -> Prefix | None:
        """The one that saves most of a prompt; of equals the latest."""
        return max(reversed(self._kept), key=lambda known: known.usable(marks), default=None)

    def keep(self, new: Prefix, known: Prefix | None) -> None:
        """Keep a prompt's cache, in place of the one that it began with, where that was half of it or more.

        One that cannot be cut stays beside it: what comes next goes on from there again, and not from the new one.
        """
        if known in self._kept and not can_be_cut(new.cache):
            self._kept.remove(known)
            self._kept.append(known)
        elif known in self._kept and 2 * _common(known.marks, new.marks) >= min(len(known.marks), len(new.marks)):
            self._kept.remove(known)
        self._kept = [*self._kept, new][-KEPT:]

    def clear(self) -> None:
        """Forget all of them."""
        self._kept = []


def _common(first: Sequence[Mark], second: Sequence[Mark]) -> int:
    """How many tokens two prompts begin with in common."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def forked_cache(cache: Any) -> Any:
    """A copy that shares the tensors. Layers that grow replace their tensors; only recurrent ones write in place."""
    from transformers.cache_utils import LinearAttentionCacheLayerMixin

    if any(isinstance(layer, LinearAttentionCacheLayerMixin) for layer in cache.layers):
        return copy.deepcopy(cache)
    forked = copy.copy(cache)
    forked.layers = [copy.copy(layer) for layer in cache.layers]
    return forked


def can_be_cut(cache: Any) -> bool:
    """Only plain layers hold every token as it was: quantised ones have packed theirs, sliding ones dropped some."""
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in cache.layers)


def new_cache(kind: str, config: Any) -> Any:
    """An empty cache: `full`, or quantised to `fp8`, by `quanto` or `hqq` to four bits (KIVI, Liu et al., 2024), or to
    one and a half to two by one of `vidkv.KINDS`.

    Raises:
        UsageError: the model has layers of another kind than full attention, which only `full` keeps.
    """
    if kind in KINDS:
        from ..memory.vidkv_layer import vidkv_cache

        return vidkv_cache(kind, config)
    from transformers.cache_utils import DynamicCache, QuantizedCache

    if kind == "full":
        return DynamicCache(config=config)
    text = config.get_text_config(decoder=True)
    if others := set(getattr(text, "layer_types", None) or ()) - {"full_attention"}:
        raise UsageError(
            f"kv_cache {kind!r} is for layers of full attention, and this model has {', '.join(sorted(others))}"
        )
    if kind == "fp8":
        return QuantizedCache(kind, config)
    channels = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    return QuantizedCache(kind, config, q_group_size=math.gcd(GROUP, heads * channels))  # any number of tokens divides
