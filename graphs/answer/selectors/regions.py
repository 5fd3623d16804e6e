"""Frames together with the part of them that the question is about."""

from ....tools.records import FrameRef
from .base import Curve, best, selector


@selector
def prompt_roi(curve: Curve, k: int) -> list[FrameRef]:
    """The frames most like the question (Free Video-LLM, Han et al., 2024).

    Its second half, a crop of the part that the prompt is about, comes from the boxes of what was found there: the
    packer cuts it out, as frame–text similarity of patches needs an encoder that the embedded profile does not have.
    """
    return curve.frames(best(curve.similar + curve.relevant, k).tolist())
