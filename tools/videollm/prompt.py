"""A prompt between its reading and its model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from .caches.prefix_cache import Mark, Unit
    from .processor_inputs import PromptInputs


@dataclass
class Prompt:
    """A prompt that is ready to be fed."""

    read: "PromptInputs"
    ids: list[int]
    frames: "list[Unit]"
    marks: "list[Mark]"
    positions: "Tensor | None"
    """(axes, 1, tokens), for models that place frames in space and time (M-RoPE); (1, tokens) with `visual_stride`."""
    offset: float = 0
    """What the next token's position is beyond the number of tokens before it."""
    stretched: float = 1.0
    """By how much the frequencies of its positions are stretched; see `context.extending`."""
