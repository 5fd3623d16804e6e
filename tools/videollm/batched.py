"""The ends of several prompts that begin alike, read at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from .caches.prefix_cache import Prefix
    from .prompt import Prompt

MOST_BYTES = 2 * 1024**3
"""Keys and values that may be held at once for a batch; beyond, prompts are read one after the other."""


def fits(beginning: "Prefix | None", prompts: Sequence["Prompt"], common: int) -> bool:
    """Whether prompts may be read as a batch after what they have in common.

    Not where a frame stands behind it, where their frequencies are stretched differently, where the cache keeps
    something else than each token's keys and values, or where so many copies of it take too much memory.
    """
    from transformers.cache_utils import DynamicLayer

    if beginning is None or not common or len(prompts) < 2:
        return False
    layers: list[Any] = beginning.cache.layers
    if any(unit.end > common for prompt in prompts for unit in prompt.frames):
        return False
    if len({prompt.stretched for prompt in prompts}) > 1:
        return False
    if not all(type(layer) is DynamicLayer for layer in layers):
        return False
    held = sum(part.numel() * part.element_size() for layer in layers for part in (layer.keys, layer.values))
    return held * len(prompts) <= MOST_BYTES


def next_logits(model: Any, beginning: "Prefix | None", prompts: Sequence["Prompt"], common: int) -> "list[Tensor]":
    """Logits of what follows each prompt, (vocabulary,), of one call of the model; none where they do not fit.

    Ends are filled up on the right, where causal attention lets nothing before see it.

    Args:
        model: as transformers loaded it.
        beginning: holds at least what all prompts have in common.
        prompts: each longer than that.
        common: how many tokens that are.
    """
    import torch

    cache = beginning.fork(common) if beginning is not None and fits(beginning, prompts, common) else None
    if cache is None:
        return []

    ends = [prompt.ids[common:] for prompt in prompts]
    longest = max(map(len, ends))
    ids = torch.tensor([[*end, *[end[-1]] * (longest - len(end))] for end in ends], device=model.device)
    cache.batch_repeat_interleave(len(prompts))
    inputs: dict[str, Any] = {"input_ids": ids}
    if prompts[0].positions is not None:
        filled = [_filled(prompt, common, longest) for prompt in prompts]
        inputs["position_ids"] = torch.cat(filled, dim=-2).to(ids.device)
    with torch.inference_mode():
        output = model(**inputs, past_key_values=cache, use_cache=True, logits_to_keep=longest)
    return [output.logits[row, len(end) - 1].float() for row, end in enumerate(ends)]


def _filled(prompt: "Prompt", common: int, longest: int) -> "Tensor":
    """Positions of a prompt's end, (axes, 1, longest), or (1, longest) where they are plain."""
    import torch

    assert prompt.positions is not None
    own = prompt.positions[..., common:]
    missing = longest - own.shape[-1]
    return torch.cat([own, own[..., -1:].expand(*own.shape[:-1], missing)], dim=-1) if missing else own
