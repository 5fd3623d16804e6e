"""Which frames a question is shown with. Each strategy is a function by the name that the literature gives it."""

from . import memory, regions, scenes, similarity, spread
from .base import SELECTORS, Curve, Selector, curve, relevance

__all__ = [
    "SELECTORS", "Curve", "Selector", "curve", "memory", "regions", "relevance", "scenes", "similarity", "spread",
]  # fmt: skip
