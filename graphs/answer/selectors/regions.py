"""Frames chosen by the prompt."""

from ....tools.records import FrameRef
from .base import Curve, best, selector


@selector
def prompt_roi(curve: Curve, k: int) -> list[FrameRef]:
    """The frames most like the question and with most found in them (first half of Free Video-LLM, Han et al., 2024).

    The paper's second half, a crop of the region that the prompt is about, is the packer `cropped`.
    """
    return curve.frames(best(curve.similar + curve.relevant, k).tolist())
