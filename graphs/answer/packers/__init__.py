"""How evidence is put before the answerer. Each packing is a function by the name that the literature gives it."""

from . import composite, interleaved, segments
from .base import PACKERS, Packed, Packer, line, opening

__all__ = ["PACKERS", "Packed", "Packer", "composite", "interleaved", "line", "opening", "segments"]
