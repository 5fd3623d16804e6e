"""How evidence is put before the answerer. Each packing is a function by the name that the literature gives it."""

from . import by_tokens, composite, cropped, interleaved, segments, timeline
from .base import PACKERS, Packed, Packer, line, opening

__all__ = [
    "PACKERS",
    "Packed",
    "Packer",
    "by_tokens",
    "composite",
    "cropped",
    "interleaved",
    "line",
    "opening",
    "segments",
    "timeline",
]
