"""A longer context than a model was trained on, without training: the frequencies of rotary positions are stretched.

`vcw:TOKENS` stretches by how many more visual tokens a prompt has than the model's visual context window (what it saw
at most in training; all of its positions, where that is not said), by YaRN within that window: channels that turn 32
times in it or more stay, those that turn less than once are slowed by the whole factor, those between by more from one
to the next, and attention is sharpened. Source: Visual Context Window Extension (Wei and Chen, 2024, arXiv 2409.20018),
after YaRN (Peng et al., ICLR 2024), as transformers computes it. Checked against what the authors' page draws: for a
visual window of 6,272 tokens in a language window of 32K channels up to 15 of 64 stay, and those from 32 on are slowed
in full. Ours, since their formulas and code could not be read: that the factor is each prompt's own instead of one that
is set beforehand, and that attention is sharpened as YaRN does.

`intp:FRAMES` stretches by how many more tokens a prompt has than the model has positions, by the base of the
frequencies (NTK-aware); an encoder of videos that takes so many frames sees more of them in interleaved groups
(`interleaved`). Source: INTP-Video-LLMs (Shang et al., 2024, arXiv 2409.12963).

Neither was tried here with a real checkpoint.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ...errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

Way = Literal["vcw", "intp"]

OFTEN, SELDOM = 32.0, 1.0
"""Turns within the window above which a channel stays as it is, and below which it is slowed in full: YaRN's own."""
SHARPENED = 0.1
"""By how much of the factor's logarithm attention is sharpened: YaRN's own."""
STEP = 8
"""Factors of `intp` are rounded up to one part in so many, so that prompts of nearly one length share their caches."""


@dataclass(frozen=True)
class Extension:
    """How a context is extended."""

    way: Way
    window: int | None = None
    """Visual tokens that the model saw at most in training (`vcw`); by default all of its positions."""
    at_once: int | None = None
    """Frames that its encoder takes (`intp`); by default all."""

    def factor(self, tokens: int, visual: int, positions: int) -> float:
        """By how much frequencies are stretched, from 1.

        Args:
            tokens: of the prompt and its answer.
            visual: of them.
            positions: that the model was trained on.
        """
        if self.way == "vcw":
            return max(1.0, visual / (self.window or positions))
        return max(1.0, math.ceil(STEP * tokens / positions) / STEP)


def limit(extension: "Extension | None", most: int, positions: int | None, stride: float = 1.0) -> int:
    """Tokens of prompt and answer together: what is asked for, which `intp` and a stride let be more than positions.

    Raises:
        UsageError: fewer than one is asked for.
    """
    if most < 1:
        raise UsageError(f"context, the most tokens of prompt and answer, is a whole number from 1: {most}")
    beyond = (extension is not None and extension.way == "intp") or stride < 1
    return most if positions is None or beyond else min(most, positions)


def extension(spec: str | None) -> Extension | None:
    """What `vcw`, `vcw:TOKENS`, `intp` or `intp:FRAMES` asks for.

    >>> extension("intp:8")
    Extension(way='intp', window=None, at_once=8)

    Raises:
        UsageError: it is none of them.
    """
    if spec is None:
        return None
    way, _, number = spec.strip().partition(":")
    if way not in ("vcw", "intp"):
        raise UsageError(f"no extend {spec!r}; there are vcw and intp")
    if number and (not number.isdecimal() or int(number) < 1):
        raise UsageError(f"extend = {spec}: behind {way} stands a whole number from 1, or nothing")
    amount = int(number) if number else None
    return Extension("vcw", window=amount) if way == "vcw" else Extension("intp", at_once=amount)


def stretched(frequencies: "Tensor", factor: float, way: Way, window: int) -> "tuple[Tensor, float]":
    """Rotary frequencies for a longer context, and what cosines and sines are multiplied by.

    Args:
        frequencies: radians a position, (channels / 2,), the fastest first.
        factor: from 1.
        way: see the module.
        window: positions within which `vcw` counts turns.
    """
    import torch

    channels = torch.arange(len(frequencies), device=frequencies.device)
    if way == "intp":
        return frequencies / factor ** (channels / max(len(frequencies) - 1, 1)), 1.0
    first, last = _edges(frequencies, window)
    slowed = ((channels - first) / (last - first)).clamp(0, 1)
    return frequencies * (1 - slowed + slowed / factor), 1 + SHARPENED * math.log(factor)


def _edges(frequencies: "Tensor", window: int) -> tuple[int, float]:
    """The last channel that turns `OFTEN` within a window, and the first that turns no more than `SELDOM`.

    Args:
        frequencies: each the same share of the one before it.
        window: positions.
    """
    fastest = float(frequencies[0])
    falls = math.log(fastest / float(frequencies[-1])) / max(len(frequencies) - 1, 1)
    often, seldom = (math.log(window * fastest / (2 * math.pi * turns)) / falls for turns in (OFTEN, SELDOM))
    first = max(math.floor(often), 0)
    return first, max(math.ceil(seldom), first + 1e-3)


class Frequencies:
    """The rotary positions of a loaded model, which can be stretched while a prompt goes through it.

    Args:
        model: a video-LLM of transformers.
        extension: how.

    Raises:
        UsageError: its layers turn keys each in its own way, or by frequencies that change with the length.
    """

    def __init__(self, model: Any, extension: Extension) -> None:
        text = model.config.get_text_config(decoder=True)
        names = [name for name, _ in model.named_modules() if name.endswith("rotary_emb")]
        own = [name for name in names if not any(part in name for part in ("visual", "vision"))]
        self._rotary: Any = model.get_submodule(own[0]) if len(own) == 1 else None
        self.positions = int(getattr(text, "max_position_embeddings", None) or 0)
        usual = getattr(self._rotary, "rope_type", None) == "default" and hasattr(self._rotary, "inv_freq")
        if not usual or not self.positions:
            raise UsageError(f"extend: {text.model_type} turns its keys in a way of its own, which is not stretched")
        self.extension = extension

    def factor(self, tokens: int, visual: int) -> float:
        """By how much a prompt is stretched; see `Extension.factor`."""
        return self.extension.factor(tokens, visual, self.positions)

    @contextmanager
    def stretched(self, factor: float) -> Iterator[None]:
        """The model with its frequencies stretched, while this is open."""
        rotary = self._rotary
        if factor == 1:
            yield
            return
        before = rotary.inv_freq, rotary.attention_scaling
        window = self.extension.window or self.positions
        made, scaling = stretched(before[0], factor, self.extension.way, window)
        rotary.inv_freq, rotary.attention_scaling = made.to(before[0].dtype), before[1] * scaling
        try:
            yield
        finally:
            rotary.inv_freq, rotary.attention_scaling = before
