"""Visual tokens dropped inside the language model, layer after layer, by the attention they get.

Source: AIM (Zhong et al., ICCV 2025, arXiv 2412.03248), whose code (LaVi-Lab/AIM) gives the numbers: a token's
importance is five rounds of PageRank over a layer's attention at a tenth of its temperature, the root of its mean
square over heads; from half of the layers on the share that is kept falls by an eighth a layer of 28. Text stays.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from ..prompt import Prompt

log = logging.getLogger(__name__)

TEMPERATURE = 0.1
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """What share of the visual tokens is left behind each layer: all, then less by equal steps to none."""

    first: float = 14 / 28
    """The layer behind which the first are dropped, as a share of all layers."""
    span: float = 8 / 28
    """Over how many layers the share falls to none, likewise."""

    def left(self, layer: int, layers: int) -> float:
        """The share that is left behind a layer, counted from 0.

        >>> [Schedule().left(layer, 28) for layer in (13, 14, 17, 21, 27)]
        [1.0, 0.875, 0.5, 0.0, 0.0]
        """
        gone = (layer - round(self.first * layers) + 1) / (self.span * layers)
        return min(1.0, max(0.0, round(1 - gone, 9)))

    def counts(self, visual: int, layers: int) -> list[int]:
        """Visual tokens that go into each layer, where `visual` go into the first."""
        left = [visual]
        for layer in range(layers - 1):
            left.append(min(left[-1], int(visual * self.left(layer, layers))))
        return left


def importance(attention: "Tensor") -> "Tensor":
    """How important tokens are, (tokens,), by attention that a layer paid, (heads, tokens, tokens), rows that sum to 1.

    A softmax at a temperature t of what a softmax was taken of is that softmax to the power of 1/t, scaled to sum to 1.
    """
    import torch

    sharp = torch.softmax(attention.float().clamp_min(1e-30).log() / TEMPERATURE, dim=-1)
    heads, tokens, _ = sharp.shape
    weight = sharp.new_full((heads, 1, tokens), 1 / tokens)
    for _ in range(ROUNDS):
        weight = weight @ sharp
    return weight[:, 0].square().mean(0).sqrt()


class Pruner:
    """Drops visual tokens inside a model's language model while prompts are read, and lets later tokens follow.

    Layers then keep different numbers of keys; a later token's mask is cut to each layer's own.

    Args:
        model: of transformers, loaded with `attention = "eager"`.
        schedule: how many are left behind each layer.

    Raises:
        UsageError: its layers are not known, or do not tell their attention.
    """

    def __init__(self, model: Any, schedule: Schedule) -> None:
        self.schedule: Schedule | None = schedule
        self.layers = _layers(model)
        if getattr(self.layers[0].self_attn.config, "_attn_implementation", "") != "eager":
            raise UsageError("pruning inside the model needs attention = 'eager'")
        self._reading: _Reading | None = None
        for number, layer in enumerate(self.layers):
            layer.register_forward_pre_hook(self._before(number), with_kwargs=True)
            layer.self_attn.register_forward_hook(self._attended(number))

    @property
    def active(self) -> bool:
        """Whether tokens are dropped."""
        return self.schedule is not None

    @contextmanager
    def reading(self, visual: "Tensor") -> Iterator[None]:
        """One call of the model in which tokens are dropped.

        Args:
            visual: (tokens,), whether each of those that are fed is one; nothing may be cached before them.
        """
        import torch

        schedule = self.schedule or Schedule(1.0)
        counts = schedule.counts(int(visual.sum()), len(self.layers))
        self._reading = _Reading(torch.arange(len(visual), device=visual.device), visual, counts)
        try:
            yield
        finally:
            self._reading = None

    def _before(self, number: int) -> Any:
        def cut(_: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
            mask, reading = options.get("attention_mask"), self._reading
            if reading is None:
                cache = options.get("past_key_values")
                if mask is None or cache is None:
                    return None
                seen = cache.get_seq_length(number) + args[0].shape[1]
                return None if mask.shape[-1] == seen else (args, options | {"attention_mask": mask[..., -seen:]})
            hidden = args[0]
            if reading.chosen is not None:
                hidden, reading.kept, reading.chosen = hidden[:, reading.chosen], reading.kept[reading.chosen], None
            kept = reading.kept
            if len(kept) == len(reading.visual):
                return None
            if mask is not None:
                options = options | {"attention_mask": mask[..., kept, :][..., kept]}
            turned = tuple(part[..., kept, :] for part in options["position_embeddings"])
            if options.get("position_ids") is not None:
                options = options | {"position_ids": options["position_ids"][..., kept]}
            return (hidden, *args[1:]), options | {"position_embeddings": turned}

        return cut

    def _attended(self, number: int) -> Any:
        def choose(_: Any, __: Any, output: Any) -> None:
            reading = self._reading
            if reading is None or number + 1 == len(self.layers):
                return
            visual = reading.visual[reading.kept]
            count = reading.counts[number + 1]
            if count < int(visual.sum()):
                scores = importance(output[1][0]).masked_fill(~visual, float("inf"))
                most = scores.sort(descending=True, stable=True).indices[: count + int((~visual).sum())]
                reading.chosen = most.sort().values

        return choose


class Prunes(Protocol):
    """What may drop tokens inside a model (`compress.Compressor`)."""

    inside: Schedule | None


def pruner(model: Any, known: Pruner | None, compressor: Prunes | None) -> Pruner | None:
    """What drops a model's tokens as a compressor wants it, or None; says in the log where that cannot be.

    Args:
        model: of transformers.
        known: what was made for this model before.
        compressor: the one that is used.
    """
    schedule = None if compressor is None else compressor.inside
    if known is not None:
        known.schedule = schedule
        return known
    if schedule is None:
        return None
    try:
        return Pruner(model, schedule)
    except UsageError as error:
        log.warning("%s: visual tokens are only merged", error)
        return None


def visual_tokens(prompt: "Prompt", start: int, end: int, device: Any) -> "Tensor":
    """For tokens of a prompt from `start` to before `end`, whether each stands for what a frame shows."""
    import torch

    visual = torch.zeros(end - start, dtype=torch.bool, device=device)
    for unit in prompt.frames:
        mark = prompt.ids[unit.start]
        for place in range(max(unit.start, start), min(unit.end, end)):
            visual[place - start] = prompt.ids[place] == mark
    return visual


@dataclass
class _Reading:
    kept: "Tensor"
    """(tokens that are left,), their places among those that were fed."""
    visual: "Tensor"
    counts: list[int]
    chosen: "Tensor | None" = None
    """Of those that are left, the ones that go on into the next layer."""


def _layers(model: Any) -> list[Any]:
    """The layers of the language model."""
    import torch

    for name, part in model.named_modules():
        own = name.endswith("layers") and not any(word in name for word in ("vision", "visual"))
        if own and isinstance(part, torch.nn.ModuleList) and all(hasattr(layer, "self_attn") for layer in part):
            return list(part)
    raise UsageError(f"{type(model).__name__} has no layers that tell their attention")
