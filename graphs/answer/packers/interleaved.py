"""Text between the frames whose times surround it: the default."""

from ..state import Answering, AnswerState
from .base import Packed, packed_with, packer


@packer
def interleaved(answering: Answering, state: AnswerState) -> Packed:
    """The best candidates that fit the budget, in order of time, between the frames when the answerer sees frames."""
    return packed_with(answering, state, state.frames)
