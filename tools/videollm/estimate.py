"""What a prompt will take, before weights are loaded: tokens, and bytes of memory.

Tokens are counted exactly, by the checkpoint's own processor and compressor. Bytes are those of the weights as they
will be loaded, of the keys and values of prompt and answer and of the prompts before that are kept, and of the encoded
frames; what single layers need while they run is not among them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from .caches.prefix_cache import GROUP, KEPT
from .context.extending import limit
from .interface import Message
from .memory.vidkv import KINDS
from .processor_inputs import Reader
from .shortening import Shortener
from .tokens import placeholder

if TYPE_CHECKING:
    from .hub_model import Transformers

COPIES = 2
"""Caches of a prompt: the one that is written, and the one that is kept for the next question."""
EARLIER = KEPT - 1
"""Caches of prompts that came before, which stay in memory beside them."""
BITS = {"fp8": 8.0, "quanto": 4 + 32 / GROUP, "hqq": 4 + 32 / GROUP, **{kind: float(kind[6:]) + 0.5 for kind in KINDS}}
"""Bits that a number takes in a packed cache, with its share of scales and offsets; at most, for `vidkv`."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one question takes."""

    prompt: int
    """Tokens, those of the frames among them."""
    visual: int
    """Tokens of the frames, with the times before them."""
    answer: int
    """Tokens that may be written."""
    context: int
    """Tokens that the model takes altogether."""
    weights: int
    """Bytes."""
    cache: int
    """Bytes of keys and values while the question is answered."""
    earlier: int
    """Bytes of keys and values of the prompts before, which are kept; at most, where they were as long as this one."""
    encoded: int
    """Bytes of the encoded frames."""
    positions: int | None = None
    """That prompt and answer take beyond those that the model knows, where visual tokens take less than one each."""

    @property
    def bytes(self) -> int:
        """All of them."""
        return self.weights + self.cache + self.earlier + self.encoded

    @property
    def fits(self) -> bool:
        """Whether prompt and answer are within the model's limit."""
        return self.prompt + self.answer <= self.context and not self.positions


class Estimator:
    """Counts for one answerer, whose weights are neither loaded nor needed.

    Args:
        model: what would answer.

    Raises:
        UsageError: its compressor, its stride or its path for videos does not go with the checkpoint.
        WeightsError: the checkpoint is not here.
    """

    def __init__(self, model: "Transformers") -> None:
        import transformers

        self.model = model
        checkpoint = model.checkpoint
        config = transformers.AutoConfig.from_pretrained(
            str(checkpoint.folder), trust_remote_code=checkpoint.trust_remote_code
        )
        self._text: Any = config.get_text_config(decoder=True)
        turned = getattr(self._text, "rope_parameters", None) or {}
        if model.loading.visual_stride < 1 and (model.as_video or "mrope_section" in turned):
            raise UsageError(f"visual_stride is for frames of models with plain positions, not for {model.model}")
        self._reader = _reader(model, config)

    def of(self, messages: Sequence[Message], max_tokens: int) -> Estimate:
        """What it takes to answer these messages with at most so many tokens.

        Raises:
            UsageError: a frame's file cannot be read.
        """
        model, text = self.model, self._text
        prompt = self._reader.count(messages)
        bare = [Message(one.role, tuple(part for part in one.parts if isinstance(part, str))) for one in messages]
        visual = prompt - self._reader.count(bare)
        width = model.checkpoint.precision.itemsize
        each = token_bytes(text, model.loading.kv_cache, width)
        stride, most = model.loading.visual_stride, getattr(text, "max_position_embeddings", None)
        last = prompt - visual + math.ceil(visual * stride) + max_tokens
        return Estimate(
            prompt=prompt,
            visual=visual,
            answer=max_tokens,
            context=limit(model.extension, model._most_context, most, stride),
            weights=model.footprint(),
            cache=round(COPIES * (prompt + max_tokens) * each),
            earlier=round(EARLIER * prompt * each),
            encoded=visual * text.hidden_size * width,
            positions=max(last - most, 0) if stride < 1 and most is not None else None,
        )


def token_bytes(text: Any, kind: str, width: int) -> float:
    """Bytes of one token's keys and values in all layers.

    Args:
        text: the language model's configuration.
        kind: of cache, as `Transformers` takes it.
        width: bytes of a number in the model's own precision.
    """
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    channels = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    numbers = 2 * text.num_hidden_layers * heads * channels
    return numbers * (BITS[kind] / 8 if kind in BITS else width)


def _reader(model: "Transformers", config: Any) -> Reader:
    processor = model.checkpoint.processor(needs=("tokenizer",))
    reader = Reader(processor, model.as_video, model.family)
    placeholders = (placeholder(config, "image"), placeholder(config, "video"))
    reader.shortener = Shortener(model.compressor, placeholders, processor)
    return reader


def checked(found: Estimate, model: str, frames: int = 0) -> Estimate:
    """The estimate itself, where it is within the model's limit.

    Args:
        found: for all the frames.
        model: its name.
        frames: how many of them fit; 0 where not even the words do.

    Raises:
        UsageError: it is not.
    """
    if found.fits:
        return found
    told = f"{found.prompt:,} tokens of prompt and {found.answer:,} of answer are past "
    if found.positions:
        told += f"the positions that {model} knows, by {found.positions:,}"
    else:
        told += f"the {found.context:,} that {model} takes"
    if frames:
        raise UsageError(f"{told}: show at most {frames} frames, or compress them")
    raise UsageError(f"{told}, also without frames: set max_new_tokens lower, or context higher")
