"""Positions of a whole prompt, before any of it is fed."""

import inspect
from typing import TYPE_CHECKING, Any

from .positions import strided

if TYPE_CHECKING:
    from ..prompt import Prompt


def place(prompt: "Prompt", base: Any, mark: int | None, stride: float, text: Any) -> None:
    """Give a prompt its positions, for models that give frames theirs in space and time, and for a stride below 1.

    Left to itself such a model takes the positions of a continued prompt from the prompt it read last.

    Args:
        prompt: gets them.
        base: the model within its head.
        mark: the token that stands for pictures.
        stride: see `positions`.
        text: the language model's configuration.
    """
    import torch

    of_frames = getattr(base, "get_rope_index", None)
    if of_frames is None:
        if stride < 1:
            prompt.positions, prompt.offset = strided(prompt.ids, mark, stride, text)
        return
    if not prompt.frames:
        prompt.positions = torch.arange(len(prompt.ids)).expand(3, 1, -1)
        return
    takes = inspect.signature(of_frames).parameters
    inputs = {name: value for name, value in prompt.read.inputs.items() if name in takes}
    prompt.positions, offsets = of_frames(**inputs)
    prompt.offset = int(offsets.flatten()[0])
