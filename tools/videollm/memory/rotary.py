"""Rotary positions of cached keys: taken off, and put on anew."""

from typing import TYPE_CHECKING, Any

from ...errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor


class Rotary:
    """What turns a text model's keys by their positions; the same for all layers.

    Args:
        model: a loaded video-LLM of transformers.

    Raises:
        UsageError: its layers turn keys each in its own way, look at a window only, or turn a part of them.
    """

    def __init__(self, model: Any) -> None:
        text = model.config.get_text_config(decoder=True)
        kinds = set(getattr(text, "layer_types", None) or ("full_attention",))
        self._embedding: Any = next((part for name, part in model.named_modules() if _is_rotary(name)), None)
        if self._embedding is None or kinds != {"full_attention"}:
            raise UsageError(f"{text.model_type} keeps keys that cannot be moved: it has no memory of blocks")

    def angles(self, positions: "Tensor") -> "tuple[Tensor, Tensor]":
        """Cosine and sine of positions, (axes, tokens), in 32 bits: (tokens, channels) each."""
        import torch

        where = positions if len(positions) == 1 else positions[:, None]
        cos, sin = self._embedding(torch.zeros(1, device=positions.device), where)
        return cos[0].float(), sin[0].float()

    def put_on(self, keys: "Tensor", positions: "Tensor") -> "Tensor":
        """Keys, (heads, tokens, channels), at positions, (axes, tokens)."""
        cos, sin = self.angles(positions)
        turned = keys.float() * cos + _turned(keys.float()) * sin
        return turned.to(keys.dtype)

    def take_off(self, keys: "Tensor", positions: "Tensor") -> "Tensor":
        """The inverse of `put_on`; a scaling that some families fold into the angles is taken off too."""
        cos, sin = self.angles(positions)
        turned = (keys.float() * cos - _turned(keys.float()) * sin) / (cos.square() + sin.square())
        return turned.to(keys.dtype)


def _is_rotary(name: str) -> bool:
    return name.endswith("rotary_emb") and not any(part in name for part in ("visual", "vision"))


def _turned(keys: "Tensor") -> "Tensor":
    import torch

    half = keys.shape[-1] // 2
    return torch.cat([-keys[..., half:], keys[..., :half]], -1)
